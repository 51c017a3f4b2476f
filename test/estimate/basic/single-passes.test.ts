import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  doublePasses,
  type Illumination,
  type LadmapPasses,
  type SinglePlanes,
} from "../../../src/estimate/basic/ladmap-passes.ts";
import { passesFor } from "../../../src/estimate/basic/ladmap-state.ts";
import { planesPerPart, singlePasses, singlePassesLayout } from "../../../src/estimate/basic/single-passes.ts";
import { allocateForFit, allocatePlanes } from "../../../src/estimate/basic/working-planes.ts";
import { KernelMemory } from "../../../src/kernels/kernel-memory.ts";
import { placed } from "../../support/kernel-arrays.ts";
import { updateMultipliers, updateResiduals } from "../../support/reference/single-kernels.ts";

/** Numbers from a seed; a share of them special. */
function numbers(seed: number, special: readonly number[], scale: number): () => number {
  let state = seed | 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    const share = (state >>> 0) / 2 ** 32;
    return share < 0.1 ? special[Math.floor(share * 10 * special.length)]! : (share - 0.1) * scale;
  };
}

const extremes = [0, -0, 1e-40, 1e38, -1e38, Number.POSITIVE_INFINITY, Number.NaN, 65535];

interface Case {
  readonly planes: SinglePlanes;
  readonly illumination: Illumination;
}

/** The same planes in one memory or another. */
function makeCase(planeCount: number, pixelCount: number, seed: number, special: readonly number[]): Case {
  const memory = KernelMemory.need(
    4 * (4 * planeCount * pixelCount + 64) + singlePassesLayout(planeCount, pixelCount).bytes,
  );
  const next = numbers(seed, special, 4000);
  const array = (make: () => number): Float32Array => {
    return placed(memory, Float32Array.from({ length: planeCount * pixelCount }, make));
  };
  const planes = {
    planeCount,
    pixelCount,
    memory,
    image: array(next),
    residual: array(() => next() - 2000),
    multiplier: array(() => (next() - 2000) * 1e-6),
    weights: array(() => Math.abs(next()) / 2000),
  };
  const doubles = (length: number, make: () => number) => Float64Array.from({ length }, make);
  const illumination = {
    flatfield: doubles(pixelCount, () => next() / 2000),
    darkfield: doubles(pixelCount, () => next() / 40),
    baselines: doubles(planeCount, next),
  };
  return { planes, illumination };
}

/** Everything that an iteration's passes leave behind. */
async function run(passes: LadmapPasses, { planes, illumination }: Case) {
  const [planeSums, totals] = [new Float64Array(planes.planeCount).fill(7), new Float64Array(2).fill(7)];
  const [residualSums, multiplierSums] = [0, 1].map(() => new Float64Array(planes.pixelCount).fill(7));
  const change = await passes.updateResiduals(illumination, 1e-5, planeSums, residualSums!);
  await passes.updateMultipliers(illumination, 1e-5, 1.5e-5, multiplierSums!, totals);
  const { residual, multiplier } = planes;
  return {
    change: Float64Array.of(change),
    residual,
    multiplier,
    planeSums,
    residualSums: residualSums!,
    multiplierSums: multiplierSums!,
    totals,
  };
}

type Numbers = Float32Array | Float64Array;

/** The first place where two arrays differ, -0 and 0 told apart; -1 where none does. */
function firstDifference(found: Numbers, wanted: Numbers): number {
  for (let i = 0; i < wanted.length; i++) if (!Object.is(found[i], wanted[i])) return i;
  return found.length === wanted.length ? -1 : wanted.length;
}

