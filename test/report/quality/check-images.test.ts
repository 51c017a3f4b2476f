import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { resizedPlane } from "../../../src/estimate/basic/resize.ts";
import { readRoiTable } from "../../../src/ngff/roi-table.ts";
import { writeRoiTable } from "../../../src/ngff/write-roi-table.ts";
import { openNpz } from "../../../src/profile/npz.ts";
import type { Profile } from "../../../src/profile/profile.ts";
import { checkLocated } from "../../../src/report/quality/check-images.ts";
import type { QualityReport } from "../../../src/report/quality/quality-report.ts";
import type { Yx } from "../../../src/shapes.ts";
import { type SyntheticOptions, syntheticDefaults } from "../../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import type { ReadableStore } from "../../../src/zarr/store.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";
import { type PixelRule, writeCorrectedCopy } from "./corrected-copy.ts";

const quiet = { report: () => {}, signal: new AbortController().signal };

/** Checks what a rule makes of an image. */
async function checkRule(source: ReadableStore, key: string, rule: PixelRule): Promise<QualityReport> {
  const copies = new MemoryStore();
  await writeCorrectedCopy(source, key, copies, "copy", rule);
  return checkCopy(source, key, copies);
}

async function checkCopy(source: ReadableStore, key: string, copies: ReadableStore): Promise<QualityReport> {
  const request = {
    source: { store: source, key },
    corrected: { store: copies, key: "copy" },
    parameters: { seed: 0 },
  };
  return (await checkLocated(request, quiet)).report;
}

const firstChannel = syntheticDefaults.channels.slice(0, 1);

const kinds = ({ flags }: QualityReport) => flags.map(({ kind }) => kind);
const verdicts = ({ channels }: QualityReport) => channels.map(({ verdict }) => verdict.kind);

async function scene(options: Partial<SyntheticOptions>) {
  const store = new MemoryStore();
  const shape = { tileShapeYx: [56, 56], planes: 5, chunkShapeZyx: [5, 90, 90], cameraOffset: 90 } as const;
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "demo.zarr", { ...shape, ...options });
  const profiles = [...truth.profiles.values()];
  return { store, imageKey, profiles };
}

/** As a correction with these profiles does it. */
const correctedBy =
  (profiles: readonly Profile[], background = 0): PixelRule =>
  (value, channel, at) => {
    const { flatfield, darkfield } = profiles[channel]!;
    return (value - darkfield[at]!) / flatfield[at]! - background;
  };

describe("chunks that are missing", () => {
  it.each(["the source", "the corrected image", "both"])("in %s are said, whoever corrected it", async (where) => {
    const { store, imageKey, profiles } = await scene({
      chunkShapeZyx: [5, 28, 28],
      channels: firstChannel,
    });
    const copies = new MemoryStore();
    await writeCorrectedCopy(store, imageKey, copies, "copy", correctedBy(profiles));
    if (where !== "the corrected image") await store.remove(`${imageKey}/0/0/0/1/2`);
    if (where !== "the source") await copies.remove("copy/0/0/0/1/2");
    const told = (await checkCopy(store, imageKey, copies)).flags
      .map(({ text }) => text)
      .filter((text) => text.includes("COMPLETE"));
    const image = where === "the corrected image" ? "CORRECTED IMAGE" : "SOURCE";
    expect(told).toEqual([expect.stringMatching(`^THE ${image} MAY NOT BE COMPLETE: 1 chunk .* is not stored`)]);
  });
});

