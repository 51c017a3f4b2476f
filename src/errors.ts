/**
 * The one family of errors: each carries what went wrong, where, what was found, what was expected and what to do,
 * and reads as a sentence.
 */

/** What sort of thing went wrong; doors turn it into an exit code. */
export type FaultKind =
  /** A parameter is wrong in itself, or two contradict each other. */
  | "usage"
  /** A path, array, key, table or channel is not there. */
  | "not-found"
  /** Valid data that Isolux does not read (a codec, a pixel type, axes). */
  | "unsupported"
  /** Data that is broken: truncated or corrupt chunks, unreadable metadata. */
  | "corrupt"
  /** Data or a parameter that does not fit the image (a tile number, a ROI outside of it). */
  | "invalid"
  /** The estimation of a profile failed. */
  | "estimation"
  /** Nothing that was tried is better than to leave an image as it is. */
  | "no-gain"
  /** The output is there already, or belongs to another run. */
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

/** An error that is meant for the user: its message is one clear sentence (and, where there is one, the advice). */
export class IsoluxError extends Error implements Fault {
  override readonly name = "IsoluxError";
  readonly kind: FaultKind;
  readonly what: string;
  readonly where?: string;
  readonly found?: string;
  readonly expected?: string;
  readonly advice?: string;

  constructor(fault: Fault) {
    super(inOneLine(sentence(fault)), fault.cause === undefined ? undefined : { cause: fault.cause });
    this.kind = fault.kind;
    this.what = fault.what;
    if (fault.where !== undefined) this.where = fault.where;
    if (fault.found !== undefined) this.found = fault.found;
    if (fault.expected !== undefined) this.expected = fault.expected;
    if (fault.advice !== undefined) this.advice = fault.advice;
  }
}

function sentence({ what, where, found, expected, advice }: Fault): string {
  const place = where === undefined ? "" : ` (${where})`;
  const seen = found === undefined ? "" : `: found ${found}`;
  const wanted = expected === undefined ? "" : `${found === undefined ? ":" : ","} expected ${expected}`;
  return `${what}${place}${seen}${wanted}.${advice === undefined ? "" : ` ${advice}.`}`;
}

/**
 * A text with its line breaks, escape codes and marks of writing direction spelled out: names of files hold what their
 * makers like, and a message shall neither break in two nor colour the terminal.
 */
export function inOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (letter) => {
    const short = JSON.stringify(letter).slice(1, -1);
    return short === letter ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : short;
  });
}

/** Work that ended as it is no longer wanted. */
export function interruption(): IsoluxError {
  return new IsoluxError({ kind: "interrupted", what: "The run was interrupted" });
}

/** Ends work that is no longer wanted. @throws IsoluxError `interrupted` where the signal was aborted */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interruption();
}

/** Makes the compiler prove that every case of a union has been handled. */
export function unreachable(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
