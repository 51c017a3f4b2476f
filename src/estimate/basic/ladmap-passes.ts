import {
  type Illumination,
  type LadmapPlanes,
  pixelsPerBlock,
  updateMultipliers,
  updateResiduals,
} from "./ladmap-kernels.ts";

/** The two passes of an iteration over all pixels of all planes, in one precision or another. */
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

/** The specification: see {@link updateResiduals} and {@link updateMultipliers}. */
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
