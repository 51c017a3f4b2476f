import { describe, expect, it } from "vitest";
import { findShift } from "../../../src/estimate/transform/phase-correlation.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";
import type { Yx } from "../../../src/shapes.ts";

/** A scene of blurred noise, seen through a window. */
function scene(seed: number) {
  const random = randomStream(seed);
  const size = 96;
  const noise = Float64Array.from({ length: size * size }, random);
  const at = (y: number, x: number) => noise[((y + size) % size) * size + ((x + size) % size)]!;
  return ([startY, startX]: Yx, [rows, columns]: Yx, light: (y: number) => number = () => 1) =>
    Float32Array.from({ length: rows * columns }, (_, i) => {
      const [y, x] = [Math.floor(i / columns), i % columns];
      let sum = 0;
      for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) sum += at(startY + y + dy, startX + x + dx);
      return 1000 * sum * light(y / rows);
    });
}

describe("findShift", () => {
  const shape: Yx = [20, 61];

  it.each([
    [0, 0],
    [3, -2],
    [-5, 6],
  ])("finds a shift of %i, %i under other light", (y, x) => {
    const view = scene(1);
    const first = view([30, 20], shape);
    const second = view([30 - y, 20 - x], shape, (v) => 0.6 + 0.8 * v);
    const { shiftYx, certainty } = findShift(first, second, shape, 8);
    expect(shiftYx).toEqual([y, x]);
    expect(certainty).toBeGreaterThan(6);
  });

  it("is not certain of anything in noise", () => {
    const { certainty } = findShift(scene(1)([0, 0], shape), scene(2)([0, 0], shape), shape, 8);
    expect(certainty).toBeLessThan(5.5);
  });

  it("bears saturated pixels and flat images", () => {
    const view = scene(3);
    const first = view([30, 20], shape);
    first.fill(Number.NaN, 100, 160);
    expect(findShift(first, view([28, 20], shape), shape, 8).shiftYx).toEqual([2, 0]);
    expect(findShift(new Float32Array(20 * 61).fill(5), first, shape, 8).certainty).toBeLessThan(5);
  });
});
