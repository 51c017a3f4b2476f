import { describe, expect, it } from "vitest";
import type { Acquisition } from "../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { planSample, type SampleRequest } from "../../src/sample/plan-sample.ts";
import { MemoryStack } from "../../src/sample/plane-stack.ts";
import { readPlanes } from "../../src/sample/read-planes.ts";
import { ScratchStack } from "../../src/sample/scratch-stack.ts";
import type { Czyx, PixelArray, PixelType } from "../../src/shapes.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { type ImageArray, patternedPixels, writeImage } from "../acquisition/write-image.ts";
import { tileAt } from "../tiles/tile-maker.ts";

/** Counts how often each object is read. */
class CountingStore extends MemoryStore {
  readonly reads = new Map<string, number>();

  override async get(key: string): Promise<Uint8Array | undefined> {
    this.reads.set(key, (this.reads.get(key) ?? 0) + 1);
    return super.get(key);
  }
}

const shape: Czyx = [3, 7, 25, 19];

/** A mosaic of 2 x 2 tiles of 11 x 9 px that begin at (2, 1), in chunks that know nothing of them. */
async function mosaic(given: Partial<ImageArray> = {}, chunkShape: Czyx = [1, 3, 8, 7]) {
  const store = new CountingStore();
  const pixels = given.pixels ?? patternedPixels(given.type ?? "uint16", shape);
  await writeImage(store, "image", [{ shape, chunkShape, pixels, ...given }]);
  const image = await openMosaic(store, "image");
  const tiles = [
    tileAt(1, 2, 1, 11, 9),
    tileAt(2, 13, 1, 11, 9),
    tileAt(3, 2, 10, 11, 9),
    tileAt(4, 13, 10, 11, 9),
  ].map((tile) => ({
    ...tile,
    box: { start: tile.box.start, stop: [7, tile.box.stop[1], tile.box.stop[2]] as const },
  }));
  const acquisition: Acquisition = { ...image, tiles };
  store.reads.clear();
  return { store, acquisition, pixels };
}

const request: SampleRequest = { level: 0, planeCount: 18, seed: 2 };

/** The planes cut out of the image one pixel at a time. */
function cutOut(acquisition: Acquisition, channel: number, pixelAt: (czyx: Czyx) => number): number[] {
  return planSample(acquisition, request).planes.flatMap(({ box: { start, stop } }) => {
    const plane: number[] = [];
    for (let y = start[1]; y < stop[1]; y++)
      for (let x = start[2]; x < stop[2]; x++) plane.push(pixelAt([channel, start[0], y, x]));
    return plane;
  });
}

const lookUp =
  (pixels: PixelArray) =>
  ([c, z, y, x]: Czyx) =>
    pixels[((c * shape[1] + z) * shape[2] + y) * shape[3] + x]!;

async function sample(acquisition: Acquisition, channel: number, kind: "memory" | "scratch" = "memory") {
  const plan = planSample(acquisition, request);
  const builder =
    kind === "memory"
      ? new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx)
      : new ScratchStack(new MemoryStore(), "scratch", acquisition.type, plan.planes.length, plan.fieldYx);
  await readPlanes(acquisition, channel, plan, builder);
  const stack = await builder.finish();
  return stack.read(0, stack.planeCount, 0, stack.shapeYx[0]);
}

describe("readPlanes", () => {
  const kinds = ["memory", "scratch"] as const;
  const types: PixelType[] = ["uint8", "uint16", "float32"];

  it.each(types.flatMap((type) => kinds.map((kind) => ({ type, kind }))))(
    "cuts $type planes into $kind",
    async ({ type, kind }) => {
      const { acquisition, pixels } = await mosaic({ type });
      const read = await sample(acquisition, 1, kind);
      expect(read.constructor).toBe(pixels.constructor);
      expect([...read]).toEqual(cutOut(acquisition, 1, lookUp(pixels)));
    },
  );

  it("reads each chunk at most once, and only chunks of its channel that a plane needs", async () => {
    const { store, acquisition } = await mosaic();
    await sample(acquisition, 2);
    expect(Math.max(...store.reads.values())).toBe(1);
    expect([...store.reads.keys()].every((key) => key.startsWith("image/0/2/"))).toBe(true);
    expect(store.reads.size).toBeLessThanOrEqual(3 * 3 * 3);
    const few = await mosaic();
    const plan = planSample(few.acquisition, { ...request, planeCount: 1, tileNumbers: [1] });
    await readPlanes(few.acquisition, 0, plan, new MemoryStack("uint16", 1, plan.fieldYx));
    expect(few.store.reads.size).toBe(4);
  });

  it("finds its channel in chunks of several", async () => {
    for (const chunkChannels of [2, 3, 5]) {
      const { acquisition, pixels, store } = await mosaic({}, [chunkChannels, 2, 9, 19]);
      for (const channel of [0, 1, 2]) {
        store.reads.clear();
        expect([...(await sample(acquisition, channel))]).toEqual(cutOut(acquisition, channel, lookUp(pixels)));
        expect(Math.max(...store.reads.values())).toBe(1);
      }
    }
  });

  it("takes missing chunks for the fill value", async () => {
    const missing = (coords: readonly number[]) => (coords[1]! + coords[2]! + coords[3]!) % 2 === 0;
    const { acquisition, pixels } = await mosaic({ fillValue: 41, missing });
    const wanted = cutOut(acquisition, 0, (czyx) => {
      const [, z, y, x] = czyx;
      return missing([0, Math.floor(z / 3), Math.floor(y / 8), Math.floor(x / 7)]) ? 41 : lookUp(pixels)(czyx);
    });
    expect(wanted).toContain(41);
    expect([...(await sample(acquisition, 0))]).toEqual(wanted);
  });

  it("tells how far it is and stops when it is told to", async () => {
    const { acquisition } = await mosaic();
    const plan = planSample(acquisition, request);
    const stack = new MemoryStack("uint16", plan.planes.length, plan.fieldYx);
    const told: number[] = [];
    let total = 0;
    const onChunk = (done: number, all: number) => {
      told.push(done);
      total = all;
    };
    await readPlanes(acquisition, 0, plan, stack, { onChunk });
    expect(told).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    const controller = new AbortController();
    const stopping = { onChunk: () => controller.abort(), signal: controller.signal };
    await expect(readPlanes(acquisition, 0, plan, stack, stopping)).rejects.toMatchObject({ kind: "interrupted" });
  });

  it("names a chunk that is broken", async () => {
    const { store, acquisition } = await mosaic();
    await store.set("image/0/0/1/1/1", Uint8Array.of(1, 2, 3));
    await expect(sample(acquisition, 0)).rejects.toMatchObject({ kind: "corrupt", where: "memory:/image/0/0/1/1/1" });
  });
});
