/**
 * The one class of errors: each states what went wrong, where, what was found, what was expected and what to do, and
 * reads as a sentence.
 */

import { inOneLine } from "./plain-text.ts";

/** The kind of an error; the command line and the Fractal tasks turn it into an exit code. */
export type FaultKind =
  /** A parameter is wrong in itself, or two contradict each other. */
  | "usage"
  /** A path, array, key, table or channel is missing. */
  | "not-found"
  /** Valid data that Isolux does not read (a codec, a pixel type, axes). */
  | "unsupported"
  /** Damaged data: truncated or corrupt chunks, unreadable metadata. */
  | "corrupt"
  /** Data or a parameter that does not fit the image (a tile number, a ROI outside of it). */
  | "invalid"
  /** The estimation of a profile failed. */
  | "estimation"
  /** Nothing that was tried is better than no correction. */
  | "no-gain"
  /** The output exists already, or belongs to another run. */
  | "output"
  /** The memory budget is too small. */
  | "memory"
  /** Reading or writing failed: no permission, full disk, broken connection. */
  | "storage"
  /** The user stopped the run. */
  | "interrupted";

/** The fields of an {@link IsoluxError}. */
export interface Fault {
  readonly kind: FaultKind;
  /** What went wrong, as the beginning of a sentence without its full stop. */
  readonly what: string;
  /** The path, key, parameter or channel concerned. */
  readonly where?: string;
  readonly found?: string;
  readonly expected?: string;
  /** What the user can do about it, as a full sentence without its full stop. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/** What to do about errors of a kind that say nothing of their own. */
const usualAdvice: Partial<Record<FaultKind, string>> = {
  corrupt: "Copy it again from its source, or make it again with the program that wrote it",
};

/** An error for the user: its message is one clear sentence (and, where there is one, the advice). */
export class IsoluxError extends Error implements Fault {
  override readonly name = "IsoluxError";
  readonly kind: FaultKind;
  readonly what: string;
  readonly where?: string;
  readonly found?: string;
  readonly expected?: string;
  readonly advice?: string;

  constructor({ advice, ...said }: Fault) {
    const fault = { ...said, advice: advice ?? usualAdvice[said.kind] };
    super(inOneLine(sentence(fault)), fault.cause === undefined ? undefined : { cause: fault.cause });
    this.kind = fault.kind;
    this.what = fault.what;
    if (fault.where !== undefined) this.where = fault.where;
    if (fault.found !== undefined) this.found = fault.found;
    if (fault.expected !== undefined) this.expected = fault.expected;
    if (fault.advice !== undefined) this.advice = fault.advice;
  }
}

/** Longer texts of files, such as lists of thousands of names, are cut. */
const mostLetters = 2000;

function shortened(text: string): string {
  return text.length > mostLetters ? `${text.slice(0, mostLetters)}...` : text;
}

function sentence({ what, where, found, expected, advice }: Fault): string {
  const place = where === undefined ? "" : ` (${shortened(where)})`;
  const seen = found === undefined ? "" : `: found ${shortened(found)}`;
  const wanted = expected === undefined ? "" : `${found === undefined ? ":" : ","} expected ${shortened(expected)}`;
  return `${shortened(what)}${place}${seen}${wanted}.${advice === undefined ? "" : ` ${advice}${advice.endsWith("?") ? "" : "."}`}`;
}

/** An error in a form that can be sent between threads. */
export function faultOf(error: unknown): Fault {
  if (error instanceof IsoluxError) {
    const { kind, what, where, found, expected, advice } = error;
    return Object.fromEntries(
      Object.entries({ kind, what, where, found, expected, advice }).filter(([, value]) => value !== undefined),
    ) as unknown as Fault;
  }
  const cause = error instanceof Error ? error.stack : String(error);
  return { kind: "storage", what: "A worker thread failed", found: String(error), cause };
}

/** The error of work that was stopped because it is no longer needed. */
export function interruption(): IsoluxError {
  return new IsoluxError({ kind: "interrupted", what: "The run was interrupted" });
}

/** Stops work that is no longer needed. @throws IsoluxError `interrupted` where the signal was aborted */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interruption();
}

/**
 * Passes over what cannot be understood, for `.catch`. What could not be read, or was stopped, is thrown on: the next
 * look might see it, and a result must not depend on that.
 * @throws the error itself where it is none about the data
 */
export function passOver(error: unknown): undefined {
  const isOfData = error instanceof IsoluxError && error.kind !== "storage" && error.kind !== "interrupted";
  if (!isOfData) throw error;
}

/** Makes the compiler prove that every case of a union has been handled. */
export function unreachable(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
