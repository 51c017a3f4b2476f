import { beforeAll, describe, expect, it } from "vitest";
import { adviseImage, withAdvice } from "../../src/advise/advise-image.ts";
import { adviceLines, noBetter } from "../../src/advise/tell-advice.ts";
import type { Advice } from "../../src/parameters/advice.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import type { SyntheticOptions } from "../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

async function advised(
  options: Partial<SyntheticOptions>,
  asked: object = {},
  change: (store: MemoryStore, imageKey: string) => Promise<void> = async () => {},
): Promise<Advice> {
  const store = new MemoryStore();
  const { imageKey } = await writeSyntheticAcquisition(store, "demo.zarr", {
    tileShapeYx: [48, 44],
    planes: 5,
    emptyPlanesPerEnd: 1,
    cameraOffset: 100,
    chunkShapeZyx: [5, 48, 44],
    levelCount: 1,
    codec: { kind: "none" },
    seed: 1,
    overlap: 0.12,
    channels: [
      { label: "488", wavelengthId: "488", color: "4FC3F7", background: 240, autofluorescence: 300, labelled: 1500 },
    ],
    ...options,
  });
  await change(store, imageKey);
  const parameters = correctSchema.parse({
    image: "a b/demo.zarr",
    auto: true,
    nZplanes: 30,
    basic: { workingSize: 24 },
    ...asked,
  });
  const source = { store, key: imageKey, locator: { kind: "directory", path: "" } } as const;
  const hooks = { report: () => {}, signal: new AbortController().signal };
  return adviseImage({ source, task: { kind: "correct", parameters } }, hooks);
}

describe("advice for tiles that overlap", () => {
  let advice: Advice;
  beforeAll(async () => {
    advice = await advised({});
  });

  it("takes a candidate that is better than none, by pairs that no fit has seen", () => {
    const none = advice.candidates[0]!;
    expect(none).toMatchObject({ source: "none", refined: false, parameters: {} });
    expect(advice).toMatchObject({ basis: "overlaps", scoredBy: 12, foldCount: 5 });
    expect(advice.chosen).toBeGreaterThan(0);
    expect(advice.heldOut).toBeLessThan(0.7 * none.figure);
    expect(advice.certainty).toBeGreaterThan(0.99);
    expect(new Set(advice.candidates.map(({ name }) => name.split(" ")[0]))).toContain("BaSiC");
  });

  it("tells it in three lines, with the command that repeats it", () => {
    const lines = adviceLines(advice);
    expect(lines.map((line) => line.split(":")[0])).toEqual(["Chosen", "Confidence", "More planes"]);
    expect(lines[0]).toContain("in held-out overlaps");
    expect(lines[1]).toContain("12 pairs of tiles in 5 folds");
    expect(advice.command).toMatch(/^isolux correct "a b\/demo.zarr" .*--resolution-level 0/);
    expect(advice.command).not.toContain("--auto");
  });

  it("becomes parameters that a run takes", () => {
    const asked = correctSchema.parse({ image: "x", auto: true, fovList: [1], refine: "auto", overwrite: true });
    const parameters = withAdvice(asked, { nZplanes: 36, resolutionLevel: 1, basic: { sortIntensity: true } });
    const explicit = { image: "x", overwrite: true, nZplanes: 36, resolutionLevel: 1, basic: { sortIntensity: true } };
    expect(parameters).toEqual(correctSchema.parse(explicit));
  });
});

it("no correction is better where light is even, and the error says so", async () => {
  const advice = await advised({ vignetting: 0, darkfield: 0, gridYx: [2, 3] });
  expect(advice.candidates[advice.chosen]!.source).toBe("none");
  expect(advice).not.toHaveProperty("command");
  expect(advice.flags.map(({ kind }) => kind)).toContain("no-correction-is-better");
  expect(adviceLines(advice)[0]).toContain("no correction");
  const error = noBetter(advice, "x");
  expect(error.kind).toBe("no-gain");
  expect(error.message).toContain("No correction improves the image: nothing was written (x)");
});

