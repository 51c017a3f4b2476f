/** BaSiC: estimates flat-field and dark-field from a stack of planes. */
import { doubles, integers } from "../../kernels/layout.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import type { Profile } from "../../profile/profile.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { meanOf, medianOfSorted } from "../../statistics.ts";
import { createPause, type Pause } from "../pause.ts";
import { fitProfileFast, sampleShape } from "./fast-fit.ts";
import type { FitThreads } from "./fit-team.ts";
import { iterateBaselines } from "./ladmap.ts";
import type { LadmapPlanes } from "./ladmap-passes.ts";
import { createLadmap, restartPlanes } from "./ladmap-state.ts";
import { gramLayout, largestSingularValue } from "./largest-singular-value.ts";
import { type BasicParameters, checkBasicParameters, checkStack, type ImageStack } from "./parameters.ts";
import { medianLayout, medianOverPlanes, normOfPlanes, pixelsAtOnce } from "./plane-steps.ts";
import { resizedPlane } from "./resize.ts";
import { loadPlanes, resizingLayout } from "./resize-planes.ts";
import {
  type FitListeners,
  type FitRun,
  faithfulSchedule,
  fitProfile,
  iterate,
  type ProfileFit,
  reweightResiduals,
} from "./reweighted-fit.ts";
import { allocateForFit, allocatePlanes, type FitBuffers, type Precision, weighPlanes } from "./working-planes.ts";

/** The result of a fit. Images are `[y, x]` of the planes' shape. */
export interface BasicFit extends ProfileFit {
  /** Rows and columns of the fields: those of the planes, not of the working size. */
  readonly shapeYx: Yx;
  /** Relative sensitivity; its mean is 1 at the working size. */
  readonly flatfield: Float64Array;
  /** In counts, `[y, x]`. */
  readonly darkfield: Float64Array;
  /** The brightness of the background of every plane, in counts. */
  readonly baselines: Float64Array;
  /** The median of the baselines. */
  readonly baseline: number;
  /** The iterations of every fit of the baselines alone; only with `sortIntensity`. */
  readonly baselineIterations: readonly number[];
}

/** How a fit is run. */
export interface BasicFitOptions extends FitListeners {
  /** Default `single`. */
  readonly precision?: Precision;
  /** The threads that compute it; by default only the caller's. The result does not depend on them. */
  readonly threads?: FitThreads;
  readonly signal?: AbortSignal;
}

const muCoefficient = 12.5;
const muRange = 1e7;

/**
 * Estimates flat-field, dark-field and baselines of a stack of planes.
 *
 * @param stack at least two planes; not changed
 * @throws {IsoluxError} kind `usage` for parameters out of range, `invalid` for a stack that does not have its shape,
 * `estimation` where the planes allow no estimate, `interrupted` when the signal is given
 * @see T. Peng et al., A BaSiC tool for background and shading correction of optical microscopy images,
 * Nature Communications 8 (2017), 14836
 */
export async function fitBasic(
  stack: ImageStack,
  parameters: BasicParameters,
  options: BasicFitOptions = {},
): Promise<BasicFit> {
  checkStack(stack);
  checkBasicParameters(parameters, stack.shapeYx);
  await loadKernels();
  const workingYx = fitShape(parameters, stack.shapeYx);
  const sampleYx =
    parameters.solver === "fast" ? sampleShape(stack.planeCount, workingYx, parameters.sortIntensity) : undefined;
  const shapes = [workingYx, ...(sampleYx ? [sampleYx] : [])];
  const more = mostPassing(stack, options.precision ?? "single", workingYx, sampleYx);
  const buffer = await allocateForFit(stack.planeCount, shapes, options.precision ?? "single", options.threads, more);
  try {
    return await fitInBuffers(stack, parameters, workingYx, buffer, options);
  } finally {
    await buffer.team?.close();
  }
}

