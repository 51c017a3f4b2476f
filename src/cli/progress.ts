import { unreachable } from "../errors.ts";
import type { RunEvent } from "../parameters/run-events.ts";
import { inOneLine } from "../plain-text.ts";
import { formatBytes, formatSeconds } from "../quantities.ts";
import type { TextStream } from "./context.ts";
import { fitWidth, screenOf } from "./text/table.ts";

const redrawMs = 100;
const lineEveryMs = 5000;
const eraseLine = "\r\u001b[K";

/** Shows the events of a run. */
export interface ProgressDisplay {
  readonly report: (event: RunEvent) => void;
  /** Removes the bar from the terminal. */
  readonly finish: () => void;
}

/**
 * Shows events on a stream: a bar that is redrawn on a terminal, elsewhere a line every few seconds.
 * @param options.quiet show nothing but warnings
 * @param options.now the clock, in ms
 */
export function showProgress(
  stream: TextStream,
  { quiet = false, now = () => performance.now() }: { quiet?: boolean; now?: () => number } = {},
): ProgressDisplay {
  const display = new StreamDisplay(stream, now);
  const report = (event: RunEvent) => {
    if (!quiet || event.kind === "warning") display.report(event);
  };
  return { report, finish: () => display.finish() };
}

/** What a stream shows of a run: lines, and the bar of the current stage below them. */
class StreamDisplay {
  #stage: StageState | undefined;
  #shownAtMs: number;
  #isBarShown = false;
  readonly #stream: TextStream;
  readonly #now: () => number;
  readonly #columns: number;

  constructor(stream: TextStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
    this.#columns = screenOf(stream).columns;
    this.#shownAtMs = this.#isTerminal ? Number.NEGATIVE_INFINITY : now();
  }

  get #isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  report(event: RunEvent) {
    switch (event.kind) {
      case "stage":
        this.#stage = this.#begin(inOneLine(event.text), 0, 0);
        return this.#isTerminal ? this.#draw(this.#now()) : this.#printLine(this.#stage.label);
      case "progress":
        return this.#advance(inOneLine(event.stage), event.done, event.total, event.bytes ?? 0);
      case "note":
        return this.#printLine(inOneLine(event.text));
      case "warning":
        return this.#printLine(`warning: ${inOneLine(event.text)}`);
      default:
        return unreachable(event);
    }
  }

  finish(): void {
    this.#erase();
    this.#stage = undefined;
  }

  #begin(label: string, done: number, bytes: number): StageState {
    return { label, sinceMs: this.#now(), sinceDone: done, sinceBytes: bytes, done, total: 0, bytes };
  }

  #advance(label: string, done: number, total: number, bytes: number): void {
    const { label: shown, total: known } = this.#stage ?? {};
    const isNew = shown !== label || known === 0;
    this.#stage = { ...(isNew ? this.#begin(label, done, bytes) : this.#stage!), done, total, bytes };
    const nowMs = this.#now();
    if (nowMs - this.#shownAtMs < (this.#isTerminal ? redrawMs : lineEveryMs)) return;
    if (this.#isTerminal) this.#draw(nowMs);
    else this.#stream.write(`${progressWords(this.#stage, nowMs)}\n`);
    this.#shownAtMs = nowMs;
  }

  #draw(nowMs: number): void {
    if (this.#stage === undefined) return;
    this.#stream.write(eraseLine + progressBar(this.#stage, nowMs, (this.#stream.columns ?? 80) - 1));
    this.#isBarShown = true;
    this.#shownAtMs = nowMs;
  }

  #printLine(text: string): void {
    this.#erase();
    this.#stream.write(`${fitWidth(text, this.#columns)}\n`);
    if (this.#isTerminal) this.#draw(this.#now());
  }

  #erase(): void {
    if (this.#isBarShown) this.#stream.write(eraseLine);
    this.#isBarShown = false;
  }
}

/** The progress of a stage. */
export interface StageState {
  readonly label: string;
  /** Its start time, and what was done already then, for the rate. */
  readonly sinceMs: number;
  readonly sinceDone: number;
  readonly sinceBytes: number;
  readonly done: number;
  /** 0 where the total is not known. */
  readonly total: number;
  readonly bytes: number;
}

/** The progress of a stage as text: `correcting: 42 %, 310 MB/s, 3 min 20 s left`. */
export function progressWords(state: StageState, nowMs: number): string {
  const facts = progressFacts(state, nowMs);
  return facts.length === 0 ? state.label : `${state.label}: ${facts.join(", ")}`;
}

/** The progress of a stage as a bar of at most `width` characters; narrow terminals get text, shortened if needed. */
export function progressBar(state: StageState, nowMs: number, width: number): string {
  const facts = progressFacts(state, nowMs).join(", ");
  const barWidth = Math.min(30, width - state.label.length - facts.length - 4);
  if (state.total <= 0 || barWidth < 5) return progressWords(state, nowMs).slice(0, width);
  const filled = Math.floor(barWidth * shareDone(state));
  const bar = "=".repeat(filled) + (filled < barWidth ? ">" : "") + " ".repeat(Math.max(0, barWidth - filled - 1));
  return `${state.label} [${bar}] ${facts}`;
}

function shareDone({ done, total }: StageState): number {
  return total <= 0 ? 0 : Math.min(1, Math.max(0, done / total));
}

function progressFacts(state: StageState, nowMs: number): string[] {
  if (state.total <= 0) return [];
  const seconds = (nowMs - state.sinceMs) / 1000;
  const facts = [`${Math.floor(100 * shareDone(state))} %`];
  const bytes = state.bytes - state.sinceBytes;
  if (seconds > 0.5 && bytes > 0) facts.push(`${formatBytes(bytes / seconds)}/s`);
  const done = state.done - state.sinceDone;
  if (seconds > 0.5 && done > 0 && state.done < state.total) {
    facts.push(`${formatSeconds(((state.total - state.done) * seconds) / done)} left`);
  }
  return facts;
}
