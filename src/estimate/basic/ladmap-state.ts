/**
 * The state of a LADMAP fit (linearised alternating direction method with adaptive penalty) of
 * `I = S·B + D_R + D_z + R`: a smooth flat-field S, a baseline B for each plane, a smooth dark-field D_R over a
 * constant D_z, a sparse residual R.
 *
 * @see T. Peng et al., A BaSiC tool for background and shading correction of optical microscopy images, Nature
 * Communications 8 (2017), 14836
 * @see Z. Lin, R. Liu, Z. Su, Linearized alternating direction method with adaptive penalty for low-rank
 * representation, NIPS 2011
 */
import { doubles, type Layout, layoutOf } from "../../kernels/layout.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { type CosineArrays, type CosinePlan, cosineLayout, planCosineTransform } from "../transform/cosine.ts";
import { divideAll, sum } from "../vectors.ts";
import { areSingle, doublePasses, type LadmapPasses, type LadmapPlanes } from "./ladmap-passes.ts";
import { fillPlanes } from "./plane-steps.ts";
import { singlePasses } from "./single-passes.ts";

/** How fast mu grows. */
export const muGrowth = 1.5;

/** The illumination of a fit, summed over its iterations, each times its mu. */
export interface LadmapPath {
  readonly flatfield: Float64Array;
  readonly darkfield: Float64Array;
  readonly baselines: Float64Array;
  /** The sum of all mu. */
  weight: number;
}

/** The parameters of a fit. */
interface LadmapSettings {
  readonly smoothnessFlatfield: number;
  readonly smoothnessDarkfield: number;
  readonly getDarkfield: boolean;
}

/** Quantities of the planes that set the scale of a fit. */
interface LadmapScale {
  /** mu at the first iteration. */
  readonly initialMu: number;
  readonly largestMu: number;
  /** The Frobenius norm of all planes. */
  readonly imageNorm: number;
  /** The largest constant dark-field, in counts. */
  readonly largestDarkOffset: number;
  /** The factor of the smoothness of S and D_R: 1, but for a sample of the pixels. */
  readonly smoothness: number;
}

/** A fit in progress. Each step puts its result into the spare array and exchanges the two. */
export interface Ladmap {
  readonly planes: LadmapPlanes;
  readonly passes: LadmapPasses;
  readonly settings: LadmapSettings;
  readonly scale: LadmapScale;
  readonly cosine: CosinePlan;
  /** W_D: what a pixel of the dark-field costs. */
  readonly darkWeights: Float64Array;
  /** S, in `[y, x]`. */
  flatfield: Float64Array;
  /** D_R, in counts, `[y, x]`. */
  darkResidual: Float64Array;
  /** D_z, in counts. */
  darkOffset: number;
  /** B, in counts, by plane. */
  baselines: Float64Array;
  mu: number;
  iteration: number;
  /** D_R + D_z. */
  readonly darkfield: Float64Array;
  /** By pixel: sums of the kernels over the planes, then the smoothed images. */
  readonly pixelSums: Float64Array;
  spareFlatfield: Float64Array;
  spareDarkResidual: Float64Array;
  /** By plane. */
  readonly planeSums: Float64Array;
  spareBaselines: Float64Array;
  /** The squared remainder and the sum of Y after the last iteration. */
  readonly totals: Float64Array;
  /** Sums the illumination over the iterations, where that is wanted. */
  path?: LadmapPath;
}

/** The images and vectors of a fit. */
type LadmapImages = Pick<
  Ladmap,
  | "darkWeights"
  | "flatfield"
  | "darkResidual"
  | "baselines"
  | "darkfield"
  | "pixelSums"
  | "spareFlatfield"
  | "spareDarkResidual"
  | "planeSums"
  | "spareBaselines"
>;

/** What {@link createLadmap} allocates in the planes' memory, beside the arrays of the passes. */
export function ladmapLayout(
  planeCount: number,
  shapeYx: Yx,
): Layout<{ readonly images: LadmapImages; readonly cosine: CosineArrays }> {
  const [image, vector] = [doubles(elementCount(shapeYx)), doubles(planeCount)];
  const images: Layout<LadmapImages> = layoutOf({
    darkWeights: image,
    flatfield: image,
    darkResidual: image,
    baselines: vector,
    darkfield: image,
    pixelSums: image,
    spareFlatfield: image,
    spareDarkResidual: image,
    planeSums: vector,
    spareBaselines: vector,
  });
  return layoutOf({ images, cosine: cosineLayout(shapeYx) });
}

/** Memory for fits of planes of `shapeYx`; call {@link restartLadmap} before the first iteration. */
export function createLadmap(planes: LadmapPlanes, shapeYx: Yx, settings: LadmapSettings, scale: LadmapScale): Ladmap {
  const { images, cosine } = ladmapLayout(planes.planeCount, shapeYx).take(planes.memory);
  for (const numbers of Object.values(images)) numbers.fill(0);
  images.darkWeights.fill(1);
  return {
    planes,
    passes: passesFor(planes, scale.imageNorm),
    settings,
    scale,
    cosine: planCosineTransform(shapeYx, cosine),
    ...images,
    darkOffset: 0,
    mu: scale.initialMu,
    iteration: 0,
    totals: new Float64Array(2),
  };
}

/** Begins a fit from the given flat-field, all baselines 1, no dark-field and no residual. */
export async function restartLadmap(fit: Ladmap, flatfield: Float64Array): Promise<void> {
  await restartPlanes(fit);
  fit.flatfield.set(flatfield);
  fit.darkResidual.fill(0);
  fit.darkOffset = 0;
  await sumBackgrounds(fit);
}

/** Begins again with the planes' variables alone: baselines 1, no residual; flat-field and dark-field stay. */
export async function restartPlanes(fit: Ladmap): Promise<void> {
  await fillPlanes(fit.planes.residual, 0, fit.planes);
  await fillPlanes(fit.planes.multiplier, 0, fit.planes);
  fit.baselines.fill(1);
  setOut(fit, 0);
}

/** Gives the baselines mean 1, and sets mu as after some iterations. */
export function setOut(fit: Ladmap, iteration: number): void {
  const mean = sum(fit.baselines) / fit.baselines.length;
  if (mean > 0) {
    divideAll(fit.baselines, mean);
    divideAll(fit.flatfield, 1 / mean);
  }
  fit.mu = Math.min(fit.scale.initialMu * muGrowth ** iteration, fit.scale.largestMu);
  fit.iteration = iteration;
}

/**
 * The sums that the steps of S and D_z need: those of the step of Y, which changes nothing with mu 0. The remainder is
 * undefined here.
 */
export async function sumBackgrounds(fit: Ladmap): Promise<void> {
  await fit.passes.updateMultipliers(fit, 0, fit.mu, fit.pixelSums, fit.totals);
}

/** Magnitudes for which neither squares of counts nor penalties leave the range of single precision. */
const singleRange = [1e-6, 1e12] as const;

/**
 * The passes for planes: planes in single precision are computed in it, four pixels at a time; planes in double
 * precision, and those outside of its range, in double precision.
 * @param imageNorm the Frobenius norm of all planes
 */
export function passesFor(planes: LadmapPlanes, imageNorm: number): LadmapPasses {
  if (!areSingle(planes)) return doublePasses(planes);
  const magnitude = imageNorm / Math.sqrt(planes.image.length);
  if (!(magnitude >= singleRange[0] && magnitude <= singleRange[1])) return doublePasses(planes);
  return singlePasses(planes);
}