describe("a check of a correction", () => {
  let source: Awaited<ReturnType<typeof scene>>;
  /** The same with the first channel alone, which is enough where channels are assessed one by one. */
  let single: Awaited<ReturnType<typeof scene>>;
  let right: QualityReport;
  beforeAll(async () => {
    source = await scene({});
    single = await scene({ channels: firstChannel });
    right = await check(correctedBy(source.profiles));
  });
  const check = (rule: PixelRule, { store, imageKey } = source) => checkRule(store, imageKey, rule);

  it("finds the true profile to improve the image, recovers it, and is surer than chance", () => {
    const report = right;
    expect(report.verdict).toMatchObject({ kind: "improved", basis: "overlaps" });
    expect(report.verdict.certainty).toBeGreaterThan(0.9);
    expect(report.channels).toHaveLength(2);
    for (const [index, { seams, overlapChange, profiles, gain, zeroedShare }] of report.channels.entries()) {
      if (seams.kind !== "measured") throw new Error(seams.reason);
      expect(seams.placed.after!.difference).toBeLessThan(seams.placed.before.difference);
      expect(overlapChange).toMatchObject({ count: 12, betterCount: 12, worseCount: 0 });
      expect(gain).toBeCloseTo(1, 1);
      expect(zeroedShare).toBe(0);
      const flatfield = source.profiles[index]!.flatfield;
      expect(profiles).toMatchObject([{ origin: "recovered" }]);
      expect(profiles[0]!.measures.min).toBeCloseTo(Math.min(...flatfield), 1);
      expect(profiles[0]!.measures.max).toBeCloseTo(Math.max(...flatfield), 1);
    }
    expect(kinds(report)).toEqual([]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("is never sure of an image with planes that lie in no tile", async () => {
    const { store, imageKey, profiles } = await scene({ channels: firstChannel });
    const key = `${imageKey}/tables/FOV_ROI_table`;
    const table = (await readRoiTable(store, key))!;
    const columns = [...table[0]!.values.keys()];
    const rows = table.map(({ values }) =>
      columns.map((column) => values.get(column)! * (column === "len_z_micrometer" ? 0.8 : 1)),
    );
    await writeRoiTable(store, key, { names: table.map(({ name }) => name), columns, rows });
    const rule = correctedBy(profiles);
    const report = await checkRule(store, imageKey, (value, channel, at, x, y, z) =>
      z < 4 ? rule(value, channel, at, x, y, z) : value,
    );
    expect(report.coverage).toMatchObject({ planes: 5, planesWithoutTiles: [[4, 4]], gapShare: 0 });
    expect(report.channels.map(({ defects }) => defects.uncorrected.toFixed(3))).toEqual(["0.200"]);
    expect(report.verdict.confidence).not.toBe("high");
    expect(report.flags[0]).toMatchObject({ kind: "uncorrected", text: expect.stringContaining("1 of 5 planes (4)") });
  });

  it("assesses the same whatever was subtracted or scaled besides", async () => {
    const report = await check((value, ...at) => 0.5 * correctedBy(single.profiles)(value, ...at) + 30, single);
    expect(verdicts(report)).toEqual(["improved"]);
  });

  it.each<[string, PixelRule]>([
    ["a constant taken off, which makes relative differences larger", (value) => value - 80],
    ["a factor", (value) => 1.3 * value],
  ])("finds no gain in %s", async (_, rule) => {
    const report = await check(rule, single);
    expect(verdicts(report)).toEqual(["no-gain"]);
    expect(report.verdict.kind).toBe("no-gain");
  });

  it("is not taken in by a constant that is added, which makes relative differences smaller", async () => {
    const report = await check((value) => value + 1000, single);
    expect(verdicts(report)).toEqual(["worse"]);
  });

  it("finds pixels that were not changed", async () => {
    const report = await check((value) => value);
    expect(report.verdict).toMatchObject({ kind: "no-gain", basis: "pixels", certainty: 1 });
    expect(kinds(report)).toEqual(["unchanged"]);
  });

  it("finds a profile that was applied the wrong way round to make the image worse", async () => {
    const report = await check((value, channel, at) => value * single.profiles[channel]!.flatfield[at]!, single);
    expect(verdicts(report)).toEqual(["worse"]);
    expect(kinds(report)).toContain("no-correction-is-better");
  });

  it("is not taken in by an image in which all tissue is gone", async () => {
    const black = await check(() => 0, single);
    expect(black.verdict).toMatchObject({ kind: "worse", basis: "pixels" });
    const flat = await check(() => 700, single);
    expect(flat.verdict).toMatchObject({ kind: "worse", basis: "pixels" });
    expect(kinds(flat)).toContain("not-a-correction");
    const other = await check((value, _c, at) => 200 + ((at * 7919) % 311) - value / 1e6, single);
    expect(other.verdict.kind).toBe("worse");
  });

  it("says where a background that was subtracted zeroes pixels", async () => {
    const report = await check(correctedBy(source.profiles, 340));
    expect(kinds(report)).toContain("zeroed");
    expect(report.channels[1]!.zeroedShare).toBeGreaterThan(0.05);
  });

  it("notices a profile that serves two channels", async () => {
    const report = await check(correctedBy([source.profiles[0]!, source.profiles[0]!]));
    expect(report.flags.find(({ kind }) => kind === "reused-profile")).toMatchObject({ channels: ["MBP", "Lectin"] });
  });

  it("draws the same planes from the same seed, and gives the same figures", async () => {
    expect(await check(correctedBy(source.profiles))).toEqual(right);
  });

  it("refuses an image of another size", async () => {
    const other = await scene({ planes: 4 });
    const copies = new MemoryStore();
    await writeCorrectedCopy(other.store, other.imageKey, copies, "copy", (value) => value);
    await expect(checkCopy(source.store, source.imageKey, copies)).rejects.toMatchObject({
      kind: "invalid",
      what: "The two images differ in size",
    });
  });
});

describe("a check without overlaps", () => {
  it("assesses the steps at the edges of tiles that touch", async () => {
    const { store, imageKey, profiles } = await scene({ overlap: 0, vignetting: 0.5 });
    const report = await checkRule(store, imageKey, correctedBy(profiles));
    expect(report.verdict).toMatchObject({ kind: "improved", basis: "edges" });
    const { before, after } = report.channels[0]!.gridStrength!;
    expect(after).toBeLessThan(before);
    expect(kinds(report)).toEqual(["stitched"]);
  });

  it("assesses the mean over the planes where nothing tells of tiles, and is not too sure", async () => {
    const { store, imageKey } = await scene({ tables: false, gridYx: [1, 1], emptyTiles: [], planes: 24 });
    const { profiles } = await scene({ gridYx: [1, 1], emptyTiles: [], planes: 24 });
    const report = await checkRule(store, imageKey, correctedBy(profiles));
    expect(report.verdict).toMatchObject({ kind: "improved", basis: "flatness" });
    expect(report.verdict.certainty).toBeLessThanOrEqual(0.8);
    expect(kinds(report)).toEqual(["no-tiles"]);
  });
});

describe.skipIf(!hasReferenceData)("a check of real tiles", () => {
  it("gives the figures that are known for a profile of others", async () => {
    const path = `${referenceFolder}data/basicpy/golden/reference.wsi_brain.dark1.npz`;
    const archive = openNpz(await readFile(path), path);
    const [flatfield, darkfield] = ["flatfield", "darkfield"].map((name) => {
      const { shape, data } = archive.read(name);
      return resizedPlane(Float64Array.from(data as Float32Array), shape as unknown as Yx, [512, 512]);
    });
    const store = new DirectoryStore(`${referenceFolder}data/wsi_brain.zarr`);
    const report = await checkRule(store, "raw_image", (value, _, at) => (value - darkfield![at]!) / flatfield![at]!);
    const { seams, verdict } = report.channels[0]!;
    if (seams.kind !== "measured") throw new Error(seams.reason);
    expect(seams.placed.before).toMatchObject({ pairCount: 91 });
    expect(seams.placed.before.difference).toBeCloseTo(0.2224, 4);
    expect(seams.placed.before.logRatio).toBeCloseTo(0.2083, 4);
    expect(seams.placed.after!.difference).toBeCloseTo(0.0371, 3);
    expect(verdict).toMatchObject({ kind: "improved", basis: "overlaps" });
  });
});
