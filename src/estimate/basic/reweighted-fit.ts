/** Iteratively reweighted fits: each is made with the weights that follow from the one before. */
import { IsoluxError } from "../../errors.ts";
import { reading, writing } from "../../kernels/addresses.ts";
import type { Pause } from "../pause.ts";
import { divideAll, sum } from "../vectors.ts";
import { iterateLadmap, type LadmapProgress } from "./ladmap.ts";
import { areSingle, type Illumination, type LadmapPlanes, type Numbers } from "./ladmap-passes.ts";
import { type Ladmap, restartLadmap } from "./ladmap-state.ts";
import { doTogether, eachPart } from "./team-job.ts";

/** The progress of a fit. */
export interface BasicProgress extends LadmapProgress {
  /** The profile is fitted first; with `sortIntensity` the baselines are fitted again afterwards. */
  readonly phase: "profile" | "baselines";
  /** Which fit, from 1. */
  readonly reweighting: number;
  /** The fraction of the work that is done, from 0 to 1: an estimate, as the number of iterations is not known. */
  readonly share: number;
}

/** Callbacks of a fit. */
export interface FitListeners {
  /** Called about ten times a second. */
  readonly onProgress?: (progress: BasicProgress) => void;
  /** Called after every iteration, with the state of the fit: for tests. */
  readonly onIteration?: (progress: BasicProgress, fit: Readonly<Ladmap>) => void;
}

/** A fit with its options and callbacks. */
export interface FitRun {
  readonly fit: Ladmap;
  /** Limits weights: none exceeds the inverse of this, see `reweightResiduals`. */
  readonly epsilon: number;
  readonly listeners: FitListeners;
  readonly pause: Pause;
  /** The values of {@link BasicProgress.share} at the beginning and at the end. */
  readonly shares: readonly [from: number, to: number];
}

/** How much a profile differs from the one of the fit before. */
interface ProfileChange {
  /** Relative change of flat-field or dark-field, whichever changed more: it ends the reweighting. */
  readonly share: number;
  /** Relative change of the flat-field. */
  readonly flatfield: number;
  /** Mean change of the dark-field over its pixels, in counts. */
  readonly darkfieldCounts: number;
}

/** How the fits of a profile went; the profile itself is in the state of the fit. */
export interface ProfileFit {
  /** How many times the profile was fitted, the first time included. */
  readonly reweightings: number;
  /** The iterations of every fit; the fast solver makes the last one twice, on a sample and on all pixels. */
  readonly innerIterations: readonly number[];
  /** How much the last fit changed the profile. */
  readonly lastChange: ProfileChange;
  /** Whether that change is as small as asked for, and every fit ended before its last permitted iteration. */
  readonly converged: boolean;
  /** Whether every fit ended before its last permitted iteration. */
  readonly finished: boolean;
}

/** How many times a profile is fitted at most. */
export const mostReweightings = 10;
/** Iterations after which a fit counts as half done. */
const usualIterations = 50;
const reweightingTolerance = 1e-2;

/** The fits for a profile: how each begins, and how many there may be. */
export interface FitSchedule {
  /** Begins a fit; `count` fits were made before. */
  readonly begin: (fit: Ladmap, count: number) => Promise<void>;
  readonly most: number;
}

/** The most iterations of a fit. */
const mostIterations = 500;

/**
 * Fits flat-field, dark-field and baselines until the profile no longer changes.
 *
 * @param before number of fits that were made before this
 * @throws {IsoluxError} kind `estimation` where the flat-field vanishes
 */
