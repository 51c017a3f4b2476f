/** Fits that are made again and again, each with the weights that the one before suggests. */
import { IsoluxError } from "../../errors.ts";
import { iterateBaselines, iterateLadmap, type LadmapProgress, mostIterations } from "./ladmap.ts";
import { type Ladmap, restartLadmap, restartPlanes } from "./ladmap-state.ts";
import type { Pause } from "./pause.ts";
import { reweightDarkfield, reweightResiduals } from "./reweight.ts";
import { divideAll, sum, sumOfDifferences, sumOfMagnitudes } from "./vectors.ts";

/** Where a fit is. */
export interface BasicProgress extends LadmapProgress {
  /** The profile is fitted first; with `sortIntensity` the baselines are fitted again afterwards. */
  readonly phase: "profile" | "baselines";
  /** Which fit, from 1. */
  readonly reweighting: number;
  /** How much of the work is done, from 0 to 1: an estimate, as nobody knows how many iterations a fit takes. */
  readonly share: number;
}

/** Who listens to a fit. */
export interface FitListeners {
  /** Called about ten times a second. */
  readonly onProgress?: (progress: BasicProgress) => void;
  /** Called after every iteration, with the state of the fit: for tests. */
  readonly onIteration?: (progress: BasicProgress, fit: Readonly<Ladmap>) => void;
}

/** A fit and what goes with it. */
export interface FitRun {
  readonly fit: Ladmap;
  /** What a weight is at most the inverse of, see `reweightResiduals`. */
  readonly epsilon: number;
  readonly listeners: FitListeners;
  readonly pause: Pause;
  /** What {@link BasicProgress.share} is at the beginning and at the end. */
  readonly shares: readonly [from: number, to: number];
}

/** How much a profile differs from the one before. */
export interface ProfileChange {
  /** Relative to the one before, of flat-field or dark-field, whichever changed more: what ends the reweighting. */
  readonly share: number;
  /** Of the flat-field, relative to it. */
  readonly flatfield: number;
  /** Of the dark-field, on average over its pixels, in counts. */
  readonly darkfieldCounts: number;
}

/** How the fits of a profile went; the profile itself is in the state of the fit. */
export interface ProfileFit {
  /** How many times the profile was fitted, the first time included. */
  readonly reweightings: number;
  /** The iterations of every fit; the fast solver makes the last one twice, on a sample and on all pixels. */
  readonly innerIterations: readonly number[];
  /** How much the last fit still changed the profile. */
  readonly lastChange: ProfileChange;
  /** Whether that is as little as asked for, and every fit ended before its last permitted iteration. */
  readonly converged: boolean;
  /** Whether every fit ended before its last permitted iteration. */
  readonly finished: boolean;
}

/** How many times a profile is fitted at most. */
export const mostReweightings = 10;
const mostBaselineReweightings = 5;
/** After so many iterations a fit counts as half done. */
const usualIterations = 50;
const reweightingTolerance = 1e-2;

/** The fits that make a profile: how each begins, and how many there may be. */
export interface FitSchedule {
  /** Begins a fit; `count` fits were made before. */
  readonly begin: (fit: Ladmap, count: number) => Promise<void>;
  readonly most: number;
}

/**
 * Fits flat-field, dark-field and baselines until the profile stays.
 *
 * @param before fits that were made before this
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
 * The schedule of the reference: every fit begins from nothing.
 *
 * @param start the flat-field that it begins with
 */
export function faithfulSchedule(start: Float64Array): FitSchedule {
  return { begin: (fit) => restartLadmap(fit, start), most: mostReweightings };
}

/** Fits the baselines alone, with flat-field and dark-field as they are; returns the iterations of every fit. */
export async function fitBaselines(run: FitRun): Promise<number[]> {
  const iterations: number[] = [];
  for (let reweighting = 1; reweighting <= mostBaselineReweightings; reweighting++) {
    await restartPlanes(run.fit);
    iterations.push(await iterate(run, "baselines", reweighting - 1, mostBaselineReweightings, 0, iterateBaselines));
    await reweightResiduals(run.fit.planes, run.fit, run.epsilon);
  }
  return iterations;
}

/** Iterates one fit from where it is to its end; returns how many iterations it took. */
async function iterate(
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

/** Gives the flat-field mean 1; the baselines take what it had. */
function normalizeFlatfield({ flatfield, baselines, settings }: Ladmap): void {
  const mean = sum(flatfield) / flatfield.length;
  if (!(mean > 0)) throw vanishedFlatfield(settings);
  divideAll(flatfield, mean);
  divideAll(baselines, 1 / mean);
}

/** With a dark-field the cheaper of the two takes all the light: the one that is asked to be less smooth. */
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

/** A dark-field counts as at least one count in all: next to nothing may change by any share. */
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
