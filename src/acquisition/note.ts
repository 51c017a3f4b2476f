/** Told what a user should know of, though it keeps nothing from going on. */
export type Note = (text: string, kind?: "note" | "warning") => void;