export async function fitProfile(run: FitRun, { begin, most }: FitSchedule, before = 0): Promise<ProfileFit> {
  const { fit, epsilon } = run;
  const innerIterations: number[] = [];
  const { pixelCount } = fit.planes;
  const last = { flatfield: new Float64Array(pixelCount), darkfield: new Float64Array(pixelCount) };
  let lastChange: ProfileChange = { share: Number.POSITIVE_INFINITY, flatfield: 0, darkfieldCounts: 0 };
  let finished = true;
  while (innerIterations.length < most && lastChange.share > reweightingTolerance) {
    await begin(fit, innerIterations.length);
    const iterations = await iterate(run, "profile", innerIterations.length, most, before, iterateLadmap);
    finished &&= fit.iteration < mostIterations;
    innerIterations.push(iterations);
    normalizeFlatfield(fit);
    await reweightResiduals(fit.planes, fit, epsilon);
    reweightDarkfield(fit.darkResidual, epsilon, fit.darkWeights);
    if (innerIterations.length > 1) lastChange = profileChange(fit, last.flatfield, last.darkfield);
    last.flatfield.set(fit.flatfield);
    last.darkfield.set(fit.darkfield);
  }
  const converged = finished && lastChange.share <= reweightingTolerance;
  return { reweightings: innerIterations.length, innerIterations, lastChange, converged, finished };
}

/**
 * The schedule of the reference: every fit begins with zeros.
 *
 * @param start the flat-field that it begins with
 */
export function faithfulSchedule(start: Float64Array): FitSchedule {
  return { begin: (fit) => restartLadmap(fit, start), most: mostReweightings };
}

/** Iterates one fit until it ends; returns the number of iterations. */
export async function iterate(
  { fit, listeners, pause, shares: [from, to] }: FitRun,
  phase: BasicProgress["phase"],
  done: number,
  most: number,
  before: number,
  step: (fit: Ladmap) => Promise<LadmapProgress>,
): Promise<number> {
  const first = fit.iteration;
  for (;;) {
    const state = await step(fit);
    const share = from + ((to - from) * (done + state.iteration / (state.iteration + usualIterations))) / most;
    const progress: BasicProgress = { phase, reweighting: before + done + 1, share, ...state };
    listeners.onIteration?.(progress, fit);
    if (await pause()) listeners.onProgress?.(progress);
    if (progress.converged || progress.iteration >= mostIterations) return progress.iteration - first;
  }
}

/** Gives the flat-field mean 1; the baselines are scaled inversely. */
function normalizeFlatfield({ flatfield, baselines, settings }: Ladmap): void {
  const mean = sum(flatfield) / flatfield.length;
  if (!(mean > 0)) throw vanishedFlatfield(settings);
  divideAll(flatfield, mean);
  divideAll(baselines, 1 / mean);
}

/**
 * The error for a flat-field of 0. With a dark-field, the less smooth of the two is cheaper and takes all the light.
 */
function vanishedFlatfield({
  smoothnessFlatfield,
  smoothnessDarkfield,
  getDarkfield,
}: Ladmap["settings"]): IsoluxError {
  const darkfield = `, raise smoothness_darkfield (it is ${smoothnessDarkfield}), or fit without a dark-field`;
  return new IsoluxError({
    kind: "estimation",
    what: "The estimated flat-field is zero everywhere",
    advice: `Lower smoothness_flatfield (it is ${smoothnessFlatfield})${getDarkfield ? darkfield : ""}`,
  });
}

/** The dark-field's scale is at least one count in all: otherwise tiny values could change by any share. */
function profileChange(
  { flatfield: newFlatfield, darkfield: newDarkfield, settings }: Ladmap,
  lastFlatfield: Float64Array,
  lastDarkfield: Float64Array,
): ProfileChange {
  const flatfield = sumOfDifferences(newFlatfield, lastFlatfield) / sumOfMagnitudes(lastFlatfield);
  if (!settings.getDarkfield) return { share: flatfield, flatfield, darkfieldCounts: 0 };
  const darkfield = sumOfDifferences(newDarkfield, lastDarkfield);
  const share = Math.max(flatfield, darkfield / Math.max(sumOfMagnitudes(lastDarkfield), 1));
  return { share, flatfield, darkfieldCounts: darkfield / newDarkfield.length };
}

/** The sum of all magnitudes. */
export function sumOfMagnitudes(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += Math.abs(values[i]!);
  return total;
}

