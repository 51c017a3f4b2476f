import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mendImage } from "../../src/profile/mend.ts";
import type { Yx } from "../../src/shapes.ts";

const shapeYx: Yx = [48, 64];
const rules = { isMissing: (value: number) => !(value > 0 && value < 1e30), areOutliersMended: true };

/** Vignetting around a centre off the middle, to a tenth in the corners for a strength of 2. */
function light(strength: number, noise: (at: number) => number = () => 0): Float32Array {
  return Float32Array.from({ length: 48 * 64 }, (_, at) => {
    const [y, x] = [Math.floor(at / 64) / 48 - 0.45, (at % 64) / 64 - 0.55];
    return Math.exp(-strength * (x * x + y * y) * 2) * (1 + noise(at));
  });
}
const changed = (image: Float32Array, pixels: Readonly<Record<number, number>>) => {
  const copy = image.slice();
  for (const [at, value] of Object.entries(pixels)) copy[Number(at)] = value;
  return copy;
};
const at = (y: number, x: number) => 64 * y + x;

describe("single defects", () => {
  it.each([
    ["hot", 60],
    ["dead", 1e-4],
    ["zero", 0],
    ["NaN", Number.NaN],
    ["negative", -3],
    ["less than half as bright as the dimmest corner", 0.27],
  ])("%s: filled from what lies around", (_, value) => {
    const clean = light(0.5);
    for (const place of [at(20, 30), at(0, 0), at(47, 17)]) {
      const { data, done } = mendImage(changed(clean, { [place]: value }), shapeYx, rules);
      expect(Math.abs(data[place]! / clean[place]! - 1)).toBeLessThan(2e-3);
      expect(Float32Array.from(data).filter((mended, i) => mended !== clean[i])).toHaveLength(1);
      expect(done).toHaveLength(1);
    }
  });

  it("are counted, and the first one named", () => {
    const image = changed(light(0.5), { [at(3, 4)]: 9, [at(3, 5)]: 0, [at(40, 60)]: 1e-3 });
    expect(mendImage(image, shapeYx, rules).done).toEqual([
      "3 defective pixels, the first 9 at (y, x) = (3, 4): filled from their neighbours",
    ]);
  });

  it("are found in noise and in whole numbers", () => {
    const noisy = light(0.5, (i) => 0.04 * Math.sin(i * 12.9898) * Math.cos(i * 4.1414));
    expect(mendImage(changed(noisy, { [at(9, 9)]: 3 }), shapeYx, rules).done).toHaveLength(1);
    const counts = Uint8Array.from(light(0.5), (value) => Math.round(200 * value));
    counts[at(9, 9)] = 0;
    const { data, done } = mendImage(counts, shapeYx, rules);
    expect([done.length, Math.abs(data[at(9, 9)]! - counts[at(9, 8)]!) < 3]).toEqual([1, true]);
  });
});

describe("lines without light", () => {
  it.each([
    ["a column of zeros", [12], 0],
    ["two columns with next to no light", [12, 40], 1e-3],
    ["a column of NaN", [1], Number.NaN],
  ])("are filled from both sides: %s", (_, columns, value) => {
    const clean = light(0.5);
    const image = clean.map((was, i) => (columns.includes(i % 64) ? value : was));
    const { data, done } = mendImage(image, shapeYx, rules);
    expect(Math.max(...clean.map((was, i) => Math.abs(data[i]! / was - 1)))).toBeLessThan(1e-3);
    expect(done).toEqual([`no light in ${columns.map((x) => `column ${x}`).join(", ")}: filled from both sides`]);
  });

  it("are filled where they cross", () => {
    const clean = light(0.5);
    const image = clean.map((was, i) => (i % 64 === 20 || Math.floor(i / 64) === 30 ? 0 : was));
    const { data } = mendImage(image, shapeYx, rules);
    expect(Math.max(...clean.map((was, i) => Math.abs(data[i]! / was - 1)))).toBeLessThan(5e-3);
  });

  it("stay as they are side by side", () => {
    const image = light(0.5).map((was, i) => (i % 64 === 12 || i % 64 === 13 ? 0 : was));
    expect(mendImage(image, shapeYx, rules).data).toBe(image);
  });
});

