/**
 * One pass of an iteration over planes in the memory of the kernels, slab by slab, as plain numbers: any thread that
 * shares the memory can do any slab of it. A slab leaves its sums at places of its own, so that who does it, and when,
 * does not change a bit of the result.
 */
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";

/** A job, in the order of its numbers. Names of arrays stand for their addresses. */
export interface SlabJob {
  /** The kernel: 0 for `updateResiduals`, 1 for `updateMultipliers`. */
  readonly pass: 0 | 1;
  readonly slabs: number;
  /** Pixels of each slab, but for the last one. */
  readonly slabPixels: number;
  readonly image: number;
  readonly residual: number;
  readonly multiplier: number;
  readonly weights: number;
  readonly planeCount: number;
  readonly pixelCount: number;
  readonly flatfield: number;
  readonly darkfield: number;
  readonly baselines: number;
  readonly pixelSums: number;
  /** By slab and plane. */
  readonly planeSums: number;
  /** Two for each slab: of the first pass the squared change alone, see {@link KernelFunctions} for the second. */
  readonly totals: number;
  /** Of the first pass 1 / mu and the threshold, of the second one mu and 1 / the next mu. */
  readonly scalars: readonly [number, number];
}

/** Writes a job as numbers. */
export function writeSlabJob(job: SlabJob, numbers: Float64Array): void {
  const { pass, slabs, slabPixels, image, residual, multiplier, weights, planeCount, pixelCount } = job;
  const { flatfield, darkfield, baselines, pixelSums, planeSums, totals, scalars } = job;
  const planes = [image, residual, multiplier, weights, planeCount, pixelCount];
  const illumination = [flatfield, darkfield, baselines];
  numbers.set([pass, slabs, slabPixels, ...planes, ...illumination, pixelSums, planeSums, totals, ...scalars]);
}

/**
 * Does a slab of a job.
 *
 * @param job its numbers
 * @param doubles the whole memory of the kernels
 */
export function doSlab(kernels: KernelFunctions, job: Float64Array, slab: number, doubles: Float64Array): void {
  const [slabPixels, planeCount, pixelCount] = [job[2]!, job[7]!, job[8]!];
  const from = slab * slabPixels;
  const to = Math.min(from + slabPixels, pixelCount);
  const totals = job[14]! + 16 * slab;
  if (job[0] === 0) {
    doubles[totals / 8] = kernels.updateResiduals(
      job[3]!,
      job[4]!,
      job[5]!,
      job[6]!,
      planeCount,
      pixelCount,
      from,
      to,
      job[9]!,
      job[10]!,
      job[11]!,
      job[15]!,
      job[16]!,
      job[13]! + 8 * slab * planeCount,
      job[12]!,
    );
  } else {
    kernels.updateMultipliers(
      job[3]!,
      job[4]!,
      job[5]!,
      planeCount,
      pixelCount,
      from,
      to,
      job[9]!,
      job[10]!,
      job[11]!,
      job[15]!,
      job[16]!,
      job[12]!,
      totals,
    );
  }
}
