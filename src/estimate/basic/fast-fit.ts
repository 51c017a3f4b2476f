/**
 * The `fast` solver, which reaches the profile of the `faithful` one in a fraction of the time.
 *
 * The reference begins every fit anew: only the weights carry over from one fit to the next. So the fits are made on a
 * sample of the pixels, a regular grid, where an iteration costs a fraction. Only the last one is repeated on all
 * pixels: its weights follow from the profile of the fit before, and its multipliers from the iterations on the sample,
 * so that only the last iterations remain. The iterations on the sample are those of the reference: mu stays that of
 * all pixels, since a threshold in counts means the same for a part of the pixels as for all; the cosine coefficients
 * of an image shrink with the side of its grid, and so does their threshold. Sampled pixels keep the noise and the
 * outliers that R consists of, which means of pixels would not.
 */
import { reading, writing } from "../../kernels/addresses.ts";
import { integers } from "../../kernels/layout.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { factorize } from "../transform/mixed-radix.ts";
import { scaleAndAdd } from "../vectors.ts";
import { pathLayout } from "./ladmap.ts";
import type { LadmapPlanes, Numbers } from "./ladmap-passes.ts";
import {
  createLadmap,
  type Ladmap,
  type LadmapPath,
  muGrowth,
  restartLadmap,
  setOut,
  sumBackgrounds,
} from "./ladmap-state.ts";
import { fillPlanes, leaveResiduals, normOfPlanes, takeUpPlanes } from "./plane-steps.ts";
import { resizedPlane } from "./resize.ts";
import {
  type FitRun,
  faithfulSchedule,
  fitProfile,
  mostReweightings,
  type ProfileFit,
  reweightDarkfield,
  reweightResiduals,
} from "./reweighted-fit.ts";
import { doTogether, eachPart } from "./team-job.ts";
import { allocatePlanes, type FitBuffers } from "./working-planes.ts";

/** Fewer pixels of all planes are fitted without a sample. */
const fewestPixels = 2 ** 20;
/** Pixels of all planes of a sample: enough for weights that lead to the same profile. */
const samplePixels = 5 * 2 ** 16;
/** The same for sorted planes, whose weights take longer to settle. */
const sortedSamplePixels = 2 ** 19;
const shortestSide = 24;
/** Until about this iteration a fit that begins with zeros has neither flat-field nor residual. */
const firstIteration = 30;
/** The fit of all pixels continues that of the sample from this many iterations before its end; it may need some more. */
const lastIterations = 25;
/** The share of the time that the fits of the sample take. */
const sampleShare = 0.8;

/** The shape of the sample of planes; `undefined` where these are too few or too small to gain by it. */
export function sampleShape(planeCount: number, [height, width]: Yx, sorted: boolean): Yx | undefined {
  const pixels = planeCount * height * width;
  if (pixels < fewestPixels) return undefined;
  const scale = Math.sqrt((sorted ? sortedSamplePixels : samplePixels) / pixels);
  const side = (length: number) => Math.min(length, transformable(Math.max(shortestSide, length * scale)));
  const shape: Yx = [side(height), side(width)];
  return 2 * elementCount(shape) <= height * width ? shape : undefined;
}

/** The largest whole number up to `length` whose cosine transform is quick, for it has no prime factor above 5. */
function transformable(length: number): number {
  let side = Math.floor(length);
  while (factorize(side).some((factor) => factor > 5)) side--;
  return side;
}

/**
 * Fits flat-field, dark-field and baselines: on a sample until the profile stays, then once on all pixels.
 *
 * @param sorted whether the planes' values were sorted; then no iteration of the last fit is spared
 * @param medianOf gives the pixelwise median of planes: what `faithfulSchedule` starts with
 * @throws {IsoluxError} kind `estimation` where the flat-field vanishes
 */
