import { describe, expect, it } from "vitest";
import { sampleShape } from "../../../src/estimate/basic/fast-fit.ts";
import { type BasicFit, fastShape, fitBasic, fitShape } from "../../../src/estimate/basic/fit.ts";
import { type BasicParameters, basicDefaults } from "../../../src/estimate/basic/parameters.ts";
import type { BasicProgress } from "../../../src/estimate/basic/reweighted-fit.ts";
import { sumOfDifferences } from "../../../src/estimate/basic/reweighted-fit.ts";
import { sum } from "../../../src/estimate/vectors.ts";
import { basicFitBytes } from "../../../src/pipeline/profiles/estimate-memory.ts";
import type { Yx } from "../../../src/shapes.ts";

/** Noisy planes of known light, with bright squares as specimen. */
function generate(planeCount: number, [height, width]: Yx) {
  let state = 12345;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const light = Float64Array.from({ length: height * width }, (_, p) => {
    const [y, x] = [Math.floor(p / width) / height - 0.55, (p % width) / width - 0.4];
    return 1.2 - 0.8 * (y * y + x * x);
  });
  const mean = sum(light) / light.length;
  const pixels = new Uint16Array(planeCount * light.length);
  for (let n = 0; n < planeCount; n++) {
    const [brightness, top, left] = [250 + 150 * random(), Math.floor(random() * height), Math.floor(random() * width)];
    for (let p = 0; p < light.length; p++) {
      const [y, x] = [(Math.floor(p / width) + top) % height, ((p % width) + left) % width];
      const specimen = y < height / 3 && x < width / 2 ? 500 * random() : 0;
      const noise = 40 * (random() + random() - 1);
      pixels[n * light.length + p] = Math.max(0, Math.round((light[p]! / mean) * (brightness + specimen) + noise));
    }
  }
  return {
    stack: { pixels, planeCount, shapeYx: [height, width] as const },
    truth: light.map((value) => value / mean),
  };
}

const distance = (found: Float64Array, wanted: Float64Array) => sumOfDifferences(found, wanted) / sum(wanted);
const quick: BasicParameters = { ...basicDefaults, getDarkfield: false };
const faithful: BasicParameters = { ...quick, solver: "faithful" };

describe("the fast solver", () => {
  const { stack, truth } = generate(80, [128, 120]);

  it.each<[string, Partial<BasicParameters>]>([
    ["as it is", {}],
    ["with a dark-field", { getDarkfield: true }],
    ["segmented and sorted", { autosegment: true, autosegmentMargin: 2, sortIntensity: true }],
  ])("ends at the profile of the faithful one, in a fraction of its work: a stack %s", async (_, parameters) => {
    const work = (fit: BasicFit, sampled: number) =>
      fit.innerIterations.reduce((all, count, i, { length }) => all + count * (i < length - 1 ? sampled : 1), 0);
    const seen: BasicProgress[] = [];
    const fast = await fitBasic(
      stack,
      { ...quick, ...parameters },
      { onIteration: (progress) => void seen.push(progress) },
    );
    const slow = await fitBasic(stack, { ...faithful, ...parameters });
    const [rows, columns] = sampleShape(stack.planeCount, stack.shapeYx, parameters.sortIntensity ?? false)!;
    expect(work(fast, (rows * columns) / (128 * 120))).toBeLessThan(0.8 * work(slow, 1));
    expect(fast.innerIterations).toHaveLength(fast.reweightings + 1);
    expect(distance(fast.flatfield, slow.flatfield)).toBeLessThan(5e-3);
    expect(distance(fast.baselines, slow.baselines)).toBeLessThan(1e-2);
    expect(distance(fast.flatfield, truth)).toBeLessThan(distance(slow.flatfield, truth) + 1e-3);
    expect(fast.converged).toBe(slow.converged);
    const [sampled, all] = fast.innerIterations.slice(-2);
    if (!parameters.sortIntensity) expect(all).toBeLessThan(0.7 * sampled!);
    // It tells how far it is, from 0 to 1, without going back.
    expect(seen[0]!.share).toBeLessThan(0.01);
    expect(seen.at(-1)!.share).toBeGreaterThan(0.9);
    expect(seen.every(({ share }, i) => share <= 1 && share >= (seen[i - 1]?.share ?? 0))).toBe(true);
  });

  it("is the faithful one where the planes are few or small", async () => {
    const small = generate(20, [48, 40]).stack;
    expect(await fitBasic(small, quick)).toEqual(await fitBasic(small, faithful));
  });

  it("fits large planes as the faithful one fits them at a smaller working size", async () => {
    const large = generate(12, [192, 300]).stack;
    const workingSizeYx = fastShape(large.shapeYx);
    expect(workingSizeYx).toEqual([102, 160]);
    expect(await fitBasic(large, quick)).toEqual(await fitBasic(large, { ...faithful, workingSizeYx }));
  });
});

describe("the shapes that the fast solver works at", () => {
  it("keep small planes and sample many pixels", () => {
    expect([fastShape([128, 128]), fastShape([512, 512]), fastShape([7, 5])]).toEqual([
      [128, 128],
      [128, 128],
      [7, 5],
    ]);
    expect(fastShape([100_000, 2])).toEqual([28622, 1]);
    expect(sampleShape(200, [128, 128], false)).toEqual([40, 40]);
    expect(sampleShape(200, [128, 128], true)).toEqual([50, 50]);
    expect(sampleShape(60, [128, 128], true)).toBeUndefined();
    expect(sampleShape(100_000, [128, 100], false)).toEqual([24, 24]);
    expect(fitShape({ solver: "faithful" }, [512, 512])).toEqual([512, 512]);
    expect(fitShape({ solver: "fast", workingSizeYx: [64, 512] }, [512, 512])).toEqual([45, 362]);
  });

  it("bound the memory that a fit needs", () => {
    const large = basicFitBytes(200, [512, 512], "single", { solver: "faithful" });
    expect(basicFitBytes(200, [512, 512], "single", { solver: "fast" })).toBeLessThan(0.2 * large);
    const sampled = basicFitBytes(200, [128, 128], "single", { solver: "fast" });
    expect(sampled).toBeGreaterThan(basicFitBytes(200, [128, 128], "single", { solver: "faithful" }));
  });
});
