import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { downsample } from "../../src/correct/downsample.ts";
import { allocatePixels, elementCount, type PixelArray, type Zyx } from "../../src/shapes.ts";
import { bytesOf, dirtyMemory, placed } from "../support/kernel-arrays.ts";
import { downsample as referenceDownsample } from "../support/reference/downsample.ts";

const memory = dirtyMemory(2 ** 22);
const extents = fc.tuple(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 70 }),
);
const factorsZyx = fc.oneof(
  fc.constantFrom<Zyx>([1, 2, 2], [2, 2, 2], [1, 1, 1], [1, 4, 4]),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })),
);
const margins = fc.tuple(fc.nat(2), fc.nat(3), fc.nat(9));

/** Pixels with many at the ends of their range, where sums are largest. */
function pixelsOf(type: "uint8" | "uint16" | "float32", length: number, seed: number): PixelArray {
  const pixels = allocatePixels(type, length);
  const specials = type === "float32" ? [1e38, -1e38, 0.1, -0] : [type === "uint8" ? 255 : 65535, 0, 1];
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    const share = (state >>> 0) / 2 ** 32;
    pixels[i] = share < 0.4 ? specials[Math.floor((share / 0.4) * specials.length)]! : share * 60000;
  }
  return pixels;
}

describe.each(["uint16", "uint8", "float32"] as const)("downsample on %s", (type) => {
  it("gives the very bits of the reference, at every edge and wherever arrays lie, and touches nothing around", () => {
    const property = fc.property(
      extents,
      factorsZyx,
      margins,
      margins,
      fc.integer(),
      (extent, factors, more, shift, seed) => {
        const shape = extent.map((n, axis) => n + more[axis]!) as unknown as Zyx;
        const targetExtent = extent.map((n, axis) => Math.ceil(n / factors[axis]!)) as unknown as Zyx;
        const targetShape = targetExtent.map((n, axis) => n + shift[axis]!) as unknown as Zyx;
        const source = pixelsOf(type, elementCount(shape) + 3, seed);
        const target = pixelsOf(type, elementCount(targetShape) + 5, seed + 1);
        const rest = {
          sourceShape: shape,
          sourceStart: seed & 3,
          sourceExtent: extent,
          targetShape,
          targetStart: (seed >>> 2) & 3,
          targetExtent,
        };
        const wanted = target.slice();
        referenceDownsample({ source, target: wanted, ...rest }, factors);
        const mark = memory.mark();
        const found = placed(memory, target, 1);
        downsample({ source: placed(memory, source, 3), target: found, ...rest }, factors);
        memory.release(mark);
        expect(bytesOf(found)).toEqual(bytesOf(wanted));
        downsample({ source, target, ...rest }, factors);
        expect(bytesOf(target)).toEqual(bytesOf(wanted));
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});

it("lets NaN and infinities through as the reference does", () => {
  const extremes = [1, Number.NaN, Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -0];
  const source = Float32Array.from({ length: 4 * 46 }, (_, i) => extremes[(i >> 1) % extremes.length]!);
  for (const factors of [
    [1, 1, 2],
    [1, 2, 2],
    [2, 2, 2],
  ] as const) {
    const targetShape: Zyx = [2 / factors[0], 2 / factors[1], 23];
    const rest = {
      sourceShape: [2, 2, 46],
      sourceExtent: [2, 2, 46],
      targetShape,
      targetExtent: targetShape,
      sourceStart: 0,
      targetStart: 0,
    } as const;
    const wanted = new Float32Array(elementCount(targetShape));
    referenceDownsample({ source, target: wanted, ...rest }, factors);
    const mark = memory.mark();
    const target = placed(memory, new Float32Array(wanted.length));
    downsample({ source: placed(memory, source), target, ...rest }, factors);
    expect([...target]).toEqual([...wanted]);
    expect([...wanted].some(Number.isNaN) && wanted.includes(Number.POSITIVE_INFINITY)).toBe(true);
    memory.release(mark);
  }
});
