/**
 * Refines a profile by what overlaps tell: the same tissue, seen through two parts of the field, must look the same.
 *
 * First the camera offset that an estimate took for light, one number; then smooth corrections of flat-field and
 * dark-field. Either is kept only if it makes pairs agree that had no part in finding it (k folds over the pairs), and of
 * several strengths of regularisation the strongest is taken that none beats by a standard error: inside of the field
 * no overlap can tell, and what is weakly determined must stay as it was.
 */
import type { Profile } from "../../profile/profile.ts";
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import { createPause } from "../basic/pause.ts";
import type { Shading } from "../correct-patches.ts";
import { foldsOf, type Improvement, improvement, isBetter, meanOver, mostCareful } from "./held-out.ts";
import { bestOffset, tryOffsets, withOffset } from "./hidden-offset.ts";
import { disagreement, meanOf, type OverlapData, ofPairs, prepareOverlaps } from "./overlap-data.ts";
import { applyCorrection, fitCorrection, linearPairs, modelCorrection } from "./smooth-correction.ts";

/** How a refinement is made. */
export interface RefineOptions {
  /** Decides which pairs are judged together. */
  readonly seed: number;
  /** 5 by default. */
  readonly folds?: number;
  /** The estimate made again from the same planes, if the camera's offset were this many counts more. */
  readonly refit?: (offset: number) => Promise<Profile>;
  readonly signal?: AbortSignal;
  /** Told the share of the work that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** What a refinement found, as JSON-able values. */
export interface RefinementReport {
  /** Whether it changed the profile. */
  readonly changed: boolean;
  /** Pairs of neighbours that could be compared. */
  readonly pairCount: number;
  readonly folds: number;
  /** The camera offset that was found in the planes, in counts; not there where none was. */
  readonly cameraOffset?: number;
  /** The strength of the regularisation of the smooth correction; not there where none was made. */
  readonly strength?: number;
  /**
   * How far neighbours are apart, relative to their brightness, on average over pairs: with the profile as it was, with
   * that of fits that did not see the pair, and with the one returned.
   */
  readonly before: number;
  readonly heldOut: number;
  readonly after: number;
}

/** A refined profile; the one that was given, where nothing made it better. */
export interface Refinement {
  readonly profile: Profile;
  readonly report: RefinementReport;
}

/**
 * Strengths of regularisation, the strongest first; each pair counts as 1. On acquisitions whose truth is known weaker
 * ones still made held-out pairs agree better, and the profile worse inside of the field, where no overlap is.
 */
const strengths = [1000, 300, 100, 30, 10];

/** With fewer pairs than this nothing can be held out, and a profile stays as it is. */
export const fewestPairs = 4;

/**
 * Refines a profile of the fields' shape. Deterministic: the same input and seed give the same profile.
 * @param patches overlaps of the tiles that the profile is for, at the level of the profile
 * @throws IsoluxError `interrupted`
 */
export async function refineProfile(
  start: Profile,
  patches: readonly OverlapPatch[],
  options: RefineOptions,
): Promise<Refinement> {
  const { profile, report } = await refineByOverlaps(start, prepareOverlaps(start.shapeYx, patches), options);
  return { profile, report };
}

/** The same with overlaps that are prepared already; also gives every pair's figure by what was found without it. */
export async function refineByOverlaps(
  start: Profile,
  data: OverlapData,
  options: RefineOptions,
): Promise<Refinement & { readonly heldOut: Float64Array }> {
  const pause = createPause(options.signal);
  const before = disagreement(data, start, start);
  const pairs = [...before.keys()].filter((pair) => Number.isFinite(before[pair]!));
  const figure = meanOver(before, pairs);
  if (pairs.length < fewestPairs) {
    const report = {
      changed: false,
      pairCount: pairs.length,
      folds: 0,
      before: figure,
      heldOut: figure,
      after: figure,
    };
    return { profile: start, report, heldOut: before };
  }
  const folds = foldsOf(pairs, Math.min(options.folds ?? 5, pairs.length), options.seed);
  await pause();
  const offset = await removeHiddenOffset(start, data, folds, options);
  options.onProgress?.(0.3);
  const smooth = await correctSmoothly(offset, start, data, folds, async (share) => {
    await pause();
    options.onProgress?.(0.3 + 0.7 * share);
  });
  const { shading } = smooth;
  const profile: Profile = {
    shapeYx: start.shapeYx,
    flatfield: Float32Array.from(shading.flatfield),
    darkfield: Float32Array.from(shading.darkfield),
    baseline: offset.baseline,
  };
  const changed = offset.cameraOffset !== undefined || smooth.strength !== undefined;
  return {
    profile: changed ? profile : start,
    heldOut: smooth.heldOut,
    report: {
      changed,
      pairCount: pairs.length,
      folds: folds.length,
      ...(offset.cameraOffset === undefined ? {} : { cameraOffset: offset.cameraOffset }),
      ...(smooth.strength === undefined ? {} : { strength: smooth.strength }),
      before: figure,
      heldOut: meanOver(smooth.heldOut, pairs),
      after: meanOver(disagreement(data, shading, start), pairs),
    },
  };
}

/** A shading on its way, with the figures of pairs that it did not see. */
interface Stage {
  readonly shading: Shading;
  /** Counts that this shading takes off and the start does not. */
  readonly constant: number;
  readonly baseline: number;
  readonly heldOut: Float64Array;
  readonly cameraOffset?: number;
  readonly strength?: number;
}

async function removeHiddenOffset(
  start: Profile,
  data: OverlapData,
  folds: readonly number[][],
  { refit }: RefineOptions,
): Promise<Stage> {
  const { baseline } = start;
  const trials = tryOffsets(start, baseline, data);
  const before = disagreement(data, start, start);
  const asItWas: Stage = { shading: start, constant: 0, baseline, heldOut: before };
  if (!(baseline > 0) || trials.offsets.length < 3) return asItWas;
  const heldOut = heldOutFigures(data, folds, (training, held) => {
    const offset = bestOffset(trials, training);
    return disagreement(ofPairs(data, new Set(held)), withOffset(start, baseline, offset), start);
  });
  const pairs = folds.flat();
  if (!isBetter(improvement(before, heldOut, pairs))) return asItWas;
  const offset = bestOffset(trials, pairs);
  const stretched = withOffset(start, baseline, offset);
  const found: Stage = {
    shading: stretched,
    constant: offset,
    baseline: baseline - offset,
    heldOut,
    cameraOffset: offset,
  };
  const again = await refit?.(offset);
  if (again === undefined) return found;
  const constant = meanOf(again.darkfield) - meanOf(start.darkfield);
  const figures = disagreement(data, again, start);
  const refitted: Stage = { ...found, shading: again, constant, baseline: again.baseline, heldOut: figures };
  return meanOver(figures, pairs) < meanOver(heldOut, pairs) ? refitted : found;
}

async function correctSmoothly(
  base: Stage,
  start: Shading,
  data: OverlapData,
  folds: readonly number[][],
  onShare: (share: number) => Promise<void>,
): Promise<Stage> {
  const pairs = folds.flat();
  const model = modelCorrection(base.shading, typicalBrightness(data), base.constant);
  const linear = linearPairs(model, data);
  const figures = strengths.map(() => new Float64Array(data.pairCount).fill(Number.NaN));
  for (const [index, held] of folds.entries()) {
    const rest = linear.filter(({ pair }) => !held.includes(pair));
    const judged = ofPairs(data, new Set(held));
    let coefficients: Float64Array | undefined;
    for (const [choice, strength] of strengths.entries()) {
      coefficients = fitCorrection(model, rest, strength, coefficients);
      const values = disagreement(judged, applyCorrection(model, coefficients), start);
      for (const pair of held) figures[choice]![pair] = values[pair]!;
      await onShare((index + (choice + 1) / strengths.length) / (folds.length + 1));
    }
  }
  const choice = mostCareful(figures, pairs);
  const gain: Improvement = improvement(base.heldOut, figures[choice]!, pairs);
  if (!isBetter(gain)) return base;
  let coefficients: Float64Array | undefined;
  for (const strength of strengths.slice(0, choice + 1)) {
    coefficients = fitCorrection(model, linear, strength, coefficients);
    await onShare(1 - 1 / (folds.length + 1));
  }
  const shading = applyCorrection(model, coefficients!);
  return { ...base, shading, heldOut: figures[choice]!, strength: strengths[choice]! };
}

/** For every pair its figure by what was found without it. */
function heldOutFigures(
  { pairCount }: OverlapData,
  folds: readonly number[][],
  judge: (training: readonly number[], held: readonly number[]) => Float64Array,
): Float64Array {
  const figures = new Float64Array(pairCount).fill(Number.NaN);
  for (const held of folds) {
    const training = folds.flat().filter((pair) => !held.includes(pair));
    const values = judge(training, held);
    for (const pair of held) figures[pair] = values[pair]!;
  }
  return figures;
}

/** The median brightness of the overlaps, in counts. */
function typicalBrightness({ patches }: OverlapData): number {
  const means = patches.map(({ first }) => meanOf(first.filter((value) => !Number.isNaN(value))));
  const sorted = means.filter(Number.isFinite).sort((a, b) => a - b);
  return Math.max(1, sorted[sorted.length >> 1] ?? 1);
}
