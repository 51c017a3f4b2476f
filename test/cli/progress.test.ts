import { describe, expect, it } from "vitest";
import { progressBar, progressWords, type StageState, showProgress } from "../../src/cli/progress.ts";
import type { RunEvent } from "../../src/parameters/run-events.ts";
import { fakeStream } from "./fake-door.ts";

const state: StageState = {
  label: "correcting",
  sinceMs: 1000,
  sinceDone: 0,
  sinceBytes: 0,
  done: 25,
  total: 100,
  bytes: 3e9,
};

describe("a line of progress", () => {
  it("says how much is done, how fast and for how long yet", () => {
    expect(progressWords(state, 11_000)).toBe("correcting: 25 %, 300 MB/s, 30 s left");
    expect(progressBar(state, 11_000, 80)).toBe(
      "correcting [=======>                      ] 25 %, 300 MB/s, 30 s left",
    );
  });

  it("measures only what was done since the stage began, not what an earlier run did", () => {
    const resumed = { ...state, sinceDone: 20, sinceBytes: 2.5e9 };
    expect(progressWords(resumed, 11_000)).toBe("correcting: 25 %, 50 MB/s, 2 min 30 s left");
  });

  it("promises nothing at the beginning, at the end and where the total is unknown", () => {
    expect(progressWords(state, 1100)).toBe("correcting: 25 %");
    expect(progressWords({ ...state, done: 100 }, 11_000)).toBe("correcting: 100 %, 300 MB/s");
    expect(progressWords({ ...state, total: 0 }, 11_000)).toBe("correcting");
  });

  it.each([200, 80, 60, 40, 30, 20, 10, 1])("fits a terminal of %d columns", (width) => {
    for (const done of [0, 1, 50, 99, 100, 140]) {
      expect(progressBar({ ...state, done }, 11_000, width).length).toBeLessThanOrEqual(width);
    }
  });
});

function shown(
  terminal: { isTTY?: boolean; columns?: number },
  events: readonly (readonly [ms: number, RunEvent])[],
  quiet = false,
) {
  const stream = fakeStream(terminal);
  let nowMs = 0;
  const progress = showProgress(stream, { quiet, now: () => nowMs });
  for (const [ms, event] of events) {
    nowMs = ms;
    progress.report(event);
  }
  progress.finish();
  return stream.text;
}

const at = (ms: number, done: number) =>
  [ms, { kind: "progress", stage: "correcting", done, total: 100, bytes: done * 1e8 }] as const;

describe("progress in a log", () => {
  it("is a line every five seconds, and one for every stage, note and warning", () => {
    const ticks = Array.from({ length: 121 }, (_, tick) => at(tick * 100, tick / 2));
    const events = [[0, { kind: "stage", text: "sampling" }] as const, ...ticks] as const;
    expect(
      shown({}, [...events, [12_500, { kind: "warning", text: "dim" }], [12_600, { kind: "note", text: "fine" }]]),
    ).toBe(
      "sampling\ncorrecting: 25 %, 500 MB/s, 15 s left\ncorrecting: 50 %, 500 MB/s, 10 s left\nwarning: dim\nfine\n",
    );
  });

  it("is silent when asked to be, but for warnings", () => {
    const events = [at(0, 0), at(6000, 5), [7000, { kind: "note", text: "fine" }] as const] as const;
    expect(shown({}, events, true)).toBe("");
    expect(shown({}, [...events, [7000, { kind: "warning", text: "dim" }]], true)).toBe("warning: dim\n");
  });
});

describe("progress on a terminal", () => {
  const terminal = { isTTY: true, columns: 60 };

  it("is redrawn at most ten times a second, and taken away at the end", () => {
    const text = shown(
      terminal,
      Array.from({ length: 1000 }, (_, ms) => at(ms, ms / 10)),
    );
    const draws = text.split("\r\u001b[K");
    expect(draws.length - 2).toBe(10);
    expect(draws.at(-1)).toBe("");
    for (const line of draws) expect(line.length).toBeLessThan(60);
    expect(text).not.toContain("\n");
  });

  it("leaves warnings above the bar", () => {
    const text = shown(terminal, [at(0, 10), [500, { kind: "warning", text: "dim" }]]);
    const lines = text.split("\n");
    expect(lines[0]!.endsWith("\r\u001b[Kwarning: dim")).toBe(true);
    expect(lines[1]).toContain("correcting [");
    expect(lines[1]!.endsWith("\u001b[K")).toBe(true);
  });
});
