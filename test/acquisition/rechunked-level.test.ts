import { describe, expect, it } from "vitest";
import { Level } from "../../src/acquisition/level.ts";
import { ChunkCache, chunksWorthKeeping, rechunked } from "../../src/acquisition/rechunked-level.ts";
import type { Czyx } from "../../src/shapes.ts";
import { ZarrArray } from "../../src/zarr/array.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { plainMetadata } from "../support/plain-metadata.ts";

const shape: Czyx = [2, 7, 20, 19];
const chunkShape: Czyx = [1, 4, 8, 8];

/** A level whose pixels count on from 1, but for one chunk that is not stored, and the chunks that were read from it. */
async function countingLevel() {
  const metadata = plainMetadata(shape, chunkShape, { fillValue: 9 });
  const store = new MemoryStore();
  const level = new Level(new ZarrArray(store, "a", metadata), [1, 1, 1]);
  const [channels, planes, rows, columns] = level.chunkGridCzyx;
  for (let at = 0; at < channels * planes * rows * columns; at++) {
    const x = at % columns;
    const y = Math.floor(at / columns) % rows;
    const z = Math.floor(at / columns / rows) % planes;
    const c = Math.floor(at / columns / rows / planes);
    if (x === 1 && y === 1 && z === 0 && c === 1) continue;
    const pixels = new Uint16Array(4 * 8 * 8).map((_, index) => 1 + at * 256 + index);
    await level.writeChunk(store, [c, z, y, x], pixels);
  }
  const read: string[] = [];
  const readStored = level.readChunk.bind(level);
  level.readChunk = (chunk, buffer) => {
    read.push(chunk.join());
    return readStored(chunk, buffer);
  };
  return { level, read };
}

/** The chunks of a level, row after row of each pair of rows, two by two: as a pyramid is made. */
function* twoByTwo([channels, planes, rows, columns]: Czyx): Generator<Czyx> {
  for (let c = 0; c < channels; c++)
    for (let z = 0; z < planes; z++)
      for (let y = 0; y < rows; y += 2)
        for (let x = 0; x < columns; x += 2)
          for (const [dy, dx] of [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1],
          ] as const)
            if (y + dy < rows && x + dx < columns) yield [c, z, y + dy, x + dx];
}

describe("a level in chunks of another shape", () => {
  it.each<[Czyx, number]>([
    [[1, 4, 4, 4], 1],
    [[1, 4, 16, 24], 1],
    [[2, 3, 5, 7], 4],
    [[2, 8, 24, 24], 1],
  ])("of %s gives the pixels of the box", async (wanted, count) => {
    const { level } = await countingLevel();
    const buffers = Array.from({ length: count }, () => new Uint16Array(256));
    const chunkCache = new ChunkCache(count, (slot) => ({ pixels: buffers[slot]! }));
    const other = rechunked(level, wanted, () => chunkCache);
    for (const chunk of twoByTwo(other.chunkGridCzyx)) {
      const pixels = await other.readChunk(chunk);
      const expected = new Uint16Array(wanted.reduce((product, n) => product * n, 1)).fill(9);
      const [, pz, py, px] = wanted;
      for (let c = 0; c < wanted[0] && chunk[0] * wanted[0] + c < shape[0]; c++) {
        const start = [chunk[1] * pz, chunk[2] * py, chunk[3] * px] as const;
        const stop = [
          Math.min(start[0] + pz, shape[1]),
          Math.min(start[1] + py, shape[2]),
          Math.min(start[2] + px, shape[3]),
        ] as const;
        const box = await level.readBox(chunk[0] * wanted[0] + c, { start, stop });
        let from = 0;
        for (let z = 0; z < stop[0] - start[0]; z++)
          for (let y = 0; y < stop[1] - start[1]; y++)
            for (let x = 0; x < stop[2] - start[2]; x++) expected[((c * pz + z) * py + y) * px + x] = box[from++]!;
      }
      expect(pixels).toEqual(expected);
    }
  });

  it("reads each stored chunk once where its chunks nest in them", async () => {
    const { level, read } = await countingLevel();
    const chunkCache = new ChunkCache(chunksWorthKeeping(chunkShape, [1, 4, 4, 4], 512), () => ({}));
    const other = rechunked(level, [1, 4, 4, 4], () => chunkCache);
    for (const chunk of twoByTwo(other.chunkGridCzyx)) await other.readChunk(chunk);
    expect(new Set(read).size).toBe(read.length);
  });

  it("does not take what could not be read for a chunk", async () => {
    const { level } = await countingLevel();
    const chunkCache = new ChunkCache(1, () => ({}));
    const kept = await chunkCache.read(level, [0, 0, 0, 0]);
    const readStored = level.readChunk;
    level.readChunk = () => Promise.reject(new Error("broken"));
    await expect(chunkCache.read(level, [0, 0, 0, 1])).rejects.toThrow("broken");
    level.readChunk = readStored;
    expect(await chunkCache.read(level, [0, 0, 0, 1])).not.toEqual(kept);
    expect(await chunkCache.read(level, [0, 0, 0, 0])).toEqual(kept);
  });
});

it("keeps one chunk where chunks nest, else as many as meet at a corner, within reason", () => {
  expect(chunksWorthKeeping([1, 64, 1024, 1024], [1, 64, 256, 256], 2 ** 27)).toBe(1);
  expect(chunksWorthKeeping([1, 16, 512, 512], [1, 64, 1024, 1024], 2 ** 23)).toBe(1);
  expect(chunksWorthKeeping([1, 16, 300, 300], [1, 32, 256, 256], 2 ** 21)).toBe(4);
  expect(chunksWorthKeeping([1, 64, 1000, 1000], [1, 32, 256, 256], 2 ** 27)).toBe(1);
});
