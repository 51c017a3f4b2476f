import { expect, it } from "vitest";
import type { Acquisition } from "../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { planSample } from "../../src/sample/plan-sample.ts";
import { MemoryStack, PieceStack } from "../../src/sample/plane-stack.ts";
import { readPlanes } from "../../src/sample/read-planes.ts";
import type { Czyx, Yx } from "../../src/shapes.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { patternedPixels, writeImage } from "../acquisition/write-image.ts";
import { tileAt } from "../tiles/tile-maker.ts";

const shape: Czyx = [2, 11, 24, 21];

/** Tiles as large as a chunk, in an image some of whose chunks are missing. */
async function imageOf(starts: readonly Yx[], chunkShape: Czyx): Promise<Acquisition> {
  const store = new MemoryStore();
  const missing = ([, z, y, x]: readonly number[]) => (z! + 2 * y! + x!) % 5 === 1;
  const pixels = patternedPixels("uint16", shape);
  await writeImage(store, "image", [{ shape, chunkShape, pixels, fillValue: 41, missing }]);
  const tiles = starts.map(([y, x], index) => {
    const tile = tileAt(index + 1, y, x, 8, 7);
    return { ...tile, box: { start: tile.box.start, stop: [11, tile.box.stop[1], tile.box.stop[2]] as const } };
  });
  return { ...(await openMosaic(store, "image")), tiles };
}

/** Counts planes that are put and chunks that are read into their place. */
class CountingStack extends PieceStack {
  puts = 0;
  buffers = 0;

  override async put(...given: Parameters<PieceStack["put"]>): Promise<void> {
    this.puts++;
    await super.put(...given);
  }

  override buffersAt(n: number, length: number) {
    const buffer = super.buffersAt(n, length);
    if (buffer !== undefined) this.buffers++;
    return buffer;
  }
}

const aligned: Yx[] = [
  [0, 0],
  [16, 14],
  [8, 7],
];
const cases: [string, readonly Yx[], Czyx, number, "all" | "some" | "none"][] = [
  ["whole chunks", aligned, [1, 3, 8, 7], 33, "all"],
  ["some planes of chunks", aligned, [1, 4, 8, 7], 14, "all"],
  ["chunks of two channels", aligned, [2, 3, 8, 7], 20, "all"],
  [
    "a tile across chunks among others",
    [
      [0, 0],
      [11, 9],
      [16, 14],
    ],
    [1, 3, 8, 7],
    20,
    "some",
  ],
  [
    "tiles across chunks",
    [
      [1, 2],
      [11, 9],
    ],
    [1, 3, 8, 7],
    15,
    "none",
  ],
];

it.each(cases)(
  "planes of a piece are as they are put one by one: %s",
  async (_, starts, chunkShape, count, inPlace) => {
    const acquisition = await imageOf(starts, chunkShape);
    for (const channel of [0, 1]) {
      const plan = planSample(acquisition, { level: 0, planeCount: count, seed: 4 });
      const planeCount = plan.planes.length;
      const expected = new MemoryStack("uint16", planeCount, plan.fieldYx);
      await readPlanes(acquisition, channel, plan, expected);
      const spare = chunkShape[0] * chunkShape[1] * 8 * 7;
      const pixels = new Uint16Array(planeCount * 8 * 7 + spare);
      const stack = new CountingStack(pixels, plan.fieldYx);
      await readPlanes(acquisition, channel, plan, stack);
      expect(pixels.subarray(0, planeCount * 8 * 7)).toEqual(expected.pixels);
      expect(stack.buffers > 0).toBe(inPlace !== "none");
      expect(stack.puts > 0).toBe(inPlace !== "all");
    }
  },
);

it("offers no room where planes lie already, nor beyond its end", () => {
  const stack = new PieceStack(new Uint16Array(10 * 6), [2, 3]);
  expect(stack.buffersAt(8, 13)).toBeUndefined();
  expect(stack.buffersAt(7, 18)?.byteOffset).toBe(2 * 7 * 6);
  expect(stack.buffersAt(6, 6)).toBeUndefined();
  expect(stack.buffersAt(8, 12)).toHaveLength(12);
});
