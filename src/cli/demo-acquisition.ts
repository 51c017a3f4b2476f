/** The acquisition of the demonstration: small enough to be made on the spot, with shading that is known. */

import type { RunHooks } from "../parameters/run-events.ts";
import { bytesPerPixel, elementCount } from "../shapes.ts";
import { measureProfiles } from "../synthetic/measured-profile.ts";
import type { SyntheticOptions } from "../synthetic/options.ts";
import { saveProfiles, saveTruth } from "../synthetic/truth.ts";
import { type SyntheticAcquisition, writeSyntheticAcquisition } from "../synthetic/write-acquisition.ts";
import type { WritableStore } from "../zarr/store.ts";

/** Tiles, planes and light as a mesoSPIM gives them, but tiles of 256 x 256 pixels instead of millions. */
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
  chunkShapeZyx: [16, 320, 320],
  levelCount: 3,
};

/** Frames of a slide and of the dark that a user might take before an experiment. */
const slide = { frames: 20, brightness: 5000 };

/** Where things are below the demonstration's folder. */
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