/** The passes as plain loops, in the parts that planes fall into. */
function referencePasses(planes: SinglePlanes): LadmapPasses {
  const { planeCount, pixelCount } = planes;
  const count = planesPerPart(planeCount);
  const starts = Array.from({ length: Math.ceil(planeCount / count) }, (_, part) => part * count);
  const single = ({ flatfield, darkfield, baselines }: Illumination) => {
    return {
      flatfield: Float32Array.from(flatfield),
      darkfield: Float32Array.from(darkfield),
      baselines: Float32Array.from(baselines),
    };
  };
  const addTo = (sums: Float64Array, of: Float32Array | Float64Array) => {
    for (let p = 0; p < sums.length; p++) sums[p]! += of[p]!;
  };
  return {
    async updateResiduals(illumination, mu, planeSums, pixelSums) {
      pixelSums.fill(0);
      let change = 0;
      for (const first of starts) {
        const [stop, sums] = [Math.min(first + count, planeCount), new Float32Array(pixelCount)];
        const threshold = 1 / (mu * planeCount);
        change += updateResiduals(planes, single(illumination), first, stop, 1 / mu, threshold, planeSums, sums);
        addTo(pixelSums, sums);
      }
      return change;
    },
    async updateMultipliers(illumination, mu, nextMu, pixelSums, totals) {
      pixelSums.fill(0);
      totals.fill(0);
      for (const first of starts) {
        const [stop, sums, ofPart] = [
          Math.min(first + count, planeCount),
          new Float32Array(pixelCount),
          new Float64Array(2),
        ];
        updateMultipliers(planes, single(illumination), first, stop, mu, 1 / nextMu, sums, ofPart);
        addTo(pixelSums, sums);
        addTo(totals, ofPart);
      }
    },
  };
}

describe("the passes in single precision", () => {
  const sizes = [1, 3, 4, 63, 64, 65, 67, 127, 130, 1023, 1024, 1025, 2051];

  it.each([
    ["usual", [0]],
    ["extreme", extremes],
  ] as const)("give the very bits of the reference, on %s values", async (_, special) => {
    const property = fc.asyncProperty(
      fc.constantFrom(1, 2, 3, 4, 5, 36),
      fc.constantFrom(...sizes),
      fc.integer(),
      async (planeCount, pixelCount, seed) => {
        const [expected, given] = [0, 1].map(() => makeCase(planeCount, pixelCount, seed, special));
        const wanted = await run(referencePasses(expected!.planes), expected!);
        const found = await run(singlePasses(given!.planes), given!);
        for (const name of Object.keys(wanted) as (keyof typeof wanted)[]) {
          expect(firstDifference(found[name], wanted[name]), name).toBe(-1);
        }
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });

  it("give what double precision gives, but for rounding", async () => {
    const [single, double] = [makeCase(7, 2051, 3, [0]), makeCase(7, 2051, 3, [0])];
    const found = await run(singlePasses(single.planes), single);
    const wanted = await run(doublePasses(double.planes), double);
    for (const name of Object.keys(wanted) as (keyof typeof wanted)[]) {
      const [most, off] = [
        Float64Array.from(wanted[name], Math.abs),
        found[name].map((value, i) => value - wanted[name][i]!),
      ];
      expect(Math.max(...off.map(Math.abs)), name).toBeLessThan(1e-5 * Math.max(...most));
    }
  });

  it("are not taken where squares of counts would leave their range", async () => {
    for (const [magnitude, same] of [
      [1e-9, false],
      [1, true],
      [65535, true],
      [1e20, false],
    ] as const) {
      const planes = allocatePlanes(2, 100, await allocateForFit(2, [[10, 10]], "single"));
      planes.image.fill(magnitude);
      planes.weights.fill(1);
      const illumination = {
        flatfield: new Float64Array(100),
        darkfield: new Float64Array(100),
        baselines: new Float64Array(2),
      };
      const sums = new Float64Array(100);
      const change = await passesFor(planes, magnitude * Math.sqrt(200)).updateResiduals(
        illumination,
        1 / magnitude,
        new Float64Array(2),
        sums,
      );
      expect(Number.isFinite(change)).toBe(true);
      expect(change > 0, String(same)).toBe(true);
    }
  });

  it("take planes in pairs, in a number of parts that does not depend on who works", () => {
    expect([1, 2, 5, 32, 33, 200].map(planesPerPart)).toEqual([2, 2, 2, 2, 4, 14]);
  });
});
