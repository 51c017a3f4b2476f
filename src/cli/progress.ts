import { inOneLine, unreachable } from "../errors.ts";
import type { RunEvent } from "../parameters/run-events.ts";
import type { TextStream } from "./door.ts";
import { progressBar, progressWords, type StageState } from "./progress-line.ts";

const redrawMs = 100;
const lineEveryMs = 5000;
const eraseLine = "\r\u001b[K";

/** Shows the events of a run. */
export interface ProgressDisplay {
  readonly report: (event: RunEvent) => void;
  /** Takes the bar off the terminal. */
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
  if (quiet) {
    const report = (event: RunEvent) => event.kind === "warning" && stream.write(`warning: ${inOneLine(event.text)}\n`);
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
    stream.write(`${text}\n`);
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
          return printLine(`warning: ${inOneLine(event.text)}`);
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
