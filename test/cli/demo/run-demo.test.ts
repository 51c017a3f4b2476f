import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { demoText } from "../../../src/cli/demo/demo-text.ts";
import { demoOptions, runDemo } from "../../../src/cli/demo/run-demo.ts";
import { resultDocument } from "../../../src/cli/json-output.ts";
import { showProgress } from "../../../src/cli/progress.ts";
import { holdDocument } from "../../support/documents.ts";
import { fakeDoor } from "../fake-door.ts";

const channels = demoOptions.channels!.slice(0, 1);

/** The demonstration's acquisition with less of everything. */
const acquisition = {
  ...demoOptions,
  channels,
  tileShapeYx: [64, 64],
  planes: 16,
  emptyPlanesPerEnd: 3,
  chunkShapeZyx: [8, 80, 80],
  levelCount: 1,
} as const;

describe("isolux demo", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "isolux-demo-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** The table's figures: profile error, seam difference, brightness step in percent. */
  function figuresOf(text: string, channel: string, source: string): number[] {
    const line = text.split("\n").find((row) => row.trim().startsWith(channel) && row.includes(source));
    return [...(line ?? "").matchAll(/([\d.]+) %/g)].map((match) => Number(match[1]));
  }

  it("makes an acquisition, corrects it four ways and ends nearer to the truth", async () => {
    const { door, stderr } = fakeDoor();
    const { report, finish } = showProgress(door.stderr);
    const summary = await runDemo({ folder, acquisition, workers: 1 }, { report, signal: door.signal });
    finish();
    holdDocument(resultDocument("demo", summary));
    const text = demoText(summary, { columns: 80, isColoured: false });
    expect(summary.results.map(({ channel }) => channel)).toEqual(Array(5).fill(channels[0]!.label));
    for (const { label: channel } of channels) {
      const [rawError, rawSeam, rawStep] = figuresOf(text, channel, "raw images");
      expect(rawError).toBeGreaterThan(4);
      const bars = { "fluorescent slide": 0.5, "from empty regions": 1, BaSiC: 3, "chosen by Isolux": 1.5 };
      for (const [source, bar] of Object.entries(bars)) {
        const [error, seam, step] = figuresOf(text, channel, source);
        expect(error).toBeLessThan(bar);
        expect(seam).toBeLessThan(rawSeam! * 0.7);
        expect(step).toBeLessThan(rawStep! / 3);
      }
    }
    expect(stderr.text).toContain("1 of 4");
    // Fields of 64 pixels let some ways to a profile look alike, which the choice may say.
    expect(stderr.text.split("4 of 4")[0]).not.toContain("warning");
    // Nothing is spelled out that should have been a new line, and the table fits a terminal of 80 columns.
    expect(stderr.text).not.toContain("\\n");
    const table = text.split("\n").slice(0, 3 + 5 * channels.length);
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).toContain("What to do next");
    expect(await readdir(join(folder, "demo.zarr"))).toEqual(
      expect.arrayContaining(["raw_image", "corrected_measured", "corrected_empty", "corrected_basic", "corrected"]),
    );
  });

  it("leaves a folder alone that is not its own", async () => {
    await writeFile(join(folder, "thesis.docx"), "");
    const { door } = fakeDoor();
    await expect(runDemo({ folder, acquisition }, { report: () => undefined, signal: door.signal })).rejects.toThrow(
      /holds something.*found thesis\.docx/,
    );
    expect(await readdir(folder)).toEqual(["thesis.docx"]);
  });
});
