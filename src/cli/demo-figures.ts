/** The figures of the demonstration: how far profiles lie from the truth, and how visible the seams of an image are. */
import { openMosaic } from "../acquisition/open-mosaic.ts";
import { readModel } from "../profile/models-folder.ts";
import type { Profile } from "../profile/profile.ts";
import { resampleProfile } from "../profile/resample.ts";
import { flatfieldError } from "../report/profile-error.ts";
import { reportSeams, type SeamFigures } from "../report/seam-report.ts";
import { planOverlaps } from "../sample/plan-overlaps.ts";
import { readOverlaps } from "../sample/read-overlaps.ts";
import type { ReadableStore } from "../zarr/store.ts";

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