it("planes that a tile does not have, as those of a stack that ended early, are no dark ones", async () => {
  const asked = { auto: false, cameraOffset: 100 };
  const single = { chunkShapeZyx: [1, 48, 44], gridYx: [3, 3] } as const;
  const whole = await advised(single, asked);
  const cut = await advised(single, asked, async (store, imageKey) => {
    for (const plane of [2, 3, 4]) await store.remove(`${imageKey}/0/0/${plane}/1/1`);
    await store.remove(`${imageKey}/0/0/4/0/1`);
  });
  expect(cut.candidates[cut.chosen]!.source).not.toBe("none");
  expect(cut.candidates[0]!.figure).toBeLessThan(1.3 * whole.candidates[0]!.figure);
  expect(cut.heldOut).toBeLessThan(0.5 * cut.candidates[0]!.figure);
});

it("where gains are asked for, candidates are scored beside them: tiles that differ by 15 % hide no shading", async () => {
  const uneven = { sample: "filled", emptyTiles: [], emptyPlanesPerEnd: 0, tileGains: 0.15, gridYx: [3, 4] } as const;
  const asked = { auto: false, cameraOffset: 100 };
  const [without, beside] = [await advised(uneven, asked), await advised(uneven, { ...asked, gains: "tile" })];
  expect(without.candidates[without.chosen]!.source).toBe("none");
  expect(beside.candidates[beside.chosen]!.source).not.toBe("none");
  expect(beside.candidates[0]!.figure).toBe(without.candidates[0]!.figure);
  expect(beside.heldOut).toBeLessThan(0.6 * beside.candidates[0]!.figure);
  expect(beside.command).toContain("--gains tile");
});

it("without overlaps it assesses by planes, and does not claim to be sure", async () => {
  const advice = await advised({ overlap: 0 });
  expect(advice).toMatchObject({ basis: "planes", learning: [] });
  expect(advice.certainty).toBeLessThanOrEqual(0.8);
  expect(adviceLines(advice)[1]).toContain("there are no overlaps");
});

it("a choice that improves no channel is no correction", async () => {
  // All pairs together favour a candidate here, but not the pairs that had no part in choosing it.
  const weak = { gridYx: [2, 3], emptyTiles: [], emptyPlanesPerEnd: 0, overlap: 0.2 } as const;
  const light = { tileGains: 0.08, vignetting: 0.02, darkfield: 0, seed: 5 };
  const advice = await advised({ ...weak, ...light }, { auto: false });
  expect(advice.chosen).toBe(0);
  expect(advice).toMatchObject({ unchangedChannels: [], heldOut: advice.candidates[0]!.figure });
  // Tiles differ, which no profile changes.
  expect(advice.gainSpread).toBeGreaterThan(0.01);
  expect(advice.gainSpread).toBeLessThan(0.1);
  expect(noBetter(advice, "x").message).toContain("--start even --refine auto --gains tile");
});

it("does not take the sample of a single tile for shading, and says why it corrects nothing", async () => {
  const single = {
    gridYx: [1, 1],
    emptyTiles: [],
    emptyPlanesPerEnd: 0,
    planes: 24,
    pixelSizeZyx: [20, 4, 4],
  } as const;
  const even = await advised({ ...single, sample: "filled", vignetting: 0 }, { auto: false });
  expect(even).toMatchObject({ basis: "planes", chosen: 0 });
  expect(even.flags.map(({ text }) => text).join(" ")).toMatch(/the sample alone leaves about [\d.]+ %/);
  const organ = await advised({ ...single, vignetting: 0 }, { auto: false });
  expect(organ.chosen).toBe(0);
}, 240_000);

it("is not given where a background was subtracted that is more than the light: what to do is told", async () => {
  const image = advised({ pixelType: "float32", cameraOffset: -4000, noise: false });
  await expect(image).rejects.toThrow(/made darker than no light.*--camera-offset -400/);
});