export async function fitProfileFast(
  run: FitRun,
  buffer: FitBuffers,
  sorted: boolean,
  medianOf: (planes: LadmapPlanes) => Promise<Float64Array>,
): Promise<ProfileFit> {
  const { fit } = run;
  const shapeYx = sampleShape(fit.planes.planeCount, fit.cosine.shapeYx, sorted);
  if (shapeYx === undefined) return fitProfile(run, faithfulSchedule(await medianOf(fit.planes)));
  const [from, to] = run.shares;
  const between = from + (to - from) * sampleShare;
  const { first, sample, before } = await fitSample({ ...run, shares: [from, between] }, shapeYx, buffer, medianOf);
  // The last fit of the sample again, on all pixels, with the weights that follow from the fit before it.
  spread(before, fit);
  await leaveResiduals(fit.planes, fit);
  await reweightResiduals(fit.planes, fit, run.epsilon);
  reweightDarkfield(fit.darkResidual, run.epsilon, fit.darkWeights);
  const begin = async () => {
    if (sorted) return await continueLadmap(fit, firstIteration);
    spread(sample, fit);
    await takeUp(fit, sample, firstIteration, Math.max(firstIteration, sample.iteration - lastIterations));
  };
  const last = await fitProfile({ ...run, shares: [between, to] }, { begin, most: 1 }, first.reweightings - 1);
  return {
    reweightings: first.reweightings,
    innerIterations: [...first.innerIterations, ...last.innerIterations],
    lastChange: first.lastChange,
    converged: first.converged && last.finished,
    finished: first.finished && last.finished,
  };
}

/** Fits a sample until its profile stays. @returns `before`: the profile of the last fit but one */
async function fitSample(
  run: FitRun,
  shapeYx: Yx,
  buffer: FitBuffers,
  medianOf: (planes: LadmapPlanes) => Promise<Float64Array>,
): Promise<{ first: ProfileFit; sample: Ladmap & { path: LadmapPath }; before: Profile }> {
  const { planes, cosine } = run.fit;
  const places = samplePlaces(cosine.shapeYx, shapeYx);
  const sampled = await sampleOf(run.fit, places, shapeYx, buffer);
  const path = createPath(sampled.planes);
  const sample = Object.assign(sampled, { path });
  const start = await medianOf(sample.planes);
  const before: Profile = {
    cosine: sample.cosine,
    flatfield: new Float64Array(places.length),
    darkResidual: new Float64Array(places.length),
    darkOffset: 0,
    baselines: new Float64Array(planes.planeCount),
  };
  const begin = async (_: unknown, count: number) => {
    clearPath(path);
    if (count > 0) remember(sample, before);
    if (count > 0) await continueLadmap(sample, firstIteration);
    else await restartLadmap(sample, start);
  };
  return { first: await fitProfile({ ...run, fit: sample }, { begin, most: mostReweightings }), sample, before };
}

/** A path without a step. */
function createPath({ planeCount, pixelCount, memory }: LadmapPlanes): LadmapPath {
  const path = { ...pathLayout(planeCount, pixelCount).take(memory), weight: 0 };
  clearPath(path);
  return path;
}

/** Resets the path. */
function clearPath(path: LadmapPath): void {
  for (const sums of [path.flatfield, path.darkfield, path.baselines]) sums.fill(0);
  path.weight = 0;
}

/**
 * Continues a fit with new weights: everything stays except the multipliers, which begin at 0, and mu, which begins
 * where the given number of iterations would have taken it. Until about then a fit that begins with zeros has neither
 * flat-field nor residual, whatever the weights are.
 */
async function continueLadmap(fit: Ladmap, iteration: number): Promise<void> {
  setOut(fit, iteration);
  await fillPlanes(fit.planes.multiplier, 0, fit.planes);
  await sumBackgrounds(fit);
}

/** The parts of a profile, and the baselines that belong to it. */
type Profile = Pick<Ladmap, "flatfield" | "darkResidual" | "darkOffset" | "baselines" | "cosine">;

/** Copies the profile of a fit that continues. */
function remember({ flatfield, darkResidual, darkOffset, baselines }: Profile, kept: Profile): void {
  kept.flatfield.set(flatfield);
  kept.darkResidual.set(darkResidual);
  kept.baselines.set(baselines);
  kept.darkOffset = darkOffset;
}

