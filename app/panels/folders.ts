/** Folders of the user's, where the browser lets pages have them. */

type Picker = (options?: { readonly mode?: "read" | "readwrite" }) => Promise<FileSystemDirectoryHandle>;

/** Whether the browser gives folders to pages. */
export const givesFolders = () => "showDirectoryPicker" in window;

/** Asks for a folder; `undefined` where the user gives none. */
export async function askForFolder(mode: "read" | "readwrite"): Promise<FileSystemDirectoryHandle | undefined> {
  const { showDirectoryPicker: pick } = window as unknown as { showDirectoryPicker: Picker };
  try {
    return await pick.call(window, { mode });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    throw error;
  }
}
