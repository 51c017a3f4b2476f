import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Level } from "../../../src/acquisition/level.ts";
import { slotsPerChannel } from "../../../src/correct/field.ts";
import { correctionField } from "../../../src/correct/kernel.ts";
import { correctChunk } from "../../../src/pipeline/blocks/correct-chunk.ts";
import { chunkBox } from "../../../src/pipeline/output/level-geometry.ts";
import { type Czyx, elementCount } from "../../../src/shapes.ts";
import { ZarrArray } from "../../../src/zarr/array.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { correctedInteger } from "../../correct/naive.ts";
import { plainMetadata } from "../../support/plain-metadata.ts";
import { tileAt } from "../../tiles/tile-maker.ts";

function levelOf(shape: Czyx, chunkShape: Czyx): Level {
  const array = new ZarrArray(new MemoryStore(), "0", plainMetadata(shape, chunkShape));
  return new Level(array, [1, 1, 1]);
}

/** A field for tiles of 10 x 8 px whose flat-field is different at every pixel; channel by channel. */
const flatAt = (channel: number, p: number) => Math.fround(0.5 + p / 80 + channel / 10);
const fieldOf = (channel: number) =>
  correctionField(
    {
      shapeYx: [10, 8],
      flatfield: Float32Array.from({ length: 80 }, (_, p) => flatAt(channel, p)),
      darkfield: new Float32Array(80).fill(300),
      baseline: 0,
    },
    0,
  );

describe("chunkBox", () => {
  it("is the part of a chunk that lies in the image", () => {
    const level = levelOf([2, 7, 30, 21], [1, 4, 16, 16]);
    expect(chunkBox(level, [1, 0, 0, 0])).toEqual({ start: [0, 0, 0], stop: [4, 16, 16] });
    expect(chunkBox(level, [0, 1, 1, 1])).toEqual({ start: [4, 16, 16], stop: [7, 30, 21] });
  });
});

describe("correctChunk", () => {
  it("corrects what tiles cover, leaves the rest and the padding, and counts per channel", () => {
    const chunks = fc.tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 17 }),
      fc.integer({ min: 1, max: 17 }),
    );
    const origin = fc.tuple(fc.nat(6), fc.nat(6));
    fc.assert(
      fc.property(chunks, origin, fc.nat(), (chunkShape, [top, left], seed) => {
        const shape: Czyx = [3, 4, top + 25, left + 20];
        const level = levelOf(shape, chunkShape);
        // 2 x 2 tiles of three planes with a gap of a row between them; the fourth plane is no tile's.
        const places = [0, 11].flatMap((y) => [0, 8].map((x) => [top + y, left + x] as const));
        const tiles = places.map(([y, x], index) => tileAt(index + 1, y, x));
        // The last channel is only copied.
        const fields = [[fieldOf(0)], [fieldOf(1)], []];
        const grid = level.chunkGridCzyx;
        const chunk: Czyx = [seed % grid[0], (seed >> 2) % grid[1], (seed >> 4) % grid[2], (seed >> 7) % grid[3]];
        const before = Uint16Array.from({ length: elementCount(chunkShape) }, (_, i) => (i * 40503 + seed) % 65536);

        const after = before.slice();
        const clipped = correctChunk(after, level, chunk, tiles, fields);

        const counts = Array.from({ length: 2 * slotsPerChannel * chunkShape[0] }, () => 0);
        const wanted = before.map((value, i) => {
          const [, planes, rows, columns] = chunkShape;
          const c = Math.floor(i / (planes * rows * columns));
          const channel = chunk[0] * chunkShape[0] + c;
          const z = chunk[1] * planes + (Math.floor(i / (rows * columns)) % planes);
          const y = chunk[2] * rows + (Math.floor(i / columns) % rows);
          const x = chunk[3] * columns + (i % columns);
          const place = places.find(([ty, tx]) => y >= ty && y < ty + 10 && x >= tx && x < tx + 8);
          if (place === undefined || channel > 1 || z > 2) return value;
          const flat = flatAt(channel, (y - place[0]) * 8 + x - place[1]);
          const one = correctedInteger(value, flat, 300, 0, 65535);
          if (one.clipped !== undefined) counts[2 * slotsPerChannel * c + (one.clipped === "low" ? 0 : 1)]! += 1;
          return one.pixel;
        });
        expect(after).toEqual(wanted);
        expect(clipped).toEqual(counts);
      }),
      { numRuns: 200 },
    );
  });

  it("takes for every tile the field of its own shape", () => {
    const level = levelOf([1, 3, 10, 18], [1, 3, 10, 18]);
    const flat = (shapeYx: readonly [number, number], value: number) => {
      const length = shapeYx[0] * shapeYx[1];
      const [flatfield, darkfield] = [new Float32Array(length).fill(value), new Float32Array(length)];
      return correctionField({ shapeYx, flatfield, darkfield, baseline: 0 }, 0);
    };
    const pixels = new Uint16Array(3 * 10 * 18).fill(100);
    correctChunk(
      pixels,
      level,
      [0, 0, 0, 0],
      [tileAt(1, 0, 0), tileAt(2, 0, 8, 10, 10)],
      [[flat([10, 8], 0.5), flat([10, 10], 2)]],
    );
    expect([...new Set(pixels.subarray(0, 8))]).toEqual([200]);
    expect([...new Set(pixels.subarray(8, 18))]).toEqual([50]);
  });

  it("takes for a cropped tile the part of the field that it shows", () => {
    const level = levelOf([1, 3, 6, 13], [1, 3, 6, 13]);
    const tile = { ...tileAt(1, 0, 8, 6, 5), fieldPart: { startYx: [4, 3], fieldYx: [10, 8] } } as const;
    const before = Uint16Array.from({ length: 3 * 6 * 13 }, (_, i) => 1000 + i);
    const pixels = before.slice();
    correctChunk(pixels, level, [0, 0, 0, 0], [tile], [[fieldOf(0)]]);
    const wanted = before.map((value, i) => {
      const [y, x] = [Math.floor(i / 13) % 6, i % 13];
      return x < 8 ? value : correctedInteger(value, flatAt(0, (y + 4) * 8 + x - 8 + 3), 300, 0, 65535).pixel;
    });
    expect(pixels).toEqual(wanted);
  });
});
