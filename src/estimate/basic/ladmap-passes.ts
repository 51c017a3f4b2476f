/** The two passes of a LADMAP iteration over all planes, in double precision, and the arrays that they work on. */

import type { KernelMemory } from "../../kernels/kernel-memory.ts";
import type { FitTeam } from "./fit-team.ts";

/** The two passes of an iteration over all pixels of all planes, in single or double precision. */
export interface LadmapPasses {
  /**
   * The step of R. `planeSums` becomes `Σ_p flatfield·(I - R + Y/mu)`, `pixelSums` becomes `Σ_n (I - R + Y/mu)`.
   *
   * @returns the sum of the squared changes of R
   */
  updateResiduals(
    illumination: Illumination,
    mu: number,
    planeSums: Float64Array,
    pixelSums: Float64Array,
  ): Promise<number>;
  /**
   * The step of Y. `pixelSums` becomes `Σ_n B_n·(I - R + Y/nextMu)`, `totals` the sum of the squared remainders and the
   * sum of the new Y.
   */
  updateMultipliers(
    illumination: Illumination,
    mu: number,
    nextMu: number,
    pixelSums: Float64Array,
    totals: Float64Array,
  ): Promise<void>;
}

/**
 * The passes in double precision, which are the specification: see {@link updateResiduals} and {@link
 * updateMultipliers}.
 */
export function doublePasses(planes: LadmapPlanes): LadmapPasses {
  const { planeCount, pixelCount } = planes;
  return {
    async updateResiduals(illumination, mu, planeSums, pixelSums) {
      planeSums.fill(0);
      let squaredChange = 0;
      for (let from = 0; from < pixelCount; from += pixelsPerBlock) {
        const to = Math.min(from + pixelsPerBlock, pixelCount);
        const threshold = 1 / (mu * planeCount);
        squaredChange += updateResiduals(planes, illumination, from, to, 1 / mu, threshold, planeSums, pixelSums);
      }
      return squaredChange;
    },
    async updateMultipliers(illumination, mu, nextMu, pixelSums, totals) {
      totals.fill(0);
      for (let from = 0; from < pixelCount; from += pixelsPerBlock) {
        const to = Math.min(from + pixelsPerBlock, pixelCount);
        updateMultipliers(planes, illumination, from, to, mu, 1 / nextMu, pixelSums, totals);
      }
    },
  };
}

// The two passes of one LADMAP iteration over all planes. Everything else in an iteration costs as much as one plane;
// these touch every pixel of every plane, so each value is read as few times as possible, and the pixels are walked
// in blocks whose per-pixel sums stay in the cache while all planes pass by.

/** Numbers of one array of a fit: single precision in production, double precision as the specification. */
export type Numbers = Float32Array | Float64Array;

/** The arrays of a fit, each `[plane, pixel]` in C order. */
export interface LadmapPlanes {
  readonly planeCount: number;
  readonly pixelCount: number;
  /** I: the recorded pixels. */
  readonly image: Numbers;
  /** R: what the illumination does not explain, the specimen. */
  readonly residual: Numbers;
  /** Y: the Lagrange multipliers. */
  readonly multiplier: Numbers;
  /** W: what a residual costs; 0 where a pixel is to be ignored. */
  readonly weights: Numbers;
  /** The memory of arrays in single precision, and of what is stored beside the planes. */
  readonly memory: KernelMemory;
  /** The threads that work on them, where there are several. */
  readonly team?: FitTeam;
}

/** The illumination as kernels take it: plane n is `flatfield · baselines[n] + darkfield`. */
export interface Illumination {
  readonly flatfield: Float64Array;
  readonly darkfield: Float64Array;
  readonly baselines: Float64Array;
}

/** The arrays of a fit in single precision, in its kernel memory. */
export interface SinglePlanes extends LadmapPlanes {
  readonly image: Float32Array;
  readonly residual: Float32Array;
  readonly multiplier: Float32Array;
  readonly weights: Float32Array;
}

/** Whether planes are in single precision; else the loops of the specification are used. */
export function areSingle(planes: LadmapPlanes): planes is SinglePlanes {
  return planes.image instanceof Float32Array;
}

/** Pixels of a block: their flat-field, dark-field and sums (24 kB) fit into the first-level cache. */
const pixelsPerBlock = 1024;

/**
 * First pass, for the pixels `[from, to)` of all planes: with `x = I + Y/mu`, the residual becomes
 * `R = shrink(x - flatfield·B - darkfield, W·threshold)`. `pixelSums[p]` becomes `Σ_n (x - R)`; `Σ_p flatfield·(x - R)`
 * is added to `planeSums[n]`.
 *
 * @param threshold `1 / (mu · planeCount)`
 * @returns the sum of the squared changes of R
 */
export function updateResiduals(
  planes: LadmapPlanes,
  { flatfield, darkfield, baselines }: Illumination,
  from: number,
  to: number,
  inverseMu: number,
  threshold: number,
  planeSums: Float64Array,
  pixelSums: Float64Array,
): number {
  const { planeCount, pixelCount, image, residual, multiplier, weights } = planes;
  let squaredChange = 0;
  pixelSums.fill(0, from, to);
  for (let n = 0; n < planeCount; n++) {
    const offset = n * pixelCount;
    const baseline = baselines[n]!;
    let planeSum = 0;
    for (let p = from; p < to; p++) {
      const i = offset + p;
      const flat = flatfield[p]!;
      const x = image[i]! + multiplier[i]! * inverseMu;
      const unexplained = x - flat * baseline - darkfield[p]!;
      const limit = weights[i]! * threshold;
      const above = unexplained - limit;
      const below = unexplained + limit;
      const r = 0.5 * (above + Math.abs(above) + (below - Math.abs(below)));
      const change = r - residual[i]!;
      residual[i] = r;
      squaredChange += change * change;
      planeSum += flat * (x - r);
      pixelSums[p]! += x - r;
    }
    planeSums[n]! += planeSum;
  }
  return squaredChange;
}

/**
 * Second pass, for the pixels `[from, to)` of all planes: the multipliers follow the remainder, `Y += mu·(I - R -
 * flatfield·B - darkfield)`. `pixelSums[p]` becomes `Σ_n B_n·(I - R + Y/nextMu)`, from which the next flat-field is
 * made.
 *
 * @param totals the sum of the squared remainders is added to `[0]`, the sum of the new Y to `[1]`
 */
export function updateMultipliers(
  planes: LadmapPlanes,
  { flatfield, darkfield, baselines }: Illumination,
  from: number,
  to: number,
  mu: number,
  inverseNextMu: number,
  pixelSums: Float64Array,
  totals: Float64Array,
): void {
  const { planeCount, pixelCount, image, residual, multiplier } = planes;
  let squaredRemainder = 0;
  let multiplierSum = 0;
  pixelSums.fill(0, from, to);
  for (let n = 0; n < planeCount; n++) {
    const offset = n * pixelCount;
    const baseline = baselines[n]!;
    for (let p = from; p < to; p++) {
      const i = offset + p;
      const background = image[i]! - residual[i]!;
      const remainder = background - flatfield[p]! * baseline - darkfield[p]!;
      const y = multiplier[i]! + mu * remainder;
      multiplier[i] = y;
      squaredRemainder += remainder * remainder;
      multiplierSum += y;
      pixelSums[p]! += baseline * (background + y * inverseNextMu);
    }
  }
  totals[0]! += squaredRemainder;
  totals[1]! += multiplierSum;
}