describe("what is no defect stays as it is", () => {
  const same = (image: Float32Array) => expect(mendImage(image, shapeYx, rules)).toEqual({ data: image, done: [] });

  it("light, however steep", () => {
    for (const strength of [0, 0.5, 2, 4]) same(light(strength));
  });

  it("dust, stripes, rows of the camera that are brighter", () => {
    const [clean, inside] = [light(0.5), (y: number, x: number) => Math.hypot(y - 20, x - 30)];
    same(clean.map((value, i) => (Math.abs(inside(Math.floor(i / 64), i % 64) - 5) < 1 ? value * 0.5 : value)));
    same(clean.map((value, i) => (inside(Math.floor(i / 64), i % 64) < 2 ? value * 0.3 : value)));
    same(clean.map((value, i) => (i % 64 === 12 ? value * 2 : value)));
    same(clean.map((value, i) => (Math.floor(i / 64) % 6 === 0 ? value * 0.4 : value)));
  });

  it("noise, and what is speckled all over", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: -0.09, max: 0.09, noNaN: true })), (stream) => {
        same(light(0.5, () => stream.next().value));
      }),
      { numRuns: 3 },
    );
    same(light(0.5).map((value, i) => (i % 97 === 0 ? value * 3 : value)));
  });

  it("an image of few pixels", () => {
    const image = Float32Array.of(1, 1, 0, 1, 1, 1);
    expect(mendImage(image, [2, 3], rules).data).toBe(image);
  });

  it("missing pixels that lie together, or are many", () => {
    const hole = Object.fromEntries([0, 1, 2].flatMap((y) => [0, 1, 2].map((x) => [at(20 + y, 30 + x), 0])));
    same(changed(light(0.5), hole));
    same(light(0.5).map((value, i) => (i % 500 === 0 ? 0 : value)));
  });
});

describe("a border without values", () => {
  it.each([
    ["exact light", 0, 2e-4],
    ["light with 1 % of noise", 0.01, 0.025],
  ])("continues what lies beside it, and is said: %s", (_, noise, most) => {
    const clean = light(0.5, (i) => noise * Math.sin(i * 12.9898) * Math.cos(i * 4.1414));
    const isBorder = (i: number) => i < 2 * 64 || i % 64 >= 61;
    const image = clean.map((value, i) => (isBorder(i) ? Number.NaN : value));
    const { data, done } = mendImage(image, shapeYx, rules);
    const errors = light(0.5).map((value, i) => (isBorder(i) ? Math.abs(data[i]! / value - 1) : 0));
    expect(Math.max(...errors)).toBeLessThan(most);
    expect([...data].filter((value, i) => !isBorder(i) && value !== clean[i])).toEqual([]);
    expect(done).toEqual([
      "no values in 2 rows at the top and 3 columns at the right: filled by continuing the light beside them",
    ]);
  });

  it("may hold one value all along", () => {
    const clean = light(0.5);
    const image = clean.map((value, i) => (i < 64 || i % 64 < 3 ? 1.2 : value));
    const { data, done } = mendImage(image, shapeYx, rules);
    expect(Math.max(...clean.map((value, i) => Math.abs(data[i]! / value - 1)))).toBeLessThan(2e-4);
    expect(done).toEqual([
      "one value in 1 row at the top and 3 columns at the left: filled by continuing the light beside them",
    ]);
  });

  it("is none where light has one value along each row, or steps", () => {
    const rows = light(0).map((_, i) => 1 - Math.floor(i / 64) / 200);
    expect(mendImage(rows, shapeYx, rules)).toEqual({ data: rows, done: [] });
    const steps = Uint8Array.from(rows, (value) => Math.round(100 * value));
    expect(mendImage(steps, shapeYx, rules)).toEqual({ data: steps, done: [] });
  });

  it("may hold next to nothing instead", () => {
    const image = light(0.5).map((value, i) => (i % 64 < 2 ? 1e-4 * value : value));
    expect(mendImage(image, shapeYx, rules).done).toEqual([
      "no values in 2 columns at the left: filled by continuing the light beside them",
    ]);
  });

  it("stays as it is where it is wide", () => {
    const image = light(0.5).map((value, i) => (i < 4 * 64 ? 0 : value));
    expect(mendImage(image, shapeYx, rules).data).toBe(image);
  });
});

describe("next to no light that is too much to be filled", () => {
  it.each([
    ["a part of a line", Array.from({ length: 30 }, (_, x) => at(9, x)), "30 pixels", "(9, 0)"],
    [
      "a dead corner",
      Array.from({ length: 36 }, (_, i) => at(Math.floor(i / 6) + 40, (i % 6) + 3)),
      "36 pixels",
      "(40, 3)",
    ],
    ["a wide border", Array.from({ length: 12 * 64 }, (_, i) => i), "768 pixels", "(0, 0)"],
  ])("is told: %s", (_, places, count, first) => {
    const image = changed(light(1), Object.fromEntries(places.map((place) => [place, 1e-3])));
    const { data, done } = mendImage(image, shapeYx, rules);
    expect(data).toBe(image);
    expect(done).toEqual([expect.stringContaining(`${count} with less than a hundredth of the light`)]);
    expect(done[0]).toContain(`at (y, x) = ${first}`);
  });
});
