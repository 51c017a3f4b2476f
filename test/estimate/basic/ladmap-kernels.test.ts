import { describe, expect, it } from "vitest";
import {
  type Illumination,
  type LadmapPlanes,
  updateMultipliers,
  updateResiduals,
} from "../../../src/estimate/basic/ladmap-passes.ts";
import { dirtyMemory } from "../../support/kernel-arrays.ts";

const [planeCount, pixelCount] = [3, 50];
const pseudoRandom = (seed: number) => (_: unknown, i: number) => Math.sin(seed * 12.9898 + i * 78.233) * 50;
const mu = 0.02;
const nextMu = 0.03;

/** Double precision takes nothing of it. */
const memory = dirtyMemory(0);

function planes(): LadmapPlanes {
  const array = (seed: number) => Float64Array.from({ length: planeCount * pixelCount }, pseudoRandom(seed));
  const weights = array(4).map((value, i) => (i % 7 === 0 ? 0 : Math.abs(value)));
  return { planeCount, pixelCount, image: array(1), residual: array(2), multiplier: array(3), weights, memory };
}

const illumination: Illumination = {
  flatfield: Float64Array.from({ length: pixelCount }, pseudoRandom(5)),
  darkfield: Float64Array.from({ length: pixelCount }, pseudoRandom(6)),
  baselines: Float64Array.of(0.5, 1, 1.5),
};
const explained = (n: number, p: number) =>
  illumination.flatfield[p]! * illumination.baselines[n]! + illumination.darkfield[p]!;
const everyPixel = Array.from({ length: planeCount * pixelCount }, (_, i) => {
  return { i, n: Math.floor(i / pixelCount), p: i % pixelCount };
});
const blocks = [
  [0, 50],
  [0, 17, 18, 50],
];

describe.each(blocks)("the passes of an iteration over blocks of pixels from %i", (...edges) => {
  const ranges = edges.slice(1).map((to, block) => [edges[block]!, to] as const);

  it("shrink the residuals and sum what flat-field and dark-field are made from", () => {
    const [before, after] = [planes(), planes()];
    const planeSums = new Float64Array(planeCount);
    const pixelSums = new Float64Array(pixelCount).fill(99);
    const threshold = 1 / (mu * planeCount);
    const change = ranges
      .map(([from, to]) => updateResiduals(after, illumination, from, to, 1 / mu, threshold, planeSums, pixelSums))
      .reduce((a, b) => a + b, 0);
    let expectedChange = 0;
    const expectedPlaneSums = new Float64Array(planeCount);
    const expectedPixelSums = new Float64Array(pixelCount);
    for (const { i, n, p } of everyPixel) {
      const x = before.image[i]! + before.multiplier[i]! / mu;
      const unexplained = x - explained(n, p);
      const residual = Math.sign(unexplained) * Math.max(Math.abs(unexplained) - before.weights[i]! * threshold, 0);
      expect(after.residual[i]).toBeCloseTo(residual, 10);
      expectedChange += (residual - before.residual[i]!) ** 2;
      expectedPlaneSums[n]! += illumination.flatfield[p]! * (x - residual);
      expectedPixelSums[p]! += x - residual;
    }
    expect(change / expectedChange).toBeCloseTo(1, 12);
    planeSums.forEach((value, n) => void expect(value).toBeCloseTo(expectedPlaneSums[n]!, 7));
    pixelSums.forEach((value, p) => void expect(value).toBeCloseTo(expectedPixelSums[p]!, 9));
    expect(after.multiplier).toEqual(before.multiplier);
  });

  it("let the multipliers follow what is left over", () => {
    const [before, after] = [planes(), planes()];
    const pixelSums = new Float64Array(pixelCount).fill(99);
    const totals = new Float64Array(2);
    for (const [from, to] of ranges) {
      updateMultipliers(after, illumination, from, to, mu, 1 / nextMu, pixelSums, totals);
    }
    const expectedTotals = new Float64Array(2);
    const expectedPixelSums = new Float64Array(pixelCount);
    for (const { i, n, p } of everyPixel) {
      const background = before.image[i]! - before.residual[i]!;
      const remainder = background - explained(n, p);
      const multiplier = before.multiplier[i]! + mu * remainder;
      expect(after.multiplier[i]).toBeCloseTo(multiplier, 12);
      expectedTotals[0]! += remainder ** 2;
      expectedTotals[1]! += multiplier;
      expectedPixelSums[p]! += illumination.baselines[n]! * (background + multiplier / nextMu);
    }
    expect(totals[0]! / expectedTotals[0]!).toBeCloseTo(1, 12);
    expect(totals[1]).toBeCloseTo(expectedTotals[1]!, 9);
    pixelSums.forEach((value, p) => void expect(value).toBeCloseTo(expectedPixelSums[p]!, 9));
    expect(after.residual).toEqual(before.residual);
  });
});
