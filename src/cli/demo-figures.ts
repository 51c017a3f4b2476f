/** The figures of the demonstration: how far profiles lie from the truth, and how visible the seams of an image are. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { openMosaic } from "../acquisition/open-mosaic.ts";
import { readModel } from "../profile/models-folder.ts";
import type { Profile } from "../profile/profile.ts";
import { resampleProfile } from "../profile/resample.ts";
import { flatfieldError } from "../report/profile-error.ts";
import { measureSeams, type SeamFigures } from "../report/seams.ts";
import { fieldsOfStack } from "../report/stack-fields.ts";
import { MemoryStack } from "../sample/memory-stack.ts";
import { planSample } from "../sample/plan-sample.ts";
import { readPlanes } from "../sample/read-planes.ts";
import { findOverlaps, smallestOverlapPx } from "../tiles/overlaps.ts";
import { fieldShape } from "../tiles/tile.ts";
import type { ReadableStore } from "../zarr/store.ts";

/** Planes of every tile that the seams are measured in. */
const planesPerTile = 6;

/** The seams of every channel of an image, by label, in the same planes of every tile. */
export async function imageSeams(store: ReadableStore, key: string): Promise<ReadonlyMap<string, SeamFigures>> {
  const acquisition = await openMosaic(store, key);
  const { tiles, levels, pixelSizeUmZyx, channels } = acquisition;
  const fieldYx = fieldShape(tiles[0]!);
  const overlaps = findOverlaps(tiles, [pixelSizeUmZyx[1], pixelSizeUmZyx[2]], smallestOverlapPx(fieldYx));
  const depth = levels[0]!.shapeZyx[0];
  const planes = Array.from({ length: planesPerTile }, (_, i) => Math.floor(((i + 0.5) * depth) / planesPerTile));
  const plan = planOf(acquisition, planes);
  const figures = new Map<string, SeamFigures>();
  for (const { index, label } of channels) {
    const stack = new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx);
    await readPlanes(acquisition, index, plan, stack);
    figures.set(label, await measureSeams(overlaps, planes, fieldsOfStack(stack, plan)));
  }
  return figures;
}

/** These planes of every tile, at full resolution. */
function planOf(acquisition: Acquisition, planes: readonly number[]) {
  const depth = acquisition.levels[0]!.shapeZyx[0];
  const all = planSample(acquisition, { level: 0, planeCount: depth * acquisition.tiles.length, seed: 0 });
  return { ...all, planes: all.planes.filter(({ plane }) => planes.includes(plane)) };
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
