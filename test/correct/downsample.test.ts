import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { downsample } from "../../src/correct/downsample.ts";
import { allocatePixels, elementCount, type PixelArray, type PixelType, type Zyx } from "../../src/shapes.ts";
import { blockMean } from "./naive.ts";

/** Averages a whole image. */
function average(source: PixelArray, sourceShape: Zyx, factors: Zyx, type: PixelType): PixelArray {
  const targetShape = sourceShape.map((n, axis) => Math.ceil(n / factors[axis]!)) as unknown as Zyx;
  const target = allocatePixels(type, elementCount(targetShape));
  const extents = { sourceExtent: sourceShape, targetExtent: targetShape };
  downsample({ source, sourceShape, sourceStart: 0, target, targetShape, targetStart: 0, ...extents }, factors);
  return target;
}

function naive(source: PixelArray, shape: Zyx, factors: Zyx): number[] {
  const [planes, rows, columns] = shape.map((n, axis) => Math.ceil(n / factors[axis]!)) as [number, number, number];
  return Array.from({ length: planes * rows * columns }, (_, i) =>
    blockMean(source, shape, factors, [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns]),
  );
}

describe("downsample", () => {
  it("rounds half up", () => {
    expect([...average(Uint8Array.of(0, 1, 2, 3, 254, 255), [1, 1, 6], [1, 1, 2], "uint8")]).toEqual([1, 3, 255]);
    expect([...average(Uint16Array.of(65535, 65534, 1, 0, 0, 0), [1, 2, 3], [1, 2, 1], "uint16")]).toEqual([
      32768, 32767, 1,
    ]);
    expect([...average(Uint16Array.of(1, 1, 2), [3, 1, 1], [3, 1, 1], "uint16")]).toEqual([1]);
  });

  it("averages edge blocks over the pixels that exist", () => {
    expect([...average(Uint16Array.of(10, 20, 90), [1, 1, 3], [1, 1, 2], "uint16")]).toEqual([15, 90]);
    expect([...average(Uint16Array.of(4, 8, 100), [1, 3, 1], [2, 2, 2], "uint16")]).toEqual([6, 100]);
  });

  it.each([
    [[5, 9, 7] as const, [1, 2, 2] as const],
    [[5, 8, 7] as const, [2, 2, 2] as const],
    [[2, 10, 3] as const, [1, 3, 1] as const],
    [[7, 5, 9] as const, [3, 4, 5] as const],
    [[1, 1, 1] as const, [2, 2, 2] as const],
  ])("averages %j by %j as the definition does, whatever the pixel type", (shape, factors) => {
    const value = (i: number) => ((i * 2654435761) >>> 8) % 65536;
    const floats = Float32Array.from({ length: elementCount(shape) }, (_, i) => value(i) / 7 - 3000);
    const words = Uint16Array.from({ length: elementCount(shape) }, (_, i) => value(i));
    const bytes = Uint8Array.from(words, (word) => word % 256);
    expect([...average(floats, shape, factors, "float32")]).toEqual(naive(floats, shape, factors));
    expect([...average(words, shape, factors, "uint16")]).toEqual(naive(words, shape, factors));
    expect([...average(bytes, shape, factors, "uint8")]).toEqual(naive(bytes, shape, factors));
  });

  it("keeps a constant, also the largest, and lets NaN and infinity through", () => {
    const constant = new Uint16Array(3 * 5 * 7).fill(65535);
    expect(new Set(average(constant, [3, 5, 7], [2, 2, 2], "uint16"))).toEqual(new Set([65535]));
    const floats = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 1);
    expect([...average(floats, [1, 1, 4], [1, 1, 2], "float32")]).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
  });

  it("writes nothing but its box of the target", () => {
    const small = fc.integer({ min: 1, max: 5 });
    const factor = fc.integer({ min: 1, max: 3 });
    const offset = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(
        fc.tuple(small, small, small),
        fc.tuple(factor, factor, factor),
        fc.tuple(offset, offset, offset),
        (extent, factors, offsets) => {
          const shape = extent.map((n, axis) => n + offsets[axis]!) as unknown as Zyx;
          const source = Uint16Array.from({ length: elementCount(shape) }, (_, i) => (i * 40503) % 65536);
          const targetExtent = extent.map((n, axis) => Math.ceil(n / factors[axis]!)) as unknown as Zyx;
          const targetShape = targetExtent.map((n, axis) => n + offsets[2 - axis]!) as unknown as Zyx;
          const target = new Uint16Array(elementCount(targetShape)).fill(7);
          const first = (of: Zyx, [z, y, x]: Zyx) => (z * of[1] + y) * of[2] + x;
          const targetOffset: Zyx = [offsets[2], offsets[1], offsets[0]];
          const sourceStart = first(shape, offsets);
          const targetStart = first(targetShape, targetOffset);
          downsample(
            {
              source,
              sourceShape: shape,
              sourceStart,
              sourceExtent: extent,
              target,
              targetShape,
              targetStart,
              targetExtent,
            },
            factors,
          );
          const cut = new Uint16Array(elementCount(extent));
          for (let i = 0; i < cut.length; i++) {
            const place: Zyx = [
              offsets[0] + Math.floor(i / (extent[1] * extent[2])),
              offsets[1] + (Math.floor(i / extent[2]) % extent[1]),
              offsets[2] + (i % extent[2]),
            ];
            cut[i] = source[first(shape, place)]!;
          }
          const means = naive(cut, extent, factors);
          const wanted = new Uint16Array(target.length).fill(7);
          means.forEach((mean, i) => {
            const place: Zyx = [
              targetOffset[0] + Math.floor(i / (targetExtent[1] * targetExtent[2])),
              targetOffset[1] + (Math.floor(i / targetExtent[2]) % targetExtent[1]),
              targetOffset[2] + (i % targetExtent[2]),
            ];
            wanted[first(targetShape, place)] = mean;
          });
          expect(target).toEqual(wanted);
        },
      ),
    );
  });
});
