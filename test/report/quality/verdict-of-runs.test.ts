/** The verdict at the end of runs, as users have them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { convertImage, correctImage, DirectoryStore, estimateProfiles } from "../../../src/node.ts";
import type { RunEvent } from "../../../src/parameters/run-events.ts";
import type { ChannelProfile } from "../../../src/pipeline/profiles/channel-profile.ts";
import { addVerdict } from "../../../src/pipeline/run/add-verdict.ts";
import { verdictBytes } from "../../../src/pipeline/run/report-plan.ts";
import { encodeNpz } from "../../../src/profile/npz.ts";
import { quickCheckBytes } from "../../../src/report/quality/plan-check.ts";
import { reportingPlatform } from "../../../src/report/report-file-node.ts";
import type { PixelType } from "../../../src/shapes.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { withVerdicts } from "../../support/verdicts.ts";

withVerdicts();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isolux-verdicts-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function acquisition(pixelType: PixelType, more: { readonly cameraOffset?: number } = {}) {
  const size = { tileShapeYx: [56, 56], planes: 6, chunkShapeZyx: [6, 90, 90], levelCount: 1 } as const;
  const options = { ...size, pixelType, vignetting: 0.5, ...more };
  const { imageKey, truth } = await writeSyntheticAcquisition(new DirectoryStore(folder), `${pixelType}.zarr`, options);
  return { image: join(folder, imageKey), truth };
}

const asked = { fovList: [1, 3], nZplanes: 6, workers: 1, overwrite: true };

describe("a run", () => {
  it.each(["uint8", "uint16", "float32"] as const)("says that it made an image of %s better", async (pixelType) => {
    const { image } = await acquisition(pixelType);
    const { verdict, warnings } = await correctImage({ image, ...asked });
    expect(verdict).toMatchObject({ kind: "improved", channels: [{ label: "MBP" }, { label: "Lectin" }] });
    for (const { kind, seams } of verdict!.channels) {
      expect(kind).toBe("improved");
      expect(seams!.after).toBeLessThan(seams!.before);
    }
    expect(warnings.join()).not.toMatch(/No verdict was possible|WORSE/);
  });

  it("says the same of profiles that it only estimates, and nothing where it corrects nothing", async () => {
    const { image } = await acquisition("uint16");
    const { verdict } = await estimateProfiles({ image, output: join(folder, "models"), ...asked });
    expect(verdict).toMatchObject({ kind: "improved" });
    const converted = await convertImage({ image, output: join(folder, "converted"), workers: 1 });
    expect(converted.verdict).toBeUndefined();
  });

  it("counts the verdict to its memory, and leaves it out with a word where that is too little", async () => {
    const { image } = await acquisition("uint16");
    const { acquisition: opened } = await openAcquisition(new DirectoryStore(folder), relative(folder, image));
    const needed = quickCheckBytes(opened, 0);
    const told: string[] = [];
    const hooks = {
      signal: new AbortController().signal,
      report: (event: RunEvent) => told.push(JSON.stringify(event)),
    };
    const subject = { acquisition: opened, profiles: [{} as ChannelProfile], background: "keep", seed: 0 } as const;
    const platform = reportingPlatform();
    expect(await verdictBytes(platform, subject, needed)).toBe(needed);
    expect(await verdictBytes(platform, subject, needed - 1)).toBe(0);
    expect(await addVerdict(platform, subject, needed - 1, hooks)).toBeUndefined();
    expect(told.join()).toContain(`--memory ${Math.ceil(needed / 1e6)}MB`);
    // A chunk of a stack of TIFF is a plane: large ones count, several times.
    const [level] = opened.levels;
    const large = Object.create(level!, { chunkShapeCzyx: { value: [1, 1, 20_000, 20_000] } });
    expect(quickCheckBytes({ ...opened, levels: [large] }, 0)).toBeGreaterThan(needed + 2e9);
  });

  it("takes shares of the brightness where a background was subtracted, so that pixels are negative", async () => {
    const darkness = -900;
    const { image, truth } = await acquisition("float32", { cameraOffset: darkness });
    const modelsFolder = join(folder, "below");
    for (const [label, { flatfield }] of truth.profiles) {
      mkdirSync(join(modelsFolder, label), { recursive: true });
      const shape = [56, 56] as const;
      const darkfield = { shape, data: new Float32Array(56 * 56).fill(darkness) };
      const arrays = { flatfield: { shape, data: Float32Array.from(flatfield) }, darkfield };
      writeFileSync(join(modelsFolder, label, "profiles.npz"), encodeNpz(arrays));
    }
    const below = await correctImage({ image, modelsFolder, workers: 1, overwrite: true });
    expect(below.verdict).toMatchObject({ kind: "improved", channels: [{ kind: "improved" }, { kind: "improved" }] });
    for (const { seams } of below.verdict!.channels) {
      expect(seams!.before).toBeLessThan(0.5);
      expect(seams!.after).toBeLessThan(seams!.before / 2);
    }
  });

  it("warns where given profiles make the image worse", async () => {
    const { image, truth } = await acquisition("uint16");
    const modelsFolder = join(folder, "inverse");
    for (const [label, { flatfield }] of truth.profiles) {
      mkdirSync(join(modelsFolder, label), { recursive: true });
      const data = Float32Array.from(flatfield, (light) => 1 / light);
      writeFileSync(join(modelsFolder, label, "profiles.npz"), encodeNpz({ flatfield: { shape: [56, 56], data } }));
    }
    const { verdict, warnings } = await correctImage({
      ...{ image, modelsFolder, trustProfiles: true },
      ...{ workers: 1, overwrite: true },
    });
    expect(verdict).toMatchObject({ kind: "worse", channels: [{ kind: "worse" }, { kind: "worse" }] });
    expect(warnings.join()).toContain("THIS CORRECTION MAKES THE IMAGE WORSE (MBP, Lectin;");
  });
});
