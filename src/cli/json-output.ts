/** What scripts read: results and errors as JSON documents, progress as a JSON object a line. */
import { CommanderError } from "commander";
import { type FaultKind, IsoluxError } from "../errors.ts";
import { inOneLine, jsonLine } from "../plain-text.ts";
import { version } from "../version.ts";
import { errorSentence, exitCodeOf } from "./errors.ts";

/** What every document begins with. */
export interface DocumentHeading {
  /** What the document is, such as `isolux.correct`. */
  readonly format: string;
  /** Raised when a key of a document changes its meaning or goes. */
  readonly version: 1;
  /** The version of the program. */
  readonly isolux: string;
  /** The command that was called; absent in errors on a command that there is not. */
  readonly command?: string;
}

/** An error in its parts; what does not apply is absent. */
interface ErrorFacts {
  readonly kind: FaultKind | "internal";
  /** What went wrong. */
  readonly what: string;
  /** The path, key, parameter or channel concerned. */
  readonly where?: string;
  readonly found?: string;
  readonly expected?: string;
  /** What can be done about it. */
  readonly advice?: string;
  /** All of it as text. */
  readonly message: string;
}

/** An error as the only document of a call. */
export interface ErrorResult {
  readonly exitCode: number;
  readonly error: ErrorFacts;
}

/** An event of `--progress json`, on a line of its own. */
export type ProgressEvent =
  | { readonly event: "stage" | "note" | "warning"; readonly text: string }
  | {
      readonly event: "progress";
      readonly stage: string;
      readonly done: number;
      /** 0 where the number is not known. */
      readonly total: number;
      /** Of pixels that were worked on. */
      readonly bytes?: number;
    }
  | (ErrorFacts & { readonly event: "error" });

/**
 * The result of a command as a document of one line: what it is, then the keys of the result.
 * @param command its name, after that of its group where it is in one: `profile show`
 */
export function resultDocument(command: string, result: object, format = command.replaceAll(" ", ".")): string {
  return `${jsonLine({ ...heading(`isolux.${format}`, command), ...withoutHeading(result) })}\n`;
}

/** An error as a document of one line; absent facts have no key. */
export function errorDocument(error: unknown, command: string | undefined): string {
  const result: ErrorResult = { exitCode: exitCodeOf(error), error: errorFacts(error) };
  return `${jsonLine({ ...heading("isolux.error", command), ...result })}\n`;
}

/** Reports say the same of themselves, in keys of their own. */
function withoutHeading(result: object): object {
  const { format, version, ...rest } = result as { format?: unknown; version?: unknown };
  return rest;
}

function heading(format: string, command: string | undefined): DocumentHeading {
  return { format, version: 1, isolux: version, command };
}

function errorFacts(error: unknown): ErrorFacts {
  const message = inOneLine(errorSentence(error));
  if (!(error instanceof IsoluxError)) return { kind: kindOf(error), what: message, message };
  const { kind, what, where, found, expected, advice } = error;
  return { kind, what, where, found, expected, advice, message };
}

function kindOf(error: unknown): ErrorFacts["kind"] {
  if (error instanceof CommanderError) return "usage";
  return error instanceof Error && "syscall" in error ? "storage" : "internal";
}

/** An error as an event of `--progress json`. */
export function errorEvent(error: unknown): string {
  const event: ProgressEvent = { event: "error", ...errorFacts(error) };
  return `${jsonLine(event)}\n`;
}
