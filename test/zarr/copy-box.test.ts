import * as fc from "fast-check";
import { expect, test } from "vitest";
import { elementCount } from "../../src/shapes.ts";
import { copyBox } from "../../src/zarr/box.ts";

function flatIndex(position: readonly number[], shape: readonly number[]): number {
  return position.reduce((index, at, axis) => index * shape[axis]! + at, 0);
}

function positions(extent: readonly number[]): number[][] {
  return extent.reduce<number[][]>(
    (heads, length) => heads.flatMap((head) => Array.from({ length }, (_, at) => [...head, at])),
    [[]],
  );
}

test("copies exactly the box, for up to five axes", () => {
  const axis = fc
    .tuple(fc.integer({ min: 0, max: 4 }), fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2))
    .map(([extent, sourceBefore, sourceAfter, before, after]) => ({
      extent,
      sourceBefore,
      sourceAfter,
      before,
      after,
    }));
  fc.assert(
    fc.property(fc.array(axis, { minLength: 1, maxLength: 5 }), (axes) => {
      const extent = axes.map((a) => a.extent);
      const sourceStart = axes.map((a) => a.sourceBefore);
      const sourceShape = axes.map((a) => a.sourceBefore + a.extent + a.sourceAfter);
      const start = axes.map((a) => a.before);
      const shape = axes.map((a) => a.before + a.extent + a.after);
      const source = Uint16Array.from({ length: elementCount(sourceShape) }, (_, at) => at + 1);
      const copied = new Uint16Array(elementCount(shape));
      const expected = copied.slice();
      for (const position of positions(extent)) {
        const from = position.map((at, i) => at + sourceStart[i]!);
        const to = position.map((at, i) => at + start[i]!);
        expected[flatIndex(to, shape)] = source[flatIndex(from, sourceShape)]!;
      }
      copyBox(source, sourceShape, sourceStart, copied, shape, start, extent);
      expect(copied).toEqual(expected);
    }),
  );
});
