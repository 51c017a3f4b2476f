import { describe, expect, it } from "vitest";
import { standingOut } from "../../src/profile/standing-out.ts";

const [rows, columns] = [48, 64];

/** A light of a peak off the middle with 0.5 % of noise, or counts around 100, changed at some pixels. */
function field(kind: "light" | "dark", change: (y: number, x: number) => number) {
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [y, x] = [Math.floor(at / columns), at % columns];
    const noise = Math.sin(12.9898 * at + 78.233 * y);
    if (kind === "dark") return 100 + 0.5 * noise + change(y, x);
    return Math.exp(-(((y - 15) / 40) ** 2) - ((x - 35) / 50) ** 2) * (1 + 0.005 * noise) * change(y, x);
  });
}
const found = (kind: "light" | "dark", change: (y: number, x: number) => number) =>
  standingOut(field(kind, change), [rows, columns], kind, 10);

describe("what stands out in a profile", () => {
  it.each<["light" | "dark", (y: number, x: number) => number, RegExp]>([
    [
      "light",
      (y, x) => (y === 20 && x === 30 ? 1.4 : 1),
      /^a pixel at \(y, x\) = \(20, 30\), 1\.4 times brighter than/,
    ],
    ["light", (y, x) => (y === 0 && x === 63 ? 0.6 : 1), /^a pixel at \(y, x\) = \(0, 63\), 1\.\d times dimmer than/],
    [
      "dark",
      (y, x) => (y === 20 && x === 30 ? 5000 : 0),
      /^a pixel at \(y, x\) = \(20, 30\), 5\.?0?\d*e?\+?\d* counts brighter/,
    ],
    ["dark", (y) => (y === 9 ? 300 : 0), /^row 9, 300 counts brighter than those around it/],
    [
      "dark",
      (_, x) => (x === 63 ? 40 : 0),
      /^column 63, 4\d counts brighter|^column 63, 40 counts brighter|^column 63, 39/,
    ],
    [
      "light",
      (_, x) => (x % 2 === 0 ? 1.3 : 1),
      /^\d\d columns brighter or dimmer than both beside them, typically 1\.3 times/,
    ],
    ["light", (y) => (y % 4 === 0 ? 1.1 : 1), /^\d\d rows brighter or dimmer than both beside them/],
    ["dark", (_, x) => (x % 2 === 0 ? 50 : 0), /^\d\d columns brighter or dimmer/],
    ["light", (y, x) => (y === 20 && x === 30 ? 1.15 : 1), /^a pixel at \(y, x\) = \(20, 30\), 1\.\d times brighter/],
    ["dark", (y, x) => (y === 20 && x === 30 ? 20 : 0), /^a pixel at \(y, x\) = \(20, 30\), (19|20)(\.\d)? counts/],
    ["light", (y) => (y === 16 ? 1.09 : 1), /^row 16, 1\.1 times brighter/],
    ["light", (y) => (y % 9 === 4 ? 1.3 : 1), /^5 rows, the first row 4, 1\.3 times brighter/],
  ])("is found in %s", (kind, change, what) => {
    expect(found(kind, change).map((finding) => finding.what)).toEqual([expect.stringMatching(what)]);
  });

  it("is nothing in light and dark alone, at steps, in specks", () => {
    expect(found("dark", () => 0)).toEqual([]);
    for (const change of [
      () => 1,
      (y: number) => (y < 20 ? 1 : 1.4),
      (y: number, x: number) => (Math.hypot(y - 20, x - 20) < 6 ? 0.3 : 1),
      (y: number, x: number) => (Math.abs(y - 20) < 2 && Math.abs(x - 20) < 2 ? 0.5 : 1),
    ]) {
      expect(found("light", change)).toEqual([]);
    }
  });

  it("has a share in an image: all where it has the same, none where it has not", () => {
    const dark = (y: number, x: number) => (y === 20 && x === 30 ? 500 : 0);
    for (const [change, share] of [
      [dark, 1],
      [() => 0, 0],
    ] as const) {
      const image = field("dark", change);
      for (const probe of found("dark", dark)[0]!.probes) {
        expect(Math.abs(probe.shareIn((y, x) => image[y * columns + x]!) - share)).toBeLessThan(0.01);
      }
    }
  });
});
