import { describe, expect, it } from "vitest";
import { standingOut } from "../../src/profile/standing-out.ts";
import { normaliseProfile } from "../../src/profile/validate.ts";
import type { Yx } from "../../src/shapes.ts";

const [rows, columns] = [40, 60];

const describeLines = (image: Float64Array, shapeYx: Yx) =>
  standingOut(image, shapeYx, "light").map(({ what }) => what);

/** A field of steep light with some noise, changed at some pixels. */
function field(change: (y: number, x: number) => number) {
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [y, x] = [Math.floor(at / columns), at % columns];
    const light = Math.exp(-(((y - 15) / 25) ** 2) - ((x - 35) / 40) ** 2);
    const noise = 1 + 0.05 * Math.sin(12.9898 * at + 78.233 * y);
    return light * noise * change(y, x);
  });
}

describe("lines of a flat-field", () => {
  it("are told where a whole row or column is far brighter or dimmer", () => {
    expect(
      describeLines(
        field((y) => (y === 9 ? 3 : 1)),
        [rows, columns],
      ),
    ).toEqual([expect.stringMatching(/^row 9, (2\.9|3\.0) times brighter than those around it$/)]);
    expect(
      describeLines(
        field((_, x) => (x === 20 ? 0.5 : 1)),
        [rows, columns],
      ),
    ).toEqual([expect.stringMatching(/^column 20, (1\.9|2\.0) times dimmer than those around it$/)]);
    expect(
      describeLines(
        field((y, x) => (y === 9 || y === 30 || x === 4 ? 2 : 1)),
        [rows, columns],
      ),
    ).toEqual([
      expect.stringMatching(/^2 rows, the first row 9, [12]\.\d times brighter/),
      expect.stringMatching(/^column 4, [12]\.\d times brighter/),
    ]);
  });

  it("are told at the edges", () => {
    const edges = field((y, x) => (y === 0 || x === columns - 1 ? 0.6 : 1));
    expect(describeLines(edges, [rows, columns])).toEqual([
      expect.stringMatching(/^row 0, 1\.\d times dimmer/),
      expect.stringMatching(/^column 59, 1\.\d times dimmer/),
    ]);
  });

  it("are none in steep light, at its edges, at a step or in a speck", () => {
    const shapes: ((y: number, x: number) => number)[] = [
      () => 1,
      (y) => (y < 20 ? 1 : 1.4),
      (y, x) => (y === 9 && x < 20 ? 3 : 1),
      (y, x) => (Math.hypot(y - 20, x - 20) < 6 ? 0.3 : 1),
    ];
    for (const change of shapes) expect(describeLines(field(change), [rows, columns])).toEqual([]);
  });

  it("are warned of in another program's profile, not in one's own", () => {
    const raw = { flatfield: { shape: [rows, columns], data: field((y) => (y === 9 ? 3 : 1)) } };
    expect(normaliseProfile(raw, "a").warnings).toEqual([
      expect.stringMatching(
        /^The flat-field of a has row 9, (2\.9|3\.0) times brighter .*: unless the images have the same,/,
      ),
    ]);
    expect(normaliseProfile(raw, "a", { ofOneValue: "refuse", mean: "keep" }).warnings).toEqual([]);
  });
});
