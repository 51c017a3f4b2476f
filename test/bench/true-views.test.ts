import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missedFloors } from "../../bench/truth/floor.mjs";
import { medianGaussian } from "../../bench/truth/median-gaussian.mjs";
import { writeScene } from "../../bench/truth/scene-files.mjs";
import { optionsOf, scenes } from "../../bench/truth/scenes.mjs";
import { drawEvenly, stackOf } from "../../bench/truth/stack.mjs";
import { TrueViews } from "../../bench/truth/true-views.mjs";

const folder = mkdtempSync(join(tmpdir(), "isolux-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Where a tile lies, as scene.json tells it. */
interface TruePlace {
  readonly true_px_yx: readonly [number, number];
  readonly stated_px_yx: readonly [number, number];
}

type Made = Awaited<ReturnType<typeof writeScene>>;
const extent = { size: 48, planes: 5, seed: 1 };
const write = (name: string) => writeScene(join(folder, name), name, extent);

function truthOf({ truth }: Made, side: "Left" | "Right" = "Left") {
  return (side === "Left" ? truth.profiles : truth.rightProfiles).get("488")!;
}

describe("figures of a profile", () => {
  let made: Made;
  let views: TrueViews;
  beforeAll(async () => {
    made = await write("organ");
    views = new TrueViews(made, 0);
  });

  it("are 0 for the truth, whatever its mean", () => {
    const { flatfield, darkfield } = truthOf(made);
    for (const factor of [1, 3]) {
      const field = { flatfield: flatfield.map((value) => factor * value), darkfield };
      for (const figure of Object.values(views.figuresOf(() => field))) expect(figure).toBeLessThan(1e-5);
    }
  });

  it("tell how uneven the image is without one, and are between that and 0 for half of the truth", () => {
    const none = views.figuresOf(() => undefined);
    const { flatfield, darkfield } = truthOf(made);
    const error = flatfield.reduce((sum, value) => sum + Math.abs(value - 1), 0) / flatfield.length;
    expect(none.profile).toBeCloseTo(error, 6);
    expect(none.seam).toBeGreaterThan(0.02);
    const half = views.figuresOf(() => ({ flatfield: flatfield.map(Math.sqrt), darkfield }));
    for (const name of ["profile", "seam", "image"] as const) {
      expect(half[name] / none[name]).toBeGreaterThan(0.3);
      expect(half[name] / none[name]).toBeLessThan(0.7);
    }
  });

  it("see a constant in the dark-field only where it bends the correction", () => {
    const { flatfield, darkfield } = truthOf(made);
    const even = new Float32Array(flatfield.length).fill(1);
    const figures = views.figuresOf(() => ({ flatfield, darkfield: darkfield.map((value) => value - 50) }));
    expect(figures.profile).toBeLessThan(1e-5);
    expect(figures.seam).toBeGreaterThan(0.005);
    const shifted = views.figuresOf(() => ({ flatfield: even, darkfield: even.map(() => 50) }));
    expect(shifted.image).toBeCloseTo(views.figuresOf(() => undefined).image, 8);
  });

  it("take each side's field for its tiles", async () => {
    const sides = await write("two-sides");
    const both = new TrueViews(sides, 0);
    expect(both.figuresOf((side) => truthOf(sides, side)).seam).toBeLessThan(1e-5);
    expect(both.figuresOf(() => truthOf(sides)).seam).toBeGreaterThan(0.01);
  });

  it("leave out what saturates, and tiles without light", async () => {
    for (const name of ["saturated", "dark-tiles"]) {
      const scene = await write(name);
      expect(new TrueViews(scene, 0).figuresOf(() => truthOf(scene)).image).toBeLessThan(1e-5);
    }
  });

  it("hold each plane against its own field where that moves", async () => {
    const moving = await write("moving-waist");
    const { profile } = new TrueViews(moving, 0).figuresOf(() => truthOf(moving));
    expect(profile).toBeGreaterThan(0.01);
  });
});

describe("scenes", () => {
  it.each(Object.keys(scenes))("%s can be made", (name) => {
    expect(optionsOf(name, extent)).toMatchObject({ seed: 1, tileShapeYx: [48, 48] });
    expect(scenes[name]!.what.length).toBeGreaterThan(10);
  });

  it("tell what is true of them", async () => {
    await write("jitter");
    const told = JSON.parse(readFileSync(join(folder, "jitter", "truth", "scene.json"), "utf8"));
    expect(told).toMatchObject({ name: "jitter", solvable: true, options: { jitterPx: 6, seed: 1 } });
    const off = told.tiles.map(({ true_px_yx: [y], stated_px_yx: [stated] }: TruePlace) => y - stated);
    expect(Math.max(...off.map(Math.abs))).toBeGreaterThan(2);
  });
});

describe("what other methods are given", () => {
  it("is all planes, or as many as asked for, at even distances", async () => {
    const { planeCount, pixels, shapeYx } = stackOf(await write("six-planes"), 0);
    expect([planeCount, pixels.length, ...shapeYx]).toEqual([72, 72 * 48 * 48, 48, 48]);
    expect(drawEvenly([...Array(10).keys()], 4)).toEqual([0, 3, 5, 8]);
    expect(drawEvenly([...Array(1000).keys()], 200)).toHaveLength(200);
  });

  it("the median and the Gaussian keep a smooth field and lose what single planes show", () => {
    const [side, planeCount] = [48, 9];
    const smooth = (y: number, x: number) => 1 + 0.3 * Math.cos((Math.PI * (x + y)) / side / 2);
    const pixels = Uint16Array.from({ length: planeCount * side * side }, (_, i) => {
      const [plane, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
      return 20000 * smooth(y, x) * ((x + 5 * plane) % 48 < 6 ? 2 : 1);
    });
    const field = medianGaussian({ pixels, planeCount, shapeYx: [side, side] });
    expect(field.reduce((sum, value) => sum + value, 0) / field.length).toBeCloseTo(1, 5);
    const ratio = field[24 * side + 24]! / field[12 * side + 12]!;
    expect(ratio).toBeCloseTo(smooth(24, 24) / smooth(12, 12), 1);
  });
});

describe("floors", () => {
  const record = (none: number, estimate: number) => ({
    scenes: {
      even: {
        methods: {
          none: { kind: "as-it-is", seconds: 0, figures: { profile: none } },
          estimate: { kind: "profiles", seconds: 1, figures: { profile: estimate } },
        },
      },
    },
  });
  it("are missed where a profile is farther from the truth than none", () => {
    const lines = (none: number, estimate: number) => missedFloors(record(none, estimate) as never, ["even"]);
    expect(lines(0.06, 0.05)).toEqual([]);
    expect(lines(0.06, 0.062)).toEqual([]);
    expect(lines(0, 0.05)).toEqual(["even: the profile is 5.00 % from the truth, at most 0.30 %"]);
  });
});
