import * as fc from "fast-check";
import { expect, it } from "vitest";
import { divideImage, meanOfImage } from "../../../src/estimate/empty/gaussian.ts";
import { bytesOf, dirtyMemory, placed } from "../../support/kernel-arrays.ts";
import { divideImage as referenceDivision, meanOfImage as referenceMean } from "../../support/reference/images.ts";

const value = fc.oneof(
  fc.float({ noNaN: true }),
  fc.float({ min: Math.fround(0.5), max: 2, noNaN: true }),
  fc.constantFrom(0, -0, Number.POSITIVE_INFINITY, Number.NaN, Math.fround(1e-45)),
);

it("the mean of an image is taken, and divided by, to the bits of the reference, wherever it lies", () => {
  const divisor = fc.oneof(fc.double({ min: 0.1, max: 1e4, noNaN: true }), fc.constantFrom(1, 1e300, 5e-324));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 37 }), divisor, (values, by) => {
      const image = Float32Array.from(values);
      const inside = placed(dirtyMemory(4 * image.length + 256), Float32Array.of(...image, 7), 1);
      const pixels = inside.subarray(0, -1);
      const elsewhere = image.slice();
      expect(meanOfImage(pixels)).toBe(referenceMean(image));
      expect(meanOfImage(elsewhere)).toBe(referenceMean(image));
      const bad = referenceDivision(image, by);
      expect(divideImage(elsewhere, by)).toBe(bad);
      expect(elsewhere).toEqual(image);
      expect(bad).toBe(image.filter((one) => !(one > 0 && one < Number.POSITIVE_INFINITY)).length);
      expect(divideImage(pixels, by)).toBe(bad);
      // No language defines the payload of a NaN
      const bits = (numbers: Float32Array) => bytesOf(numbers.filter((one) => !Number.isNaN(one)));
      expect(bits(pixels)).toEqual(bits(image));
      expect(pixels).toEqual(image);
      expect(inside.at(-1)).toBe(7);
    }),
  );
});

it("adds one share after the other, as a plain loop does", () => {
  const image = Float32Array.of(3, 1e8, 1e-3, 5, 0.1);
  expect(meanOfImage(image)).toBe(3 / 5 + 1e8 / 5 + image[2]! / 5 + 1 + image[4]! / 5);
});
