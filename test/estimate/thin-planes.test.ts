import * as fc from "fast-check";
import { expect, it } from "vitest";
import { thinPlanes } from "../../src/estimate/thin-planes.ts";
import { allocatePixels, elementCount, type PixelType } from "../../src/shapes.ts";
import { dirtyMemory, placed } from "../support/kernel-arrays.ts";

const extents = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 75 }));
const starts = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }));

it.each<PixelType>(["uint8", "uint16", "float32"])("takes every so many rows and columns of %s planes", (type) => {
  fc.assert(
    fc.property(starts, extents, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 6 }), (...given) => {
      const [startYx, shapeYx, planeCount, step] = given;
      const pixels = allocatePixels(type, planeCount * elementCount(shapeYx)).map((_, at) => (at * 37) % 251);
      const expected: number[] = [];
      for (let at = 0; at < pixels.length; at++) {
        const y = startYx[0] + (Math.floor(at / shapeYx[1]) % shapeYx[0]);
        if (y % step === 0 && (startYx[1] + (at % shapeYx[1])) % step === 0) expected.push(pixels[at]!);
      }
      const piece = { pixels, planeCount, startYx, shapeYx };
      const thinned = thinPlanes(piece, step);
      expect([...thinned.pixels]).toEqual(expected);
      expect(planeCount * elementCount(thinned.shapeYx)).toBe(expected.length);

      // The kernel, with pixels behind the last that it must leave alone
      const memory = dirtyMemory(2 * pixels.byteLength + 1024);
      const inside = placed(memory, pixels as Uint8Array, 1);
      const room = placed(memory, allocatePixels(type, expected.length + 1).fill(99) as Uint8Array, 1);
      const byKernel = thinPlanes({ ...piece, pixels: inside }, step, room);
      expect([...byKernel.pixels]).toEqual(expected);
      expect(inside).toEqual(pixels);
      if (step > 1) expect(room.at(-1)).toBe(99);
    }),
  );
});
