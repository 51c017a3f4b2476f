import type { Command } from "commander";
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { Door } from "./door.ts";
import { showProgress } from "./progress.ts";

/** How a command tells what it does and did. */
interface TellingOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** One piece of work of a command, and how its result reads. */
export interface Work<Summary extends object> {
  readonly run: (hooks: RunHooks) => Promise<Summary>;
  /** The result for people. */
  readonly show: (summary: Summary) => string;
  /** What to tell who has interrupted it, as a sentence without its full stop. */
  readonly whenInterrupted: string;
  /** Warnings that came up before the work began. */
  readonly warnings?: readonly string[];
  /** How to tell the result, where the command's own options say so in other words. */
  readonly telling?: TellingOptions;
  /** Told once the result has been shown. */
  readonly onDone?: (summary: Summary) => void;
}

/** Gives a command the options that say how it tells what it does. */
export function addTellingOptions(command: Command): Command {
  return command
    .optionsGroup("Messages:")
    .option("--json", "Print the result as one JSON document; all else goes to stderr.")
    .option("--quiet", "Say nothing but warnings and errors.")
    .option("--verbose", "With an error, show where in the program it arose.")
    .helpOption("-h, --help", "Show this help.");
}

/** Does the work with progress on stderr, then shows its result on stdout. */
export async function perform<Summary extends object>(command: Command, door: Door, work: Work<Summary>) {
  const { json = false, quiet = false } = work.telling ?? command.opts<TellingOptions>();
  checkFolder();
  const progress = showProgress(door.stderr, { quiet });
  const stopping = () => progress.report({ kind: "note", text: "Stopping; Ctrl-C once more quits at once" });
  door.signal.addEventListener("abort", stopping, { once: true });
  try {
    for (const text of work.warnings ?? []) progress.report({ kind: "warning", text });
    const summary = withWarnings(await work.run({ report: progress.report, signal: door.signal }), work.warnings ?? []);
    progress.finish();
    if (json) door.stdout.write(`${JSON.stringify(summary)}\n`);
    else if (!quiet) door.stdout.write(work.show(summary));
    work.onDone?.(summary);
  } catch (cause) {
    progress.finish();
    throw asInterruption(cause, door.signal, work.whenInterrupted);
  } finally {
    door.signal.removeEventListener("abort", stopping);
  }
}

/** Threads do not start where the folder is gone that the command was started in. @throws IsoluxError `storage` */
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

function withWarnings<Summary extends object>(summary: Summary, earlier: readonly string[]): Summary {
  if (earlier.length === 0 || !("warnings" in summary) || !Array.isArray(summary.warnings)) return summary;
  return { ...summary, warnings: [...earlier, ...summary.warnings] };
}

/** What ended a run: the error itself or, where the user has interrupted it, whatever broke off, the interruption. */
export function asInterruption(cause: unknown, signal: AbortSignal, advice: string): unknown {
  return signal.aborted ? new IsoluxError({ kind: "interrupted", what: "Interrupted", advice, cause }) : cause;
}