/** The pixels of a plane that are nearest to those of a coarser grid. */
function samplePlaces([height, width]: Yx, [rows, columns]: Yx): Int32Array {
  return Int32Array.from({ length: rows * columns }, (_, i) => {
    const y = Math.floor(((Math.floor(i / columns) + 0.5) * height) / rows);
    const x = Math.floor((((i % columns) + 0.5) * width) / columns);
    return y * width + x;
  });
}

async function sampleOf(
  { planes, settings, scale }: Ladmap,
  places: Int32Array,
  shapeYx: Yx,
  buffer: FitBuffers,
): Promise<Ladmap> {
  const { planeCount, pixelCount } = planes;
  const sampled: LadmapPlanes = allocatePlanes(planeCount, places.length, buffer);
  const mark = buffer.memory.mark();
  const placed = integers(places.length).take(buffer.memory);
  placed.set(places);
  await gatherPlanes(planes.image, pixelCount, placed, sampled.image, sampled);
  await gatherPlanes(planes.weights, pixelCount, placed, sampled.weights, sampled);
  buffer.memory.release(mark);
  const smoothness = Math.sqrt(places.length / pixelCount);
  return createLadmap(sampled, shapeYx, settings, { ...scale, imageNorm: await normOfPlanes(sampled), smoothness });
}

/** The pixels of all planes at the same indices, plane after plane. */
export async function gatherPlanes(
  source: Numbers,
  pixelCount: number,
  places: Int32Array,
  target: Numbers,
  { planeCount, team }: LadmapPlanes,
): Promise<void> {
  const count = places.length;
  if (source instanceof Float64Array || target instanceof Float64Array) {
    for (let n = 0; n < planeCount; n++) {
      for (let p = 0; p < count; p++) target[n * count + p] = source[n * pixelCount + places[p]!]!;
    }
    return;
  }
  const [from, to] = [eachPart(reading(source), pixelCount), eachPart(writing(target), count)];
  await doTogether({ kernel: "gatherPixels", parts: planeCount, given: [from, reading(places), count, to] }, team);
}

/** Gives a fit the flat-field, dark-field and baselines of its sample. */
function spread(sample: Profile, fit: Ladmap): void {
  const [fromYx, toYx] = [sample.cosine.shapeYx, fit.cosine.shapeYx];
  fit.flatfield.set(resizedPlane(sample.flatfield, fromYx, toYx));
  fit.darkResidual.set(resizedPlane(sample.darkResidual, fromYx, toYx));
  fit.darkOffset = sample.darkOffset;
  scaleAndAdd(fit.darkResidual, 1, fit.darkOffset, fit.darkfield);
  fit.baselines.set(sample.baselines);
}

/**
 * Continues near the end of another fit: with its illumination, which `fit` has already, and with the multipliers after
 * some of its iterations, which follow from its path.
 *
 * @param other on planes of the same light, of another number of pixels
 * @param first the iteration that `other` began with
 * @param iteration the one to continue with
 */
async function takeUp(
  fit: Ladmap,
  { path, cosine }: Ladmap & { path: LadmapPath },
  first: number,
  iteration: number,
): Promise<void> {
  setOut(fit, iteration);
  const { planes, scale, darkfield, darkResidual, darkOffset } = fit;
  const mean = (sums: Float64Array) => Float64Array.from(sums, (total) => total / path.weight);
  const image = (sums: Float64Array) => resizedPlane(mean(sums), cosine.shapeYx, fit.cosine.shapeYx);
  // The means are stored in the spare arrays, which the next steps overwrite.
  fit.spareFlatfield.set(image(path.flatfield));
  fit.spareDarkResidual.set(image(path.darkfield));
  fit.spareBaselines.set(mean(path.baselines));
  const means = { flatfield: fit.spareFlatfield, darkfield: fit.spareDarkResidual, baselines: fit.spareBaselines };
  scaleAndAdd(darkResidual, 1, darkOffset, darkfield);
  let muSum = 0;
  for (let i = first; i < iteration; i++) muSum += Math.min(scale.initialMu * muGrowth ** i, scale.largestMu);
  await takeUpPlanes(planes, fit, means, muSum, 1 / fit.mu);
  await sumBackgrounds(fit);
}
