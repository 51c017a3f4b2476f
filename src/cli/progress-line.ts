import { formatBytes, formatSeconds } from "../quantities.ts";

/** How far a stage is at a moment. */
export interface StageState {
  readonly label: string;
  /** When it began and what was done already then, for the rate. */
  readonly sinceMs: number;
  readonly sinceDone: number;
  readonly sinceBytes: number;
  readonly done: number;
  /** 0 where nobody knows how much there is to do. */
  readonly total: number;
  readonly bytes: number;
}

/** The state of a stage in words: `correcting: 42 %, 310 MB/s, 3 min 20 s left`. */
export function progressWords(state: StageState, nowMs: number): string {
  const facts = progressFacts(state, nowMs);
  return facts.length === 0 ? state.label : `${state.label}: ${facts.join(", ")}`;
}

/** The state of a stage as a bar of at most `width` letters; narrow terminals get words, then less of them. */
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
