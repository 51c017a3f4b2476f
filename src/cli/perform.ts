/** Does the work of a command and reports its progress and result. */
import type { Command } from "commander";
import { IsoluxError } from "../errors.ts";
import type { RunEvent, RunHooks } from "../parameters/run-events.ts";
import { inOneLine, jsonLine } from "../plain-text.ts";
import type { CliContext, TextStream } from "./context.ts";
import { resultDocument } from "./json-output.ts";
import { machineFacts } from "./machine-facts.ts";
import { type ProgressDisplay, showProgress } from "./progress.ts";
import { fitWidth, type Screen, screenOf } from "./text/table.ts";

/** Options on how a command reports. */
interface TellingOptions {
  readonly json?: boolean;
  readonly progress?: "text" | "json";
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** The work of a command, and the text of its result. */
export interface Work<Summary extends object> {
  readonly run: (hooks: RunHooks) => Promise<Summary>;
  /** The text of the result. */
  readonly show: (summary: Summary, screen: Screen) => string;
  /** What a user should do after an interruption, as a sentence without its full stop. */
  readonly whenInterrupted: string;
  /** Warnings that were raised before the work began. */
  readonly warnings?: readonly string[];
  /** What the result is, where it is not the command's own: the last part of its `format` in JSON. */
  readonly format?: string;
  /** Called once the result has been shown: what goes on until the user ends it does so here. */
  readonly onDone?: (summary: Summary) => void | Promise<void>;
}

const leastMsBetween = 100;

/**
 * Events as a JSON object a line: `{"event":"progress","stage":"correcting","done":3,"total":9,"bytes":1024}`. Progress
 * comes ten times a second at most, and when a stage is complete.
 * @param now the clock, in ms
 */
export function jsonProgress(
  stream: { write(text: string): unknown },
  now: () => number = () => performance.now(),
): ProgressDisplay {
  let shownAtMs = Number.NEGATIVE_INFINITY;
  const isDue = (event: RunEvent) =>
    event.kind !== "progress" || event.done === event.total || now() - shownAtMs >= leastMsBetween;
  return {
    report({ kind, ...facts }) {
      if (!isDue({ kind, ...facts } as RunEvent)) return;
      if (kind === "progress") shownAtMs = now();
      stream.write(`${jsonLine({ event: kind, ...facts })}\n`);
    },
    finish: () => {},
  };
}

/** A warning that two steps of a run have is said once. */
function withoutRepeats(report: (event: RunEvent) => void): (event: RunEvent) => void {
  const said = new Set<string>();
  return (event) => {
    if (event.kind === "warning") {
      if (said.has(event.text)) return;
      said.add(event.text);
    }
    report(event);
  };
}

/** Does the work with progress on stderr, then shows its result on stdout. */
export async function perform<Summary extends object>(command: Command, context: CliContext, work: Work<Summary>) {
  const { json = false, quiet = false, verbose = false, progress: form } = command.opts<TellingOptions>();
  checkFolder();
  const progress = form === "json" ? jsonProgress(context.stderr) : showProgress(context.stderr, { quiet });
  const stopping = () => progress.report({ kind: "note", text: "Stopping; Ctrl-C once more quits at once" });
  context.signal.addEventListener("abort", stopping, { once: true });
  if (verbose) for (const text of machineFacts()) progress.report({ kind: "note", text });
  try {
    const report = withoutRepeats(progress.report);
    for (const text of work.warnings ?? []) report({ kind: "warning", text });
    const summary = withWarnings(await work.run({ report, signal: context.signal }), work.warnings ?? []);
    progress.finish();
    if (json) context.stdout.write(resultDocument(calledName(command), summary, work.format));
    else if (!quiet) showResult(work, summary, context.stdout);
    await work.onDone?.(summary);
  } catch (cause) {
    progress.finish();
    throw asInterruption(cause, context.signal, work.whenInterrupted);
  } finally {
    context.signal.removeEventListener("abort", stopping);
  }
}

function showResult<Summary extends object>({ show }: Work<Summary>, summary: Summary, stdout: TextStream): void {
  const screen = screenOf(stdout);
  stdout.write(fitWidth(show(inOneLineThroughout(summary), screen), screen.columns));
}

/** A value with all texts in it, and the names of its properties, as {@link inOneLine} has them. */
export function inOneLineThroughout<T>(value: T): T {
  return throughout(value) as T;
}

function throughout(value: unknown): unknown {
  if (typeof value === "string") return inOneLine(value);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(throughout);
  const isPlain = Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
  if (!isPlain) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [inOneLine(name), throughout(inner)]));
}

/** Refuses to run where the current folder was deleted, as threads would not start. @throws IsoluxError `storage` */
function checkFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw new IsoluxError({
      kind: "storage",
      what: "The folder in which this command was started is no longer there",
      advice: "Change to another folder and run it again",
      cause,
    });
  }
}

/** The name of a command, after that of its group where it is in one. */
function calledName(command: Command): string {
  const group = command.parent?.parent === null ? undefined : command.parent?.name();
  return group === undefined ? command.name() : `${group} ${command.name()}`;
}

function withWarnings<Summary extends object>(summary: Summary, earlier: readonly string[]): Summary {
  if (earlier.length === 0 || !("warnings" in summary) || !Array.isArray(summary.warnings)) return summary;
  return { ...summary, warnings: [...earlier, ...summary.warnings] };
}

/** The error of a run: the one thrown or, where the user has interrupted it, the interruption. */
export function asInterruption(cause: unknown, signal: AbortSignal, advice: string): unknown {
  return signal.aborted ? new IsoluxError({ kind: "interrupted", what: "Interrupted", advice, cause }) : cause;
}

/** Loads the engine when there is work for it: help and usage errors do without it. */
export function loadEngine() {
  return import("../engine-node.ts");
}
