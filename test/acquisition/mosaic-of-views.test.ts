import fc from "fast-check";
import { expect, it } from "vitest";
import { mosaicOfViews } from "../../src/acquisition/mosaic-of-views.ts";
import type { TilePixels, TileView } from "../../src/acquisition/tile-view.ts";
import type { Yx, Zyx } from "../../src/shapes.ts";
import { findOverlaps } from "../../src/tiles/overlaps.ts";

const shapeZyx: Zyx = [2, 40, 30];
const stepYx: Yx = [36, 27];

/** Tiles of 2 µm pixels, as a stage takes them that moves the sample. */
function views([rows, columns]: Yx, [startY, startX]: Yx): TileView[] {
  const read = () => Promise.reject(new Error("pixels are not read to place tiles"));
  const level: TilePixels = { type: "uint16", shapeZyx, chunkShapeZyx: shapeZyx, read };
  return Array.from({ length: rows * columns }, (_, n): TileView => {
    const stageUmZyx: Zyx = [0, startY + 2 * stepYx[0] * (n % rows), startX + 2 * stepYx[1] * Math.floor(n / rows)];
    const told = { channel: "488", side: undefined, rotation: 0, metadata: {} };
    return { name: `Tile${n}`, ...told, stageUmZyx, pixelSizeUmZyx: [5, 2, 2], levels: [level] };
  });
}

it("tiles overlap at the edges where they lie side by side", () => {
  const count = fc.integer({ min: 1, max: 4 });
  const um = fc.integer({ min: -5000, max: 5000 });
  const shows = fc.property(fc.tuple(count, count), fc.tuple(um, um), ([rows, columns], startYx) => {
    const { tiles } = mosaicOfViews(views([rows, columns], startYx), "data", async () => ({ keys: [] }) as never);
    const overlaps = findOverlaps(tiles, [2, 2], 100);
    expect(overlaps).toHaveLength((rows - 1) * columns + rows * (columns - 1));
    for (const { first, second, inFirst, inSecond } of overlaps) {
      const steps = [1, 2].map((axis) => (second.box.start[axis]! - first.box.start[axis]!) / shapeZyx[axis]!);
      expect(inFirst.startYx).toEqual(steps.map((step, axis) => step * stepYx[axis]!));
      expect(inSecond.startYx).toEqual([0, 0]);
    }
  });
  fc.assert(shows, { numRuns: 30 });
});
