import { describe, expect, it } from "vitest";
import { fadingOf } from "../../../src/estimate/refine/fading-light.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";
import type { Zyx } from "../../../src/shapes.ts";

const [rows, columns, depth, blockCount] = [3, 4, 8, 64];
const places = Array.from({ length: rows * columns * depth }, (_, n): Zyx => {
  const tile = Math.floor(n / depth);
  return [n % depth, (tile % rows) * 100, Math.floor(tile / rows) * 100];
});

/** Planes of an uneven light, a share of each with sample, of which the last tiles have more. */
function planesOf(brightnessOf: (place: Zyx) => number, share = 0.2): Float64Array[] {
  const random = randomStream(7, 1);
  return places.map((place, n) =>
    Float64Array.from({ length: blockCount }, (_, block) => {
      const hasSample = random() < share + (0.3 * n) / places.length;
      const light = 200 + (hasSample ? 600 * random() : 0) + 2 * (random() - 0.5);
      return 100 + brightnessOf(place) * (1 + 0.2 * Math.sin(block)) * light;
    }),
  );
}

const options = { counts: 100, share: 0.1 };
const relative = (values: Float64Array) => values.map((value) => value / values[0]!);

describe("fadingOf", () => {
  it("finds how light fades with depth and from tile to tile beside the sample", () => {
    const brightnessOf = ([z, y, x]: Zyx) => Math.exp(-0.06 * z - 0.0003 * y - 0.001 * x);
    const found = relative(fadingOf(planesOf(brightnessOf), places, options));
    const truth = relative(Float64Array.from(places, brightnessOf));
    expect(Math.max(...found.map((value, n) => Math.abs(value / truth[n]! - 1)))).toBeLessThan(0.005);
  });

  it("finds it where most of every plane is sample", () => {
    const brightnessOf = ([_, y]: Zyx) => Math.exp(-0.0005 * y);
    const found = relative(fadingOf(planesOf(brightnessOf, 0.5), places, options));
    const truth = relative(Float64Array.from(places, brightnessOf));
    expect(Math.max(...found.map((value, n) => Math.abs(value / truth[n]! - 1)))).toBeLessThan(0.005);
  });

  it("is steady where light is, whatever the sample does", () => {
    expect(
      fadingOf(
        planesOf(() => 1),
        places,
        options,
      ).every((value) => value === 1),
    ).toBe(true);
  });

  it("is not looked for where a plane shows no light, or all planes lie at one place", () => {
    const planes = planesOf(([z]) => Math.exp(-0.06 * z));
    expect(fadingOf(planes, places, options).some((value) => value !== 1)).toBe(true);
    expect(fadingOf([...planes.slice(1), new Float64Array(blockCount).fill(100)], places, options)[0]).toBe(1);
    expect(
      fadingOf(
        planes,
        places.map(() => [0, 0, 0]),
        options,
      )[0],
    ).toBe(1);
  });
});