/** The sum of the magnitudes of all differences. */
export function sumOfDifferences(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += Math.abs(a[i]! - b[i]!);
  return total;
}

// Iterative reweighting: what a fit could not explain costs less in the next one, so that the specimen does not affect
// the background. @see E. J. Candes, M. B. Wakin, S. P. Boyd, Enhancing sparsity by reweighted l1 minimization, 2008

/** The illumination of planes, and an array for one sum per plane. */
type Explanation = Illumination & Pick<Ladmap, "planeSums">;

/**
 * The weights after a fit: `1 / (|R / (L + epsilon)| + epsilon)` with `L = S·B + D`, divided by their mean.
 * Weights that are 0 stay 0: these pixels are ignored from the beginning.
 */
export async function reweightResiduals(planes: LadmapPlanes, by: Explanation, epsilon: number): Promise<void> {
  const { planeSums } = by;
  if (areSingle(planes)) {
    const { planeCount, pixelCount, residual, team } = planes;
    const arrays = [eachPart(reading(residual), pixelCount), eachPart(writing(planes.weights), pixelCount)] as const;
    const light = [reading(by.flatfield), reading(by.darkfield), eachPart(reading(by.baselines), 1)] as const;
    const given = [...arrays, pixelCount, ...light, epsilon, eachPart(writing(planeSums), 1)] as const;
    await doTogether({ kernel: "reweightPlane", parts: planeCount, given }, team);
  } else {
    reweightInDouble(planes, by, epsilon);
  }
  const { weights } = planes;
  await dividePlanes(weights, sum(planeSums) / weights.length, planes);
}

/** Divides all values of one of the arrays of a fit. */
export async function dividePlanes(values: Numbers, divisor: number, planes: LadmapPlanes): Promise<void> {
  const { planeCount, pixelCount, team } = planes;
  if (values instanceof Float64Array) {
    for (let i = 0; i < values.length; i++) values[i]! /= divisor;
    return;
  }
  const given = [eachPart(writing(values), pixelCount), pixelCount, divisor] as const;
  await doTogether({ kernel: "divideFloats", parts: planeCount, given }, team);
}

/** Weights before they are divided, and their sums by plane: in two lanes, and the remaining ones in a third. */
function reweightInDouble(planes: LadmapPlanes, by: Explanation, epsilon: number): void {
  const { planeCount, pixelCount, residual, weights } = planes;
  const { flatfield, darkfield, baselines, planeSums } = by;
  const lanes = [0, 0, 0];
  for (let n = 0; n < planeCount; n++) {
    const offset = n * pixelCount;
    const baseline = baselines[n]!;
    lanes.fill(0);
    for (let p = 0; p < pixelCount; p++) {
      const explained = flatfield[p]! * baseline + darkfield[p]! + epsilon;
      const weight = weightOf(residual[offset + p]!, explained, epsilon);
      const isLast = p === pixelCount - 1 && pixelCount % 2 === 1;
      lanes[isLast ? 2 : p % 2]! += weight;
      if (weights[offset + p] !== 0) weights[offset + p] = weight;
    }
    planeSums[n] = lanes[0]! + lanes[1]! + lanes[2]!;
  }
}

/** The weights of the dark-field after a fit: `1 / (|D_R| + epsilon)`, divided by their mean. */
export function reweightDarkfield(darkResidual: Float64Array, epsilon: number, darkWeights: Float64Array): void {
  for (let p = 0; p < darkWeights.length; p++) darkWeights[p] = 1 / (Math.abs(darkResidual[p]!) + epsilon);
  divideAll(darkWeights, sum(darkWeights) / darkWeights.length);
}

/** The weight of a pixel. No residual means full weight, also where the illumination is 0. */
function weightOf(residual: number, explained: number, epsilon: number): number {
  return residual === 0 ? 1 / epsilon : 1 / (Math.abs(residual / explained) + epsilon);
}
