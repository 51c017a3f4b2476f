/** BaSiC: the illumination of a stack of planes, estimated from the planes themselves. */
import { loadKernels } from "../../kernels/load-kernels.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { checkBasicParameters, checkStack } from "./check.ts";
import { fastShape, fitProfileFast, sampleShape } from "./fast-fit.ts";
import type { FitThreads } from "./fit-team.ts";
import type { ImageStack } from "./image-stack.ts";
import type { LadmapPlanes } from "./ladmap-kernels.ts";
import { createLadmap, type LadmapScale } from "./ladmap-state.ts";
import { largestSingularValue } from "./largest-singular-value.ts";
import type { BasicParameters } from "./parameters.ts";
import { createPause, type Pause } from "./pause.ts";
import { medianBytes, medianOfSorted, medianOverPlanes, pixelsAtOnce, sortOverPlanes } from "./plane-order.ts";
import { normOfPlanes } from "./plane-steps.ts";
import { resizedPlane } from "./resize.ts";
import { resizingBytes } from "./resize-planes.ts";
import {
  type FitListeners,
  type FitRun,
  faithfulSchedule,
  fitBaselines,
  fitProfile,
  type ProfileFit,
} from "./reweighted-fit.ts";
import { singlePassesBytes } from "./single-passes.ts";
import { allocatePlanes, type FitRoom, loadPlanes, makeRoom, type Precision, weighPlanes } from "./working-planes.ts";

/** What a fit found. Images are `[y, x]` of the planes' shape. */
export interface BasicFit extends ProfileFit {
  readonly shapeYx: Yx;
  /** Relative sensitivity; its mean is 1 at the working size. */
  readonly flatfield: Float64Array;
  /** In counts. */
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
  /** The threads that work at it; without, the caller's alone. The result does not depend on it. */
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
  const more = Math.max(
    resizingBytes(stack, workingYx),
    medianBytes(stack.planeCount, elementCount(sampleYx ?? workingYx)),
  );
  const room = await makeRoom(stack.planeCount, shapes, options.precision ?? "single", options.threads, more);
  try {
    return await fitInRoom(stack, parameters, workingYx, room, options);
  } finally {
    await room.team?.close();
  }
}

async function fitInRoom(
  stack: ImageStack,
  parameters: BasicParameters,
  workingYx: Yx,
  room: FitRoom,
  options: BasicFitOptions,
): Promise<BasicFit> {
  // 1. The planes at their working size, and their weights.
  const pause = createPause(options.signal);
  const planes = allocatePlanes(stack.planeCount, elementCount(workingYx), room);
  const smallest = await loadPlanes(stack, workingYx, planes, pause);
  await weighPlanes(stack, workingYx, parameters, planes);
  if (parameters.sortIntensity) await forPixels(planes, pause, (from, to) => sortOverPlanes(planes, from, to));
  // 2. The profile.
  const medianOf = (of: LadmapPlanes) => medianOverPlanes(of, pause);
  const fit = createLadmap(planes, workingYx, parameters, await scaleOf(planes, smallest));
  const profileShare = parameters.sortIntensity ? 0.7 : 1;
  const run: FitRun = { fit, epsilon: parameters.epsilon, listeners: options, pause, shares: [0, profileShare] };
  const profile = await (parameters.solver === "fast"
    ? fitProfileFast(run, room, parameters.sortIntensity, medianOf)
    : fitProfile(run, faithfulSchedule(await medianOf(planes))));
  // 3. Sorted planes are no planes of the stack: their baselines say nothing about it.
  const baselineIterations: number[] = [];
  if (parameters.sortIntensity) {
    await loadPlanes(stack, workingYx, planes, pause);
    // The last weights are a start, if a poor one; a segmentation belongs to the planes that it was made from.
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

/** I, R, Y and W, see `LadmapPlanes`. */
const arraysOfPlanes = 4;
/** Float64 images: the state of the fit, the result, and the transforms' tables, which prime sizes make large. */
const imagesOfFit = 36;

/**
 * The shape that planes are fitted at: their own or the working size, and not more than the solver takes.
 *
 * @param shapeYx the shape of the planes
 */
export function fitShape({ workingSizeYx, solver }: FitSize, shapeYx: Yx): Yx {
  const wanted = workingSizeYx ?? shapeYx;
  return solver === "fast" ? fastShape(wanted) : wanted;
}

/** The parameters that decide how large the planes are that a fit works on. */
export type FitSize = Pick<BasicParameters, "workingSizeYx" | "solver">;

/**
 * The bytes that {@link fitBasic} needs at its peak, over the stack that it is given.
 *
 * @param shapeYx the shape of the planes
 */
export function basicFitBytes(planeCount: number, shapeYx: Yx, precision: Precision, size: FitSize): number {
  const bytesPerNumber = precision === "single" ? 4 : 8;
  const workingYx = fitShape(size, shapeYx);
  const sampleYx = size.solver === "fast" ? sampleShape(planeCount, workingYx, true) : undefined;
  const pixels = elementCount(workingYx) + (sampleYx ? elementCount(sampleYx) : 0);
  const largest = Math.max(pixels, elementCount(shapeYx));
  const passesBytes = precision === "single" ? singlePassesBytes(planeCount, pixels) : 0;
  return planeCount * pixels * arraysOfPlanes * bytesPerNumber + passesBytes + largest * imagesOfFit * 8;
}

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

async function scaleOf(planes: LadmapPlanes, smallest: number): Promise<LadmapScale> {
  const initialMu = muCoefficient / (await largestSingularValue(planes)) / planes.image.length;
  return {
    initialMu,
    largestMu: initialMu * muRange,
    imageNorm: await normOfPlanes(planes),
    largestDarkOffset: Math.max(0, smallest),
    smoothness: 1,
  };
}
