/**
 * The state of a LADMAP fit (linearised alternating direction method with adaptive penalty) of
 * `I = S·B + D_R + D_z + R`: a smooth flat-field S, a baseline B for each plane, a smooth dark-field D_R over a constant
 * D_z, a sparse residual R.
 *
 * @see T. Peng et al., A BaSiC tool for background and shading correction of optical microscopy images,
 * Nature Communications 8 (2017), 14836
 * @see Z. Lin, R. Liu, Z. Su, Linearized alternating direction method with adaptive penalty for low-rank
 * representation, NIPS 2011
 */

import { memoryOf } from "../../kernels/kernel-memory.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { passesFor } from "./choose-passes.ts";
import type { Doubles } from "./complex-rows.ts";
import { type CosinePlan, cosineBytes, planCosineTransform } from "./cosine-transform.ts";
import type { LadmapPlanes } from "./ladmap-kernels.ts";
import type { LadmapPasses } from "./ladmap-passes.ts";
import { fillPlanes } from "./plane-steps.ts";
import { divideAll, sum } from "./vectors.ts";

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

/** What a fit is asked for. */
export interface LadmapSettings {
  readonly smoothnessFlatfield: number;
  readonly smoothnessDarkfield: number;
  readonly getDarkfield: boolean;
}

/** Quantities of the planes that set the scale of a fit. */
export interface LadmapScale {
  /** mu at the first iteration. */
  readonly initialMu: number;
  readonly largestMu: number;
  /** The Frobenius norm of all planes. */
  readonly imageNorm: number;
  /** The largest constant dark-field, in counts. */
  readonly largestDarkOffset: number;
  /** What the smoothness of S and D_R is multiplied by: 1, but for a sample of the pixels. */
  readonly smoothness: number;
}

/** A fit under way. Each step puts its result into the spare array and exchanges the two. */
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
  /** By pixel: what the kernels summed over the planes, and room for the smoothed images. */
  readonly pixelSums: Float64Array;
  spareFlatfield: Float64Array;
  spareDarkResidual: Float64Array;
  /** By plane. */
  readonly planeSums: Float64Array;
  spareBaselines: Float64Array;
  /** The squared remainder and the sum of Y after the last iteration. */
  readonly totals: Float64Array;
  /** Keeps the means of the iterations, where somebody wants them. */
  path?: LadmapPath;
}

/** Images and vectors of a fit, those of {@link createPath} included. */
const [imagesOfFit, vectorsOfFit] = [9, 4];

/** The bytes that a fit takes from the memory that its planes lie in, beside them. */
export function ladmapBytes(planeCount: number, shapeYx: Yx): number {
  const numbers = imagesOfFit * elementCount(shapeYx) + vectorsOfFit * planeCount;
  return 8 * numbers + 64 * (imagesOfFit + vectorsOfFit) + cosineBytes(shapeYx);
}

/** Gives room beside the planes of a fit, as long as there is some; elsewhere then. */
export function doublesBeside({ image }: LadmapPlanes): Doubles {
  const memory = memoryOf(image);
  return (length) => memory?.doubles(length)?.fill(0) ?? new Float64Array(length);
}

/** Memory for fits of planes of `shapeYx`; call {@link restartLadmap} before the first iteration. */
export function createLadmap(planes: LadmapPlanes, shapeYx: Yx, settings: LadmapSettings, scale: LadmapScale): Ladmap {
  const doubles = doublesBeside(planes);
  const image = () => doubles(planes.pixelCount);
  const vector = () => doubles(planes.planeCount);
  return {
    planes,
    passes: passesFor(planes, scale.imageNorm),
    settings,
    scale,
    cosine: planCosineTransform(shapeYx, doubles),
    darkWeights: image().fill(1),
    flatfield: image(),
    darkResidual: image(),
    darkOffset: 0,
    baselines: vector(),
    mu: scale.initialMu,
    iteration: 0,
    darkfield: image(),
    pixelSums: image(),
    spareFlatfield: image(),
    spareDarkResidual: image(),
    planeSums: vector(),
    spareBaselines: vector(),
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

/**
 * Goes on from where a fit is, with new weights: everything stays but the multipliers, which begin at 0, and mu, which
 * begins where the given number of iterations would have taken it. Until about then a fit from nothing has neither
 * flat-field nor residual, whatever the weights are.
 */
export async function continueLadmap(fit: Ladmap, iteration: number): Promise<void> {
  setOut(fit, iteration);
  await fillPlanes(fit.planes.multiplier, 0, fit.planes);
  await sumBackgrounds(fit);
}

/** Gives the baselines mean 1, and mu what it is after some iterations. */
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
 * The sums that the steps of S and D_z need: those of the step of Y, which goes nowhere where its mu is 0. The remainder
 * means nothing here.
 */
export async function sumBackgrounds(fit: Ladmap): Promise<void> {
  await fit.passes.updateMultipliers(fit, 0, fit.mu, fit.pixelSums, fit.totals);
}
