import { describe, expect, it } from "vitest";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { findGaps, StoredObjects } from "../../../src/pipeline/run/find-gaps.ts";
import { fingerprintSource } from "../../../src/pipeline/run/provenance.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { describeMissing } from "../../../src/tiles/coverage.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { imageAttributes, writeArray, writeGroup } from "../../acquisition/write-image.ts";

/** Two tiles side by side, each of 4 x 4 chunks in 2 layers, of which these are not stored. */
async function gapsWithout(removed: string[], background = 240) {
  const store = new MemoryStore();
  const made = await writeSyntheticAcquisition(store, "a.zarr", {
    gridYx: [1, 2],
    tileShapeYx: [64, 64],
    planes: 4,
    levelCount: 1,
    darkfield: 0,
    readNoise: 0,
    chunkShapeZyx: [2, 16, 16],
    channels: [{ label: "A", wavelengthId: "488", color: "4FC3F7", background, autofluorescence: 0, labelled: 0 }],
  });
  for (const name of removed) await store.remove(`${made.imageKey}/0/0/${name}`);
  const image = await openMosaic(store, made.imageKey);
  const stored = new StoredObjects(image);
  await fingerprintSource(image, (key, isThere) => stored.add(key, isThere));
  const gaps = await findGaps(image, stored.absent());
  return gaps && describeMissing(gaps);
}

describe("chunks of the source that are not stored", () => {
  it("are no news where all are there", async () => {
    expect(await gapsWithout([])).toBeUndefined();
  });

  it("are told where there is light all around: one, or several together", async () => {
    expect(await gapsWithout(["0/1/2"])).toMatch(
      /^THE SOURCE MAY NOT BE COMPLETE: 1 chunk .* is not stored.*around 1 of 1 .*0\/0\/0\/1\/2/,
    );
    expect(await gapsWithout(["1/1/1", "1/1/2", "1/2/1", "1/2/2"])).toMatch(/: 4 chunks .* around 4 of 4/);
  });

  it("are no news where a whole tile is missing: it may never have been taken", async () => {
    const tile = [0, 1].flatMap((z) => [0, 1, 2, 3].flatMap((y) => [0, 1, 2, 3].map((x) => `${z}/${y}/${x}`)));
    expect(await gapsWithout(tile)).toBeUndefined();
  });

  it("are no news in the dark", async () => {
    expect(await gapsWithout(["0/0/0", "1/0/0"], 0)).toBeUndefined();
  });

  /** A lit tile of three time points and two channels, chunk by chunk, of which some are not stored. */
  async function timesWithout(isMissing: (time: number, channel: number) => boolean) {
    const store = new MemoryStore();
    const attributes = imageAttributes([[1, 1, 1, 1]]);
    const [multiscale] = attributes.multiscales as { axes: object[]; datasets: object[] }[];
    multiscale!.axes.unshift({ name: "t", type: "time" });
    multiscale!.datasets = [{ path: "0", coordinateTransformations: [{ type: "scale", scale: [1, 1, 1, 1, 1] }] }];
    await writeGroup(store, "a", attributes);
    const shape = [3, 2, 2, 32, 32];
    const pixels = new Uint16Array(3 * 2 * 2 * 32 * 32).map((_, at) => 100 + (at % 7));
    const missing = ([time, channel]: readonly number[]) => isMissing(time!, channel!);
    await writeArray(store, "a/0", { shape, chunkShape: [1, 1, 2, 16, 16], pixels, missing });
    const image = await openMosaic(store, "a");
    const stored = new StoredObjects(image);
    await fingerprintSource(image, (key, isThere) => stored.add(key, isThere));
    const gaps = await findGaps(image, stored.absent());
    return gaps && describeMissing(gaps);
  }

  it("are told where a time point is missing between others, of one channel or of all", async () => {
    expect(await timesWithout(() => false)).toBeUndefined();
    expect(await timesWithout((time) => time === 1)).toMatch(/: 8 chunks .* around 8 of 8 .*a\/0\/1\/0\/0\/0\/0/);
    expect(await timesWithout((time, channel) => time === 1 && channel === 1)).toMatch(/: 4 chunks .*a\/0\/1\/1/);
  });

  it("are no news after the last time point: it may not have been taken", async () => {
    expect(await timesWithout((time) => time === 2)).toBeUndefined();
  });
});
