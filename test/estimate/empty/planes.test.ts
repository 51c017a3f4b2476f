import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type SubsampledRow, subsampleRow } from "../../../src/estimate/empty/planes.ts";
import { allocatePixels, elementCount, type PixelType } from "../../../src/shapes.ts";
import { dirtyMemory, placed } from "../../support/kernel-arrays.ts";

const extents = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 75 }));
const starts = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }));

/** The pixels of a row, plane after plane; none where it is not one that is taken. */
function valuesOf(row: SubsampledRow | undefined): number[] {
  if (row === undefined) return [];
  const { pixels, start, planeStride, planeCount, columns } = row;
  return Array.from({ length: planeCount }, (_, plane) => {
    const from = start + plane * planeStride;
    return [...pixels.subarray(from, from + columns)];
  }).flat();
}

it.each<PixelType>(["uint8", "uint16", "float32"])("takes every so many rows and columns of %s planes", (type) => {
  fc.assert(
    fc.property(starts, extents, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 6 }), (...given) => {
      const [startYx, shapeYx, planeCount, step] = given;
      const pixels = allocatePixels(type, planeCount * elementCount(shapeYx)).map((_, at) => (at * 37) % 251);
      const piece = { pixels, planeCount, startYx, shapeYx };
      const memory = dirtyMemory(2 * pixels.byteLength + 1024);
      const inside = placed(memory, pixels as Uint8Array, 1);
      const buffer = placed(memory, allocatePixels(type, planeCount * shapeYx[1] + 1).fill(99) as Uint8Array, 1);
      for (let y = 0; y < shapeYx[0]; y++) {
        const expected: number[] = [];
        for (let at = 0; at < pixels.length; at++) {
          const isRow = Math.floor(at / shapeYx[1]) % shapeYx[0] === y && (startYx[0] + y) % step === 0;
          if (isRow && (startYx[1] + (at % shapeYx[1])) % step === 0) expected.push(pixels[at]!);
        }
        expect(valuesOf(subsampleRow(piece, y, step))).toEqual(expected);

        // The kernel, with pixels behind the last that it must leave alone
        buffer.fill(99);
        expect(valuesOf(subsampleRow({ ...piece, pixels: inside }, y, step, buffer))).toEqual(expected);
        if (step > 1) expect(buffer[expected.length]).toBe(99);
      }
      expect(inside).toEqual(pixels);
    }),
  );
});
