import { describe, expect, it } from "vitest";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import {
  type BoxYx,
  gapsBetween,
  lightInGaps,
  measureCoverage,
  shareNotCorrected,
} from "../../src/sample/light-in-gaps.ts";
import { elementCount, type Zyx } from "../../src/shapes.ts";
import type { Tile } from "../../src/tiles/tile.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { writeImage } from "../acquisition/write-image.ts";

const tile = (number: number, y: number, x: number, rows = 8, columns = 8): Tile => ({
  number,
  name: `t${number}`,
  box: { start: [0, y, x], stop: [4, y + rows, x + columns] },
});
const shape: Zyx = [4, 24, 32];
/** Two tiles, no places of a grid: 128 of 768 pixels of a plane. */
const tiles = [tile(1, 2, 3), tile(2, 13, 20)];

const inside = ({ start, stop }: BoxYx, y: number, x: number) =>
  start[0] <= y && y < stop[0] && start[1] <= x && x < stop[1];
const inTile = (y: number, x: number) =>
  tiles.some(({ box }) => inside({ start: [box.start[1], box.start[2]], stop: [box.stop[1], box.stop[2]] }, y, x));

/** An image with `between` where no tile lies, and a coarser level by 2. */
async function acquisitionOf(
  between: (z: number, y: number, x: number) => number,
  type: "uint16" | "float32" = "uint16",
) {
  const pixelsOf = (factor: number) => {
    const [, rows, columns] = shape.map((extent, axis) => (axis === 0 ? extent : extent / factor)) as [
      number,
      number,
      number,
    ];
    const pixels = type === "uint16" ? new Uint16Array(4 * rows * columns) : new Float32Array(4 * rows * columns);
    return pixels.map((_, i) => {
      const [z, y, x] = [
        Math.floor(i / (rows * columns)),
        Math.floor((i % (rows * columns)) / columns) * factor,
        (i % columns) * factor,
      ];
      return inTile(y, x) ? 500 + i : between(z, y, x);
    });
  };
  const store = new MemoryStore();
  await writeImage(store, "image", [
    { shape, chunkShape: [2, 8, 8], type, pixels: pixelsOf(1) },
    { shape: [4, 12, 16], chunkShape: [2, 8, 8], type, pixels: pixelsOf(2) },
  ]);
  return { ...(await openMosaic(store, "image")), tiles };
}

describe("measureCoverage", () => {
  it("tells how much of the gaps has content, and is measured once", async () => {
    const lit = await acquisitionOf((_, y, x) => 100 + ((x + y) % 7));
    expect((await measureCoverage(lit)).lightInGaps).toBeGreaterThan(0.9);
    expect(measureCoverage(lit)).toBe(measureCoverage(lit));
    expect((await measureCoverage(await acquisitionOf(() => 0))).lightInGaps).toBe(0);
  });

  it("says nothing of gaps where tiles by themselves are all there is", async () => {
    const { tileSource: _, ...bare } = await acquisitionOf(() => 7);
    expect(await measureCoverage(bare)).not.toHaveProperty("lightInGaps");
  });
});

describe("gapsBetween", () => {
  it("is every pixel in no tile, once", () => {
    const gaps = gapsBetween(tiles, shape);
    for (let y = 0; y < shape[1]; y++) {
      for (let x = 0; x < shape[2]; x++) {
        expect(gaps.filter((gap) => inside(gap, y, x)).length).toBe(inTile(y, x) ? 0 : 1);
      }
    }
  });

  it("is nothing where tiles fill the image", () => {
    expect(gapsBetween([tile(1, 0, 0, 24, 16), tile(2, 0, 16, 24, 16)], shape)).toEqual([]);
  });
});

describe("a picture between tiles", () => {
  it.each([
    ["nothing", () => 0],
    ["one value everywhere", () => 100],
  ])("is not %s", async (_, between) => {
    const acquisition = await acquisitionOf(between);
    expect(await lightInGaps(acquisition, 0)).toBe(0);
    expect(await shareNotCorrected(acquisition, 0)).toBe(0);
  });

  it("is not NaN", async () => {
    expect(await lightInGaps(await acquisitionOf(() => Number.NaN, "float32"), 0)).toBe(0);
  });

  it("counts as not corrected: of all pixels the part that lies in no tile", async () => {
    const acquisition = await acquisitionOf((z, y, x) => 300 + z + 2 * y + x);
    expect(await lightInGaps(acquisition, 0)).toBe(1);
    expect(await shareNotCorrected(acquisition, 0)).toBeCloseTo(1 - 128 / elementCount([24, 32]), 12);
  });

  it("counts where it is, by area", async () => {
    // Light right of column 28, where there are two gaps of several.
    const acquisition = await acquisitionOf((_, y, x) => (x >= 28 ? 300 + y : 0));
    const lit = await lightInGaps(acquisition, 0);
    expect(lit).toBeGreaterThan(0.1);
    expect(lit).toBeLessThan(0.3);
  });
});
