import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { type EmptySearch, findEmptyRegions } from "../../src/empty/find-empty-regions.ts";
import type { SyntheticOptions } from "../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

const green = { label: "A", wavelengthId: "488", color: "4FC3F7", background: 240 };

/** Nine small tiles, the corners empty, in stacks that begin and end before and after the sample. */
const usual: Partial<SyntheticOptions> = {
  gridYx: [3, 3],
  tileShapeYx: [64, 64],
  planes: 12,
  emptyPlanesPerEnd: 2,
  levelCount: 1,
  chunkShapeZyx: [4, 256, 256],
  channels: [{ ...green, autofluorescence: 500, labelled: 1500 }],
};

/** Makes an acquisition whose truth is known, and looks for its empty regions. */
export async function searchScene(scene: Partial<SyntheticOptions>, search: Partial<EmptySearch> = {}) {
  const store = new MemoryStore();
  const made = await writeSyntheticAcquisition(store, "a.zarr", { ...usual, ...scene });
  const image = await openMosaic(store, made.imageKey);
  const found = await findEmptyRegions(image, { seed: 0, ...search });
  return { ...made, image, found, proposed: found.proposal.kind === "none" ? [] : found.proposal.fovList };
}
