import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allocatePixels, type PixelType } from "../../src/shapes.ts";
import { isUniform } from "../../src/zarr/chunk-pixels.ts";
import { dirtyMemory, placed } from "../support/kernel-arrays.ts";

const memory = dirtyMemory(2 ** 16);

describe.each([
  ["uint8", [0, 255]],
  ["uint16", [0, 1, 256, 65535]],
  ["float32", [0, 0.1, -1e-40, Number.NaN, Number.POSITIVE_INFINITY]],
] as const)("isUniform on %s", (type: PixelType, values: readonly number[]) => {
  it("sees any one pixel that is not like the others, and nothing around, in WebAssembly and without", () => {
    const property = fc.property(
      fc.constantFrom(...values),
      fc.constantFrom(...values),
      fc.integer({ min: 1, max: 300 }),
      fc.nat(9),
      fc.nat(),
      (value, other, length, start, place) => {
        const pixels = allocatePixels(type, length).fill(value);
        pixels[place % length] = other;
        const isAlike = Object.is(value, other);
        const mark = memory.mark();
        expect(isUniform(placed(memory, pixels, start), value)).toBe(isAlike);
        memory.release(mark);
        expect(isUniform(pixels, value)).toBe(isAlike);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});

it("takes both zeros for one value, and none for a value that the pixels cannot have", () => {
  const mark = memory.mark();
  const zeros = Float32Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? -0 : 0));
  for (const pixels of [zeros, placed(memory, zeros)]) expect(isUniform(pixels, 0)).toBe(true);
  for (const value of [-1, 0.5, 256, Number.NaN])
    expect(isUniform(placed(memory, new Uint8Array(40)), value)).toBe(false);
  memory.release(mark);
});
