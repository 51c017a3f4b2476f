import * as fc from "fast-check";
import { expect, it } from "vitest";
import { sumRuns } from "../../../src/estimate/empty/survey.ts";
import { allocatePixels, type PixelType } from "../../../src/shapes.ts";
import { bytesOf, dirtyMemory, placed } from "../../support/kernel-arrays.ts";

const small = fc.integer({ min: 0, max: 9 });

it.each<PixelType>(["uint8", "uint16", "float32"])("adds runs of %s pixels to a sum of every plane", (type) => {
  const lengths = fc.integer({ min: 0, max: 70 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      lengths,
      small,
      small,
      small,
      (planeCount, length, gap, start, first) => {
        const [planeStride, stride] = [length + gap, 1 + (gap % 3)];
        const most = type === "uint8" ? 255 : 65535;
        const pixels = allocatePixels(type, start + planeCount * planeStride).map((_, at) => most - ((at * 37) % 251));
        const before = Float64Array.from({ length: first + planeCount * stride }, (_, at) => at / 4);
        const expected = before.map((sum, at) => {
          const plane = (at - first) / stride;
          if (plane < 0 || !Number.isInteger(plane)) return sum;
          let total = 0;
          for (let at = 0; at < length; at++) total += pixels[start + plane * planeStride + at]!;
          return sum + total;
        });
        const memory = dirtyMemory(pixels.byteLength + before.byteLength + 512);
        const inside = { pixels: placed(memory, pixels as Uint16Array, 1), start, length, planeCount, planeStride };
        const sums = placed(memory, before);
        sumRuns(inside, sums, first, stride);
        expect(bytesOf(sums)).toEqual(bytesOf(expected));
        sumRuns({ ...inside, pixels }, before, first, stride);
        expect(bytesOf(before)).toEqual(bytesOf(expected));
      },
    ),
  );
});

it("sums the brightest and longest runs", () => {
  for (const length of [65536, 65537]) {
    const memory = dirtyMemory(2 * length + 512);
    const pixels = placed(memory, new Uint16Array(length).fill(65535));
    const sums = placed(memory, new Float64Array(1));
    sumRuns({ pixels, start: 0, length, planeCount: 1, planeStride: length }, sums, 0, 1);
    expect(sums[0]).toBe(65535 * length);
  }
});
