/** Exit codes and messages of errors. */

import { CommanderError } from "commander";
import { distance } from "fastest-levenshtein";
import { IsoluxError } from "../errors.ts";
import { inLines, inOneLine } from "../plain-text.ts";
import { exitCodes } from "./exit-codes.ts";

/** The exit code of an error, by which scripts distinguish its kind. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (!(error instanceof IsoluxError)) return exitCodes.failed;
  if (error.kind === "usage") return exitCodes.usage;
  if (error.kind === "no-gain") return exitCodes.noGain;
  return error.kind === "interrupted" ? exitCodes.interrupted : exitCodes.failed;
}

/** One sentence for the user; `undefined` where there is nothing to report (help was shown). */
export function errorText(error: unknown, verbose: boolean): string | undefined {
  if (isHelp(error)) return undefined;
  const stack = verbose && error instanceof Error ? `\n${inLines(stacks(error))}` : "";
  return `isolux: ${inOneLine(errorSentence(error))}${stack}\n`;
}

/** What went wrong, as a sentence. */
export function errorSentence(error: unknown): string {
  if (error instanceof IsoluxError) return error.message;
  if (error instanceof CommanderError) return commanderSentence(error);
  if (isSystemError(error)) return `Reading or writing failed (${error.path ?? error.syscall}): ${reasonOf(error)}.`;
  const message = error instanceof Error ? error.message : String(error);
  return `internal error: ${message}. Please report it, with what --verbose shows.`;
}

/** Commander begins with "error: " and breaks the line before a suggestion; both are removed. */
function commanderSentence({ code, message }: CommanderError): string {
  const [first = "", suggestion = ""] = message.replace(/^error: /, "").split("\n");
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, "")}.`;
  const meant = nearNames(/'([^']+)'/.exec(first)?.[1] ?? "", suggestion);
  if (meant.length > 0) return `${sentence} Did you mean ${meant.join(" or ")}?`;
  const isExcess = code === "commander.excessArguments";
  return `${sentence} ${isExcess ? "Lists take commas, as in --fov-list 1,3." : "--help shows what there is."}`;
}

/** Those of Commander's suggestions that differ in a third of their letters at most. */
function nearNames(written: string, suggestion: string): string[] {
  const names = /\(Did you mean (?:one of )?(.*)\?\)/.exec(suggestion)?.[1]?.split(", ") ?? [];
  const letters = (name: string) => name.replace(/^-+/, "");
  return names.filter((name) => {
    const most = Math.max(1, Math.floor(letters(name).length / 3));
    return distance(letters(written), letters(name)) <= most;
  });
}

/** Why reading or writing failed, without the code and the call that Node adds. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/^E[A-Z0-9]+: /, "").replace(/, (?:open|read|stat|write|rename|mkdir|unlink).*$/, "");
}

/** Whether help or the version was shown, after which Commander throws, too. */
function isHelp(error: unknown): boolean {
  if (!(error instanceof CommanderError)) return false;
  return error.code.startsWith("commander.help") || error.code === "commander.version";
}

interface SystemError extends Error {
  readonly syscall: string;
  readonly path?: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && typeof error.syscall === "string";
}

function stacks(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by ${stacks(error.cause)}` : stack;
}
