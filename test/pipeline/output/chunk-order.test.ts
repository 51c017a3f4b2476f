/** In which order the chunks of an object are made, which is how they lie in a shard. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  chunkGrid,
  chunksOfObject,
  inObjects,
  type LevelGeometry,
  nestsIn,
  objectGrid,
  objectOfChunk,
  placesBetween,
  stepFactors,
} from "../../../src/pipeline/output/level-geometry.ts";
import { type Czyx, elementCount, mapAxes } from "../../../src/shapes.ts";

const extent = fc.integer({ min: 1, max: 40 });
const chunkExtent = fc.constantFrom(2, 4);

/** Levels, each half as wide and high as the one before, in shards of several chunks. */
const pyramid = fc
  .record({
    z: fc.integer({ min: 1, max: 5 }),
    y: extent,
    x: extent,
    rows: chunkExtent,
    columns: chunkExtent,
    per: chunkExtent,
  })
  .map(({ z, y, x, rows, columns, per }) =>
    [0, 1, 2].map((level): LevelGeometry => {
      const chunkShapeCzyx: Czyx = [1, 2, rows, columns];
      const shapeCzyx: Czyx = [2, z, Math.ceil(y / 2 ** level), Math.ceil(x / 2 ** level)];
      return {
        shapeCzyx,
        chunkShapeCzyx,
        objectShapeCzyx: mapAxes(chunkShapeCzyx, (n, axis) => (axis > 1 ? per * n : n)),
      };
    }),
  );

/** The chunks of a level, as a pass up to `top` makes them for a chunk of that. */
function madeBelow(levels: readonly LevelGeometry[], index: number, top: number, chunk: Czyx): Czyx[] {
  if (index === top) return [chunk];
  const [fine, coarse] = [levels[top - 1]!, levels[top]!];
  const factors = stepFactors(fine, coarse);
  const extents = mapAxes(coarse.chunkShapeCzyx, (n, axis) => (n * factors[axis]!) / fine.chunkShapeCzyx[axis]!);
  const children = [...placesBetween([0, 0, 0, 0], chunkGrid(fine))].filter((child) =>
    child.every((place, axis) => Math.floor(place / extents[axis]!) === chunk[axis]),
  );
  return children.flatMap((child) => madeBelow(levels, index, top - 1, child));
}

it("of chunks is the same for passes of any depth, so that shards have the same bytes", () => {
  fc.assert(
    fc.property(pyramid, fc.nat(2), fc.nat(2), (levels, index, top) => {
      const steps = levels.slice(index, top).map((level, step) => [level, levels[index + step + 1]!] as const);
      fc.pre(steps.every(([a, b]) => nestsIn(a, b) && nestsIn(inObjects(a), inObjects(b))));
      if (top < index) return;
      const made = [...placesBetween([0, 0, 0, 0], objectGrid(levels[top]!))].flatMap((block) =>
        chunksOfObject(levels, top, block).flatMap((chunk) => madeBelow(levels, index, top, chunk)),
      );
      for (const object of placesBetween([0, 0, 0, 0], objectGrid(levels[index]!))) {
        const ofObject = made.filter((chunk) => String(objectOfChunk(levels[index]!, chunk)) === String(object));
        expect(chunksOfObject(levels, index, object)).toEqual(ofObject);
      }
    }),
  );
});

it("of chunks without coarser levels is that of rows", () => {
  const level: LevelGeometry = { shapeCzyx: [1, 1, 4, 6], chunkShapeCzyx: [1, 1, 2, 2], objectShapeCzyx: [1, 1, 4, 4] };
  expect(elementCount(objectGrid(level))).toBe(2);
  expect(chunksOfObject([level], 0, [0, 0, 0, 0]).map(([, , y, x]) => [y, x])).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  expect(chunksOfObject([level], 0, [0, 0, 0, 1]).map(([, , y, x]) => [y, x])).toEqual([
    [0, 2],
    [1, 2],
  ]);
});