/** The most memory that any step of a fit allocates temporarily. */
function mostPassing(stack: ImageStack, precision: Precision, workingYx: Yx, sampleYx: Yx = workingYx): number {
  const [pixels, sampled] = [elementCount(workingYx), elementCount(sampleYx)];
  const inBoth = Math.max(integers(sampled).bytes, doubles(stack.planeCount).bytes);
  if (precision === "double") return inBoth;
  return Math.max(
    inBoth,
    resizingLayout(stack, workingYx).bytes,
    gramLayout(stack.planeCount, pixels).bytes,
    medianLayout(stack.planeCount, sampled).bytes,
  );
}

const mostBaselineReweightings = 5;

/** Fits the baselines alone, with flat-field and dark-field fixed; returns the iterations of every fit. */
async function fitBaselines(run: FitRun): Promise<number[]> {
  const iterations: number[] = [];
  for (let reweighting = 1; reweighting <= mostBaselineReweightings; reweighting++) {
    await restartPlanes(run.fit);
    iterations.push(await iterate(run, "baselines", reweighting - 1, mostBaselineReweightings, 0, iterateBaselines));
    await reweightResiduals(run.fit.planes, run.fit, run.epsilon);
  }
  return iterations;
}

async function fitInBuffers(
  stack: ImageStack,
  parameters: BasicParameters,
  workingYx: Yx,
  buffer: FitBuffers,
  options: BasicFitOptions,
): Promise<BasicFit> {
  // 1. The planes at their working size, and their weights.
  const pause = createPause(options.signal);
  const planes = allocatePlanes(stack.planeCount, elementCount(workingYx), buffer);
  const smallest = await loadPlanes(stack, workingYx, planes, pause);
  await weighPlanes(stack, workingYx, parameters, planes);
  if (parameters.sortIntensity) await forPixels(planes, pause, (from, to) => sortOverPlanes(planes, from, to));
  // 2. The profile.
  const medianOf = (of: LadmapPlanes) => medianOverPlanes(of, pause);
  const fit = createLadmap(planes, workingYx, parameters, await scaleOf(planes, smallest));
  const profileShare = parameters.sortIntensity ? 0.7 : 1;
  const run: FitRun = { fit, epsilon: parameters.epsilon, listeners: options, pause, shares: [0, profileShare] };
  const profile = await (parameters.solver === "fast"
    ? fitProfileFast(run, buffer, parameters.sortIntensity, medianOf)
    : fitProfile(run, faithfulSchedule(await medianOf(planes))));
  // 3. Sorted planes are not planes of the stack: their baselines do not apply to it.
  const baselineIterations: number[] = [];
  if (parameters.sortIntensity) {
    await loadPlanes(stack, workingYx, planes, pause);
    // The last weights are a usable start; a segmentation holds only for the planes that it was made from.
    if (parameters.autosegment) await weighPlanes(stack, workingYx, parameters, planes);
    baselineIterations.push(...(await fitBaselines({ ...run, shares: [profileShare, 1] })));
  }
  return {
    shapeYx: stack.shapeYx,
    flatfield: resizedPlane(fit.flatfield, workingYx, stack.shapeYx),
    darkfield: resizedPlane(fit.darkfield, workingYx, stack.shapeYx),
    baselines: Float64Array.from(fit.baselines),
    baseline: medianOfSorted(Float64Array.from(fit.baselines).sort()),
    ...profile,
    baselineIterations,
  };
}

/**
 * Sorts the values of the pixels `[from, to)` over the planes, in place, the smallest first; every weight goes with its
 * value. Equal values keep their order.
 */
