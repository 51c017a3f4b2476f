import { CommanderError } from "commander";
import { IsoluxError } from "../errors.ts";

/** The exit codes of the command line; the middle ones are those of `isolux check` and `isolux status`. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  noGain: 3,
  worse: 4,
  atWork: 5,
  waiting: 6,
  interrupted: 130,
} as const;

/** The exit code that tells a script what sort of end this error is. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (!(error instanceof IsoluxError)) return exitCodes.failed;
  if (error.kind === "usage") return exitCodes.usage;
  if (error.kind === "no-gain") return exitCodes.noGain;
  return error.kind === "interrupted" ? exitCodes.interrupted : exitCodes.failed;
}

/** One sentence for the user; `undefined` where nothing is to be said (help was shown). */
export function errorText(error: unknown, verbose: boolean): string | undefined {
  if (error instanceof CommanderError && isHelp(error)) return undefined;
  const stack = verbose && error instanceof Error ? `\n${stacks(error)}` : "";
  return `isolux: ${sentenceOf(error)}${stack}\n`;
}

function sentenceOf(error: unknown): string {
  if (error instanceof IsoluxError) return error.message;
  if (error instanceof CommanderError) return commanderSentence(error);
  if (isSystemError(error)) return `Reading or writing failed (${error.path ?? error.syscall}): ${reasonOf(error)}.`;
  const message = error instanceof Error ? error.message : String(error);
  return `internal error: ${message}. Please report it, with what --verbose shows.`;
}

/** Commander begins with "error: " and breaks the line before a suggestion. */
function commanderSentence({ code, message }: CommanderError): string {
  const [first = "", suggestion = ""] = message.replace(/^error: /, "").split("\n");
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, "")}.`;
  const meant = /\(Did you mean (?:one of )?(.*)\?\)/.exec(suggestion)?.[1];
  if (meant !== undefined) return `${sentence} Perhaps ${meant} is meant.`;
  const isExcess = code === "commander.excessArguments";
  return `${sentence} ${isExcess ? "Lists take commas, as in --fov-list 1,3." : "--help shows what there is."}`;
}

/** Why reading or writing failed, without the code and the call that Node puts around it. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/^E[A-Z0-9]+: /, "").replace(/, (?:open|read|stat|write|rename|mkdir|unlink).*$/, "");
}

/** Commander ends a call of help or of the version by an error too. */
function isHelp({ code }: CommanderError): boolean {
  return code.startsWith("commander.help") || code === "commander.version";
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
