/** Byte order and the order of axes, which kernels undo, against plain code. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCount, type PixelType } from "../../src/shapes.ts";
import { permuteAxes } from "../../src/zarr/chunk-pixels.ts";
import { decodeFilter, encodeFilter } from "../../src/zarr/codecs/filters.ts";
import { swapBytes, viewBytes, viewPixels } from "../../src/zarr/pixel-bytes.ts";
import { bytesOf, makePixels } from "./pixels.ts";

const types: readonly PixelType[] = ["uint8", "uint16", "float32", "float64"];

describe("the byte order of items", () => {
  test.each([1, 2, 4, 8])("of %i bytes is reversed, whatever their number and place", (itemBytes) => {
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 7 }), (bytes, shift) => {
      const whole = bytes.length - (bytes.length % itemBytes);
      const expected = Uint8Array.from(bytes);
      for (let at = 0; at < whole; at += itemBytes) expected.subarray(at, at + itemBytes).reverse();
      const beside = new Uint8Array(bytes.length + shift);
      beside.set(bytes, shift);
      swapBytes(beside.subarray(shift), itemBytes);
      expect(beside.subarray(shift)).toEqual(expected);
    });
    fc.assert(property, { numRuns: 100 });
  });
});

describe("the order of axes", () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
  const cases = shapes
    .filter((shape) => elementCount(shape) < 20_000)
    .chain((shape) =>
      fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
    );

  test.each(types)("of %s pixels is changed as index by index", (type) => {
    const property = fc.property(cases, ([shape, axes]) => {
      const pixels = makePixels(type, elementCount(shape), "noise");
      const permuted = permuteAxes(pixels, shape, axes, type);
      const extents = axes.map((axis) => shape[axis]!);
      for (let at = 0; at < pixels.length; at++) {
        const place = indicesOf(at, extents);
        const from = shape.reduce((sum, extent, axis) => sum * extent + place[axes.indexOf(axis)]!, 0);
        if (permuted[at] !== pixels[from]) expect(permuted[at]).toBe(pixels[from]);
      }
    });
    fc.assert(property, { numRuns: 60 });
  });
});

function indicesOf(at: number, extents: readonly number[]): number[] {
  let rest = at;
  return [...extents]
    .reverse()
    .map((extent) => {
      const index = rest % extent;
      rest = Math.floor(rest / extent);
      return index;
    })
    .reverse();
}

describe("differences", () => {
  test.each(["uint8", "uint16", "uint32", "int16", "float64"] as const)(
    "of %s are taken and summed as NumPy does",
    (type) => {
      const pixels = viewPixels(bytesOf(makePixels("uint16", 4000, "ramp")).slice(), type);
      const as = { type, byteOrder: "little" } as const;
      const encoded = encodeFilter({ kind: "delta", as }, viewBytes(pixels));
      const differences = viewPixels(encoded.slice(), type);
      const expected = pixels.slice();
      for (let at = expected.length - 1; at > 0; at--)
        expected[at] = (expected[at]! as number) - (pixels[at - 1]! as number);
      expect(differences).toEqual(expected);
      expect(decodeFilter({ kind: "delta", as }, encoded, "x")).toEqual(viewBytes(pixels));
    },
  );
});
