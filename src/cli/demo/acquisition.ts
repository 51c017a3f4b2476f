/** The acquisition of the demonstration: small enough to be made on the spot, with known shading. */
import type { RunHooks } from "../../parameters/run-events.ts";
import type { SyntheticOptions } from "../../synthetic/options.ts";
import { measureProfiles, saveProfiles, saveTruth } from "../../synthetic/truth.ts";
import { type SyntheticAcquisition, writeSyntheticAcquisition } from "../../synthetic/write-acquisition.ts";
import type { WritableStore } from "../../zarr/store.ts";

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
