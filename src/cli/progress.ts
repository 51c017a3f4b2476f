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
  const { columns } = screenOf(stream);
  const fitted = (text: string) => fitWidth(text, columns);
  if (quiet) {
    const report = (event: RunEvent) =>
      event.kind === "warning" && stream.write(`${fitted(warningText(event.text))}\n`);
    return { report, finish: () => {} };
  }
  const onTerminal = stream.isTTY === true;
  let stage: StageState | undefined;
  let shownAtMs = onTerminal ? Number.NEGATIVE_INFINITY : now();
  let barShown = false;

  function erase(): void {
    if (barShown) stream.write(eraseLine);
    barShown = false;
  }

  function printLine(text: string): void {
    erase();
    stream.write(`${fitted(text)}\n`);
    if (onTerminal) draw(now());
  }

  function draw(nowMs: number): void {
    if (stage === undefined) return;
    stream.write(eraseLine + progressBar(stage, nowMs, (stream.columns ?? 80) - 1));
    barShown = true;
    shownAtMs = nowMs;
  }

  function begin(label: string, done: number, bytes: number): StageState {
    return { label, sinceMs: now(), sinceDone: done, sinceBytes: bytes, done, total: 0, bytes };
  }

  function advance(label: string, done: number, total: number, bytes: number): void {
    const isNew = stage === undefined || stage.label !== label || stage.total === 0;
    const base = isNew ? begin(label, done, bytes) : stage!;
    stage = { ...base, done, total, bytes };
    const nowMs = now();
    if (nowMs - shownAtMs < (onTerminal ? redrawMs : lineEveryMs)) return;
    if (onTerminal) draw(nowMs);
    else stream.write(`${progressWords(stage, nowMs)}\n`);
    shownAtMs = nowMs;
  }

  return {
    report(event) {
      switch (event.kind) {
        case "stage":
          stage = begin(inOneLine(event.text), 0, 0);
          return onTerminal ? draw(now()) : printLine(stage.label);
        case "progress":
          return advance(inOneLine(event.stage), event.done, event.total, event.bytes ?? 0);
        case "note":
          return printLine(inOneLine(event.text));
        case "warning":
          return printLine(warningText(event.text));
        default:
          return unreachable(event);
      }
    },
    finish() {
      erase();
      stage = undefined;
    },
  };
}

const warningText = (text: string) => `warning: ${inOneLine(text)}`;

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
