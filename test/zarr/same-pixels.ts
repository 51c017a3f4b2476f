import { expect } from "vitest";
import type { PixelArray } from "../../src/shapes.ts";

/** Expects arrays of one type to be equal bit for bit; much faster than a deep comparison. */
export function expectSamePixels(actual: PixelArray, expected: PixelArray, what = "pixels"): void {
  expect(actual.constructor.name, what).toBe(expected.constructor.name);
  expect(actual.length, what).toBe(expected.length);
  const isSame = Buffer.compare(bytesOf(actual), bytesOf(expected)) === 0;
  const first = isSame ? -1 : actual.findIndex((pixel, at) => !Object.is(pixel, expected[at]));
  expect(first, `${what}: first difference (${actual[first]} for ${expected[first]})`).toBe(-1);
}

function bytesOf(pixels: PixelArray): Buffer {
  return Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}
