/** The acquisition of the demonstration: small enough to be made on the spot, with known shading. */

import { openMosaic } from "../../acquisition/open-mosaic.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { readModel } from "../../profile/formats/find-profile.ts";
import type { Profile } from "../../profile/profile.ts";
import { resampleProfile } from "../../profile/resample.ts";
import { flatfieldError } from "../../report/plane-measures.ts";
import { reportSeams, type SeamFigures } from "../../report/seams.ts";
import { planOverlaps } from "../../sample/plan-overlaps.ts";
import { readOverlaps } from "../../sample/read-overlaps.ts";
import { bytesPerPixel, elementCount } from "../../shapes.ts";
import type { SyntheticOptions } from "../../synthetic/options.ts";
import { measureProfiles, saveProfiles, saveTruth } from "../../synthetic/truth.ts";
import { type SyntheticAcquisition, writeSyntheticAcquisition } from "../../synthetic/write-acquisition.ts";
import type { ReadableStore, WritableStore } from "../../zarr/store.ts";

/** Tiles, planes and light as of a mesoSPIM, but tiles of 256 x 256 pixels instead of millions. */
export const demoOptions: Partial<SyntheticOptions> = {
  gridYx: [3, 3],
  tileShapeYx: [256, 256],
  planes: 48,
  emptyPlanesPerEnd: 6,
  channels: [
    { label: "MBP", wavelengthId: "488", color: "4FC3F7", background: 600, autofluorescence: 900, labelled: 4000 },
    { label: "Lectin", wavelengthId: "561", color: "F06292", background: 450, autofluorescence: 700, labelled: 6000 },
  ],
  darkfield: 12,
  sample: "grown",
  chunkShapeZyx: [16, 320, 320],
  levelCount: 3,
};

/** Frames of a slide and dark frames, as a user might measure before an experiment. */
const slide = { frames: 20, brightness: 5000 };

/** Paths below the demonstration's folder. */
export const demoKeys = {
  marker: "isolux-demo.json",
  container: "demo.zarr",
  truth: "truth",
  measured: "measured",
  profiles: "profiles",
  report: "report.html",
  figures: "report.json",
} as const;

/** Writes the acquisition, its truth, and the profiles that a measurement with a slide would give. */
export async function writeDemoAcquisition(
  store: WritableStore,
  options: Partial<SyntheticOptions>,
  hooks: RunHooks,
): Promise<SyntheticAcquisition> {
  const stage = "Making an acquisition";
  hooks.report({ kind: "stage", text: stage });
  const acquisition = await writeSyntheticAcquisition(store, demoKeys.container, options, {
    onChunk: (done, total) => hooks.report({ kind: "progress", stage, done, total }),
    signal: hooks.signal,
  });
  await saveTruth(store, demoKeys.truth, acquisition.truth);
  await saveProfiles(store, demoKeys.measured, measureProfiles(acquisition, slide));
  return acquisition;
}

/** Bytes of the full resolution, uncompressed. */
export function demoBytes({ layout, options }: SyntheticAcquisition): number {
  return elementCount(layout.mosaicShapeZyx) * options.channels.length * bytesPerPixel(options.pixelType);
}

// The figures of the demonstration: errors of profiles, and how visible the seams of an image are.

/** Planes of every pair of neighbours in which the seams are measured. */
const planesPerPair = 6;

/** The seams of every channel of an image, by label, in the same planes of every tile; none where no tiles overlap. */
export async function imageSeams(store: ReadableStore, key: string): Promise<ReadonlyMap<string, SeamFigures>> {
  const acquisition = await openMosaic(store, key);
  const plan = planOverlaps(acquisition, { level: 0, planesPerPair, seed: 0 });
  const figures = new Map<string, SeamFigures>();
  for (const { index, label } of acquisition.channels) {
    const report = reportSeams(plan, await readOverlaps(acquisition, index, plan));
    if (report.kind === "measured") figures.set(label, report.placed.before);
  }
  return figures;
}

/** Mean distance of a saved flat-field from the true one, of mean 1. */
export async function savedProfileError(
  store: ReadableStore,
  folder: string,
  label: string,
  truth: Profile,
): Promise<number> {
  const { profile, alignment } = await readModel(store, folder, label);
  return flatfieldError(resampleProfile(profile, truth.shapeYx, alignment).flatfield, truth.flatfield);
}

/** The same for no profile at all. */
export function uncorrectedError({ flatfield }: Profile): number {
  return flatfieldError(new Float32Array(flatfield.length).fill(1), flatfield);
}
