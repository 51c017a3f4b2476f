/** The passes of an iteration in single precision: by kernels, and a team of threads where there is one. */
import { reading, writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import { doubles, floats, type Layout, layoutOf } from "../../kernels/layout.ts";
import type { Illumination, LadmapPasses, SinglePlanes } from "./ladmap-passes.ts";
import { doTogether, eachPart, type TeamJob } from "./team-job.ts";

/**
 * The most parts that planes are divided into. Sums are taken by part, so that rounding does not depend on the threads.
 */
const mostParts = 16;

/** Number of planes of each part but the last one: an even number, as they are processed in pairs. */
export function planesPerPart(planeCount: number): number {
  return 2 * Math.ceil(planeCount / mostParts / 2);
}

function partsOf(planeCount: number): number {
  return Math.ceil(planeCount / planesPerPart(planeCount));
}

/** What the passes store beside the planes: the illumination in single precision, and sums. */
interface PassArrays {
  readonly flatfield: Float32Array;
  readonly darkfield: Float32Array;
  readonly baselines: Float32Array;
  readonly planeSums: Float64Array;
  /** Sums, `[part, pixel]`. */
  readonly partSums: Float32Array;
  /** Two totals of each part. */
  readonly totals: Float64Array;
}

/** What {@link singlePasses} allocates in the planes' memory. */
export function singlePassesLayout(planeCount: number, pixelCount: number): Layout<PassArrays> {
  const parts = partsOf(planeCount);
  return layoutOf({
    flatfield: floats(pixelCount),
    darkfield: floats(pixelCount),
    baselines: floats(planeCount),
    planeSums: doubles(planeCount),
    partSums: floats(parts * pixelCount),
    totals: doubles(2 * parts),
  });
}

/** The passes over planes. */
export function singlePasses(planes: SinglePlanes): LadmapPasses {
  const { planeCount, pixelCount, memory } = planes;
  const arrays = singlePassesLayout(planeCount, pixelCount).take(memory);
  const doParts = partsByKernels(planes, arrays);
  const parts = partsOf(planeCount);
  const setIllumination = ({ flatfield, darkfield, baselines }: Illumination) => {
    narrow(flatfield, arrays.flatfield);
    narrow(darkfield, arrays.darkfield);
    narrow(baselines, arrays.baselines);
  };
  const addParts = (pixelSums: Float64Array) => {
    runKernel("addParts", reading(arrays.partSums), parts, pixelCount, writing(pixelSums, 0, pixelCount));
  };
  return {
    async updateResiduals(illumination, mu, planeSums, pixelSums) {
      setIllumination(illumination);
      await doParts(0, 1 / mu, 1 / (mu * planeCount));
      planeSums.set(arrays.planeSums);
      addParts(pixelSums);
      let squaredChange = 0;
      for (let part = 0; part < parts; part++) squaredChange += arrays.totals[2 * part]!;
      return squaredChange;
    },
    async updateMultipliers(illumination, mu, nextMu, pixelSums, totals) {
      setIllumination(illumination);
      await doParts(1, mu, 1 / nextMu);
      addParts(pixelSums);
      totals.fill(0);
      for (let part = 0; part < parts; part++) {
        totals[0]! += arrays.totals[2 * part]!;
        totals[1]! += arrays.totals[2 * part + 1]!;
      }
    },
  };
}

/** Rounds to single precision. */
export function narrow(source: Float64Array, destination: Float32Array): void {
  runKernel("narrow", reading(source), writing(destination, 0, source.length), source.length);
}

/**
 * Does a pass over all parts, the first (0) with 1 / mu and the threshold, the second (1) with mu and 1 / the next mu.
 */
type DoParts = (pass: 0 | 1, ...scalars: readonly [number, number]) => Promise<void>;

function partsByKernels(planes: SinglePlanes, arrays: PassArrays): DoParts {
  const { planeCount, pixelCount, image, residual, multiplier, weights, team } = planes;
  const parts = partsOf(planeCount);
  const count = planesPerPart(planeCount);
  const range = [planeCount, pixelCount, [0, count], count] as const;
  const light = [reading(arrays.flatfield), reading(arrays.darkfield), reading(arrays.baselines)] as const;
  const pixelSums = eachPart(writing(arrays.partSums), pixelCount);
  const totals = eachPart(writing(arrays.totals), 2);
  const residuals = [reading(image), writing(residual), reading(multiplier), reading(weights), ...range] as const;
  const multipliers = [reading(image), reading(residual), writing(multiplier), ...range] as const;
  const sums = [writing(arrays.planeSums), pixelSums, totals] as const;
  return async (pass, ...scalars) => {
    const job: TeamJob =
      pass === 0
        ? { kernel: "updateResiduals", parts, given: [...residuals, ...light, ...scalars, ...sums] }
        : { kernel: "updateMultipliers", parts, given: [...multipliers, ...light, ...scalars, pixelSums, totals] };
    await doTogether(job, team);
  };
}