export function sortOverPlanes(planes: LadmapPlanes, from: number, to: number): void {
  const { planeCount, pixelCount, image, weights } = planes;
  const values = new Float64Array(planeCount);
  const carried = new Float64Array(planeCount);
  const order = Array.from({ length: planeCount }, (_, n) => n);
  for (let p = from; p < to; p++) {
    for (let n = 0; n < planeCount; n++) {
      values[n] = image[n * pixelCount + p]!;
      carried[n] = weights[n * pixelCount + p]!;
      order[n] = n;
    }
    // Where all weights are equal they need not be moved, and plain numbers sort ten times faster.
    const even = carried.every((weight) => weight === carried[0]);
    if (even) values.sort();
    else order.sort((a, b) => values[a]! - values[b]! || a - b);
    for (let n = 0; n < planeCount; n++) {
      image[n * pixelCount + p] = values[even ? n : order[n]!]!;
      weights[n * pixelCount + p] = carried[even ? n : order[n]!]!;
    }
  }
}

/**
 * Larger planes are resized: the cap on mu falls with the number of pixels, until no fit ends within its iterations.
 */
const mostPlanePixels = 128 * 128;

/** The shape that the fast solver fits planes of a shape at. */
export function fastShape([height, width]: Yx): Yx {
  const scale = Math.min(1, Math.sqrt(mostPlanePixels / (height * width)));
  return [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
}

/**
 * The shape that planes are fitted at: their own or the working size, limited by the solver.
 *
 * @param shapeYx the shape of the planes
 */
export function fitShape({ workingSizeYx, solver }: FitSize, shapeYx: Yx): Yx {
  const wanted = workingSizeYx ?? shapeYx;
  return solver === "fast" ? fastShape(wanted) : wanted;
}

/** The parameters that determine the working size of a fit. */
export type FitSize = Pick<BasicParameters, "workingSizeYx" | "solver">;

async function forPixels(
  { pixelCount }: LadmapPlanes,
  pause: Pause,
  work: (from: number, to: number) => void,
): Promise<void> {
  for (let from = 0; from < pixelCount; from += pixelsAtOnce) {
    work(from, Math.min(from + pixelsAtOnce, pixelCount));
    await pause();
  }
}

async function scaleOf(planes: LadmapPlanes, smallest: number) {
  const initialMu = muCoefficient / (await largestSingularValue(planes)) / planes.image.length;
  return {
    initialMu,
    largestMu: initialMu * muRange,
    imageNorm: await normOfPlanes(planes),
    largestDarkOffset: Math.max(0, smallest),
    smoothness: 1,
  };
}

/** Warnings about a fit: that it did not converge, or that it put the light into the dark-field. */
export function fitWarnings({ converged, reweightings, lastChange, darkfield, baseline }: BasicFit): string[] {
  const warnings: string[] = [];
  const { flatfield, darkfieldCounts } = lastChange;
  // A dark-field of almost nothing may keep changing by a large share of itself, which does no harm.
  if (!converged && (flatfield > 0.01 || darkfieldCounts > 1)) {
    const change = `${(100 * flatfield).toFixed(1)} % in the flat-field, ${darkfieldCounts.toFixed(1)} counts in the dark-field`;
    warnings.push(
      `The fit did not converge: round ${reweightings} still changed ${change}. More planes or a larger epsilon may help.`,
    );
  }
  const meanDark = meanOf(darkfield);
  if (meanDark > baseline) {
    const counts = `${Math.round(meanDark)} of ${Math.round(meanDark + baseline)} counts`;
    warnings.push(
      `The fit took ${counts} of the background for a dark-field larger than any camera has. Fit without a dark-field, with autosegment, or at a working size of 64.`,
    );
  }
  return warnings;
}

/** The profile of a fit; its baseline is the median brightness of the background. */
export function profileOfFit({ shapeYx, flatfield, darkfield, baseline }: BasicFit): Profile {
  return { shapeYx, flatfield: Float32Array.from(flatfield), darkfield: Float32Array.from(darkfield), baseline };
}

/** The profile for planes as they are, from one of planes that an offset was subtracted from. */
export function withDarkness(profile: Profile, offset: number): Profile {
  return { ...profile, darkfield: profile.darkfield.map((dark) => dark + offset) };
}
