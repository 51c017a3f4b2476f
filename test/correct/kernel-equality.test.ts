import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { correctRectangle } from "../../src/correct/kernel.ts";
import { bytesOf, dirtyMemory, placed } from "../support/kernel-arrays.ts";
import { correctRectangle as referenceCorrection } from "../support/reference/correct.ts";

const memory = dirtyMemory(2 ** 20);

/** Corrects copies of the pixels, in a kernel memory and elsewhere, and by the reference. */
function correctBoth(
  pixels: Uint8Array | Uint16Array | Float32Array,
  dark: Float32Array,
  divisor: Float32Array,
  background: number,
  shape: Shape,
) {
  const { rows, columns, start, margin, profileStart, gain } = shape;
  const stride = columns + margin;
  const rectangle = { rows, columns, start, stride, profileStart, profileStride: columns + margin, gain };
  const field = { shapeYx: [1, 1] as const, dark, divisor, background: Math.fround(background), slot: 0 };
  const wanted = { pixels: pixels.slice(), clipped: Float64Array.of(1, 2) };
  referenceCorrection(wanted.pixels, rectangle, field, wanted.clipped);
  const mark = memory.mark();
  const inMemory = { ...field, dark: placed(memory, dark, start % 3), divisor: placed(memory, divisor) };
  const found = { pixels: placed(memory, pixels, start % 5), clipped: Float64Array.of(1, 2) };
  correctRectangle(found.pixels, rectangle, inMemory, found.clipped);
  for (const [of, by] of [[pixels, field] as const, [placed(memory, pixels), field] as const]) {
    const elsewhere = { pixels: of === pixels ? pixels.slice() : of, clipped: Float64Array.of(1, 2) };
    correctRectangle(elsewhere.pixels, rectangle, by, elsewhere.clipped);
    expect(bytesOf(elsewhere.pixels)).toEqual(bytesOf(found.pixels));
    expect(elsewhere.clipped).toEqual(found.clipped);
  }
  memory.release(mark);
  return { wanted, found };
}

interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly start: number;
  readonly margin: number;
  readonly profileStart: number;
  readonly gain: number;
}

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 3 }),
  columns: fc.integer({ min: 1, max: 37 }),
  start: fc.nat(9),
  margin: fc.nat(5),
  profileStart: fc.nat(7),
  gain: fc.constantFrom(1, 1, 0.93, 1.0731, 1e-3),
});

/** Numbers from a seed: many of them at and around the values where something happens. */
function numbers(seed: number, special: readonly number[], scale: number): (index: number) => number {
  let state = seed | 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    const share = (state >>> 0) / 2 ** 32;
    return share < 0.3 ? special[Math.floor((share / 0.3) * special.length)]! : share * scale;
  };
}

describe.each(["uint16", "uint8", "float32"] as const)("correctRectangle on %s", (type) => {
  it("gives the very bits of the reference wherever arrays lie, over odd sizes and extreme values", () => {
    const property = fc.property(
      shapes,
      fc.integer(),
      fc.constantFrom(0, 0.1, 100, 65535),
      (shape, seed, background) => {
        const length = shape.start + shape.rows * (shape.columns + shape.margin) + shape.profileStart;
        const largest = type === "uint8" ? 255 : 65535;
        const values = numbers(
          seed,
          type === "float32" ? [0, -0, 1e38, -1e38, 1e-40] : [0, 1, largest, largest - 1],
          largest,
        );
        const pixels =
          type === "uint8"
            ? new Uint8Array(length)
            : type === "uint16"
              ? new Uint16Array(length)
              : new Float32Array(length);
        for (let i = 0; i < length; i++) pixels[i] = values(i);
        const dark = Float32Array.from({ length }, numbers(seed + 1, [0, 0.5, 1, -1, 1e6, -1e6], 300));
        const divisor = Float32Array.from({ length }, numbers(seed + 2, [1, 1e-6, 1e-30, 1e30, 0.5], 2)).map(
          (d) => d || 1,
        );
        const { wanted, found } = correctBoth(pixels, dark, divisor, background, shape);
        expect(bytesOf(found.pixels)).toEqual(bytesOf(wanted.pixels));
        expect([...found.clipped]).toEqual([...wanted.clipped]);
      },
    );
    fc.assert(property, { numRuns: 400 });
  });
});

it("lets infinities and NaN of floats through as the reference does", () => {
  const extremes = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 3e38];
  const pixels = Float32Array.from({ length: 31 }, (_, i) => extremes[i % extremes.length]!);
  const field = [new Float32Array(31).fill(1), new Float32Array(31).fill(0.5)] as const;
  for (const background of [0, 5]) {
    const shape = { rows: 1, columns: 31, start: 0, margin: 0, profileStart: 0, gain: 1 };
    const { wanted, found } = correctBoth(pixels, ...field, background, shape);
    expect([...found.pixels]).toEqual([...wanted.pixels]);
    expect([...found.clipped]).toEqual([...wanted.clipped]);
  }
});

it("refuses rectangles that reach beyond an array, and writes nothing", () => {
  const mark = memory.mark();
  const [dark, divisor] = [placed(memory, new Float32Array(8)), placed(memory, new Float32Array(8).fill(2))];
  const [pixels, behind] = [placed(memory, new Uint16Array(8).fill(8)), placed(memory, new Uint16Array(64).fill(8))];
  const field = { shapeYx: [1, 8] as const, dark, divisor, background: 0, slot: 0 };
  const rectangle = { rows: 1, columns: 40, start: 0, stride: 40, profileStart: 0, profileStride: 40 };
  expect(() => correctRectangle(pixels, rectangle, field, new Float64Array(2))).toThrow(
    "A kernel is to take 40 numbers from 0 on, of an array of 8",
  );
  expect(pixels).toEqual(new Uint16Array(8).fill(8));
  expect(behind).toEqual(new Uint16Array(64).fill(8));
  memory.release(mark);
});
