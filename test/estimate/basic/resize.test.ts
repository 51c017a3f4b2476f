import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planResize, resizedPlane, resizePlane } from "../../../src/estimate/basic/resize.ts";
import { planResizing, resizingLayout } from "../../../src/estimate/basic/resize-planes.ts";
import type { PixelArray, Yx } from "../../../src/shapes.ts";
import { bytesOf, dirtyMemory } from "../../support/kernel-arrays.ts";
import { readNpz } from "../../support/npz.ts";

// Made with scipy.ndimage 1.17: gaussian_filter, then zoom (order 1, grid_mode), both with mode "mirror".
const cases = readNpz(fileURLToPath(new URL("../../fixtures/resize-planes.npz", import.meta.url)));
const caseNumbers = Object.keys(cases).flatMap((name) => (name.startsWith("in") ? [Number(name.slice(2))] : []));

const extent = fc.integer({ min: 1, max: 40 });
const planeOf = (shapeYx: Yx) =>
  fc.array(fc.integer({ min: -500, max: 4000 }), {
    minLength: shapeYx[0] * shapeYx[1],
    maxLength: shapeYx[0] * shapeYx[1],
  });
const resizing = fc
  .tuple(extent, extent, extent, extent)
  .chain(([height, width, y, x]) => fc.tuple(fc.constant([height, width] as Yx), fc.constant([y, x] as Yx)))
  .chain(([shapeYx, targetYx]) => fc.tuple(fc.constant(shapeYx), fc.constant(targetYx), planeOf(shapeYx)));

describe("resizing a plane", () => {
  it.each(caseNumbers)("gives the numbers of an independent implementation, case %i", (number) => {
    const source = cases[`in${number}`]!;
    const expected = cases[`out${number}`]!;
    const resized = resizedPlane(
      source.data as PixelArray,
      source.shape as unknown as Yx,
      expected.shape as unknown as Yx,
    );
    expect(resized.length).toBe(expected.data.length);
    resized.forEach((value, p) => {
      expect(value).toBeCloseTo(expected.data[p]!, 8);
    });
  });

  it("stays within the plane's range, and leaves a plane of the same shape alone", () => {
    fc.assert(
      fc.property(resizing, ([shapeYx, targetYx, values]) => {
        const plane = Float64Array.from(values);
        const resized = resizedPlane(plane, shapeYx, targetYx);
        expect(Math.min(...resized)).toBeGreaterThanOrEqual(Math.min(...plane));
        expect(Math.max(...resized)).toBeLessThanOrEqual(Math.max(...plane));
        expect(resizedPlane(plane, shapeYx, shapeYx)).toEqual(plane);
      }),
      { numRuns: 50, seed: 2 },
    );
  });

  it("resizes a rotated plane to the rotated result", () => {
    fc.assert(
      fc.property(resizing, ([shapeYx, targetYx, values]) => {
        const plane = Float64Array.from(values);
        const resized = resizedPlane(plane.slice().reverse(), shapeYx, targetYx).reverse();
        resizedPlane(plane, shapeYx, targetYx).forEach((value, p) => {
          expect(resized[p]).toBeCloseTo(value, 8);
        });
      }),
      { numRuns: 50, seed: 3 },
    );
  });

  it("gives in single precision what double precision gives, rounded, whatever the type of the pixels", async () => {
    const kinds = [Uint8Array, Uint16Array, Float32Array, Float64Array];
    await fc.assert(
      fc.asyncProperty(resizing, fc.constantFrom(...kinds), async ([shapeYx, targetYx, values], Pixels) => {
        const planeCount = 3;
        const pixels = new Pixels(planeCount * values.length);
        pixels.forEach((_, i) => {
          pixels[i] = values[i % values.length]! / (Math.floor(i / values.length) + 1);
        });
        const stack = { pixels, planeCount, shapeYx };
        const image = new Float64Array(planeCount * targetYx[0] * targetYx[1]);
        const memory = dirtyMemory(4 * image.length + resizingLayout(stack, targetYx).bytes + 64);
        const inMemory = memory.floats(image.length)!;
        const ranges = await planResizing(stack, targetYx, { image, memory })(0, planeCount);
        const first = (await planResizing(stack, targetYx, { image: inMemory, memory })(0, 1)).slice(0, 2);
        const others = await planResizing(stack, targetYx, { image: inMemory, memory })(1, planeCount);
        expect([...first, ...others.subarray(0, 4)]).toEqual([...ranges.subarray(0, 6)].map(Math.fround));
        expect(bytesOf(inMemory)).toEqual(bytesOf(Float32Array.from(image)));
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  it("uses one plan for many planes", () => {
    const plan = planResize([4, 4], [2, 2]);
    const destination = new Float32Array(4);
    resizePlane(plan, new Uint8Array(16).fill(7), destination);
    resizePlane(plan, new Uint16Array(16).fill(900), destination);
    expect([...destination]).toEqual([900, 900, 900, 900]);
  });
});
