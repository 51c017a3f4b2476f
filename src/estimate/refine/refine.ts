/**
 * Refines a profile by overlaps: the same tissue, seen through two parts of the field, must look the same.
 *
 * First the camera's offset is found from all estimates of it, and the profile is estimated again without it; then the
 * light is changed smoothly, see `overlap-model.ts`. The result is kept only if held-out pairs agree better (folds over
 * the pairs). Of several strengths of regularisation the strongest is used that is within a standard error of the best.
 */
import type { Profile } from "../../profile/profile.ts";
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import { createPause, type Pause } from "../pause.ts";
import { crossValidate, fewestPairs, usualFolds, type ValidatedFit } from "./cross-validate.ts";
import { type BlockedPlanes, dimLight } from "./dim-light.ts";
import { findOffset, type OffsetFinding, offsetToTakeOff } from "./find-offset.ts";
import { withFineLight } from "./fine-light.ts";
import { foldsOf, improvement, isBetter, meanOver } from "./held-out.ts";
import { lightTerms, termOverField } from "./light-terms.ts";
import { disagreement, type OverlapData, prepareOverlaps, type Shading } from "./overlap-data.ts";
import { modelOverlaps, type OverlapFit, type OverlapModel } from "./overlap-model.ts";
import { type RefinementReport, toldOffset } from "./refinement-report.ts";

/** Options of a refinement. */
export interface RefineOptions {
  /** Decides which pairs are held out together. */
  readonly seed: number;
  /** 5 by default. */
  readonly folds?: number;
  /**
   * What is known of the counts that the planes contain beside light; estimated from the overlaps where it is not
   * given.
   */
  readonly offset?: OffsetFinding;
  /** Planes whose dimmest parts show the light; without, only overlaps do. */
  readonly planes?: BlockedPlanes;
  /** Repeats the estimate from the same planes, with a camera offset that is this many counts larger. */
  readonly refit?: (offset: number) => Promise<Profile>;
  readonly signal?: AbortSignal;
  /** Called with the fraction of the work that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** A refined profile; the given one, where no change made it better. */
export interface Refinement {
  readonly profile: Profile;
  readonly report: RefinementReport;
}

/**
 * A refinement with its evaluation: the figure of every pair, and the profile of every fold, by fits without the pair.
 */
export interface ValidatedRefinement extends Refinement {
  readonly heldOut: Float64Array;
  /** The same minus what gains of tiles explain. */
  readonly gainCorrected: Float64Array;
  readonly ofFolds: readonly { readonly pairs: readonly number[]; readonly profile: Profile }[];
}

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

/** The same with overlaps that are prepared already; returns the evaluation as well. */
export async function refineByOverlaps(
  start: Profile,
  data: OverlapData,
  options: RefineOptions,
): Promise<ValidatedRefinement> {
  const before = disagreement(data, start);
  const pairs = [...before.keys()].filter((pair) => Number.isFinite(before[pair]!));
  const folds = foldsOf(pairs, Math.min(options.folds ?? usualFolds, pairs.length), options.seed);
  const offset = options.offset ?? findOffset(data);
  const counts = offsetToTakeOff(offset);
  const isShared = counts > 0 && offset.kind === "found" && offset.isShared === true;
  if (pairs.length < fewestPairs && !isShared) return unchanged(start, before, pairs, []);
  const task = { folds, pairs, pause: createPause(options.signal) };
  const { onProgress = () => {} } = options;
  await task.pause();
  onProgress(0.2);
  const begin = counts > 0 ? ((await options.refit?.(counts)) ?? stretched(start, counts)) : start;
  // What the other profiles of the camera are freed of, this one is.
  const kept = isShared ? begin : start;
  const told = toldOffset(offset, kept, isShared ? counts : 0);
  if (pairs.length < fewestPairs) return unchanged(kept, disagreement(data, kept), pairs, folds, told);
  const model = modelOverlaps(begin, data);
  const dim = dimOf(begin, options.planes, offset);
  const fit = await fitFrom(begin, model, dim, task, (share) => onProgress(0.2 + 0.8 * share));
  const found = options.planes && fit.dim ? await withFineLight(fit, options.planes, fit.dim, { data, pairs }) : fit;
  onProgress(1);
  const reference = found.gainSpread > 0 ? found.startGainCorrected : before;
  if (![found.gainCorrected, found.alone].some((figures) => isBetter(improvement(reference, figures, pairs))))
    return isShared
      ? unchanged(kept, disagreement(data, kept), pairs, folds, told)
      : { ...unchanged(start, before, pairs, folds, told), gainCorrected: reference };
  return {
    profile: found.profile,
    heldOut: found.plain,
    gainCorrected: found.gainCorrected,
    ofFolds: found.ofFolds,
    report: {
      changed: true,
      pairCount: pairs.length,
      folds: folds.length,
      ...(found.gainSpread > 0 && { gainSpread: found.gainSpread }),
      ...(found.isFading && { areGainsSeen: true }),
      ...toldOffset(offset, found.profile, counts),
      strength: found.strength,
      uncertainty: found.uncertainty,
      before: meanOver(reference, pairs),
      heldOut: meanOver(found.gainCorrected, pairs),
      after: meanOver(found.after, pairs),
    },
  };
}

/** The pairs of a refinement, and their folds. */
interface RefineTask {
  readonly folds: readonly (readonly number[])[];
  readonly pairs: readonly number[];
  readonly pause: Pause;
}

/** A profile that was found, with its figures. */
interface FoundProfile
  extends Pick<
    ValidatedFit,
    "plain" | "gainCorrected" | "alone" | "startGainCorrected" | "after" | "gainSpread" | "isFading" | "dim"
  > {
  readonly profile: Profile;
  readonly ofFolds: ValidatedRefinement["ofFolds"];
  readonly strength: number;
  readonly uncertainty: number;
}

/** The error of a camera offset that was given, in counts. */
const errorOfGiven = 0.7;

/** How the dimmest planes would change a start; `undefined` where the camera's offset is not known, or varies in the start. */
function dimOf(start: Profile, planes: BlockedPlanes | undefined, offset: OffsetFinding) {
  const counts = start.darkfield[0]!;
  // An offset that is found but too uncertain to be subtracted is still in the planes.
  const isKnown = offset.kind === "given" || offsetToTakeOff(offset) > 0;
  if (planes === undefined || !isKnown || !start.darkfield.every((dark) => dark === counts)) return undefined;
  const error = offset.kind === "found" ? offset.standardError : errorOfGiven;
  return (logGains: Float64Array) => dimLight(planes, start, lightTerms, { counts, error }, logGains);
}

async function fitFrom(
  start: Profile,
  model: OverlapModel,
  dim: Parameters<typeof crossValidate>[2],
  { folds, pairs, pause }: RefineTask,
  onProgress: (share: number) => void,
): Promise<FoundProfile> {
  const validated = await crossValidate(model, { folds, pairs, pause, onProgress }, dim);
  const profileOf = (fit: ValidatedFit["fit"]): Profile => {
    const { shapeYx, flatfield, darkfield } = fittedShading(model, fit);
    const { baseline } = start;
    return { shapeYx, flatfield: Float32Array.from(flatfield), darkfield: Float32Array.from(darkfield), baseline };
  };
  return {
    ...validated,
    profile: profileOf(validated.fit),
    ofFolds: validated.ofFolds.map((fit, fold) => ({ pairs: folds[fold]!, profile: profileOf(fit) })),
  };
}

function unchanged(
  profile: Profile,
  figures: Float64Array,
  pairs: readonly number[],
  folds: readonly (readonly number[])[],
  more: Partial<RefinementReport> = {},
): ValidatedRefinement {
  const figure = meanOver(figures, pairs);
  const alike = { before: figure, heldOut: figure, after: figure };
  const report = { changed: false, pairCount: pairs.length, folds: folds.length, ...more, ...alike };
  const ofFolds = folds.map((held) => ({ pairs: held, profile }));
  return { profile, report, heldOut: figures, gainCorrected: figures, ofFolds };
}

/** An offset is at most this fraction of the brightness that an estimate was made from. */
const largestShare = 0.82;
/** The lowest value of a flat-field. */
const leastLight = 0.05;

/**
 * The profile that an estimate would be if it took `offset` counts for light. With an offset O in planes of
 * brightness B an estimate gives (S·(B - O) + O) / B instead of S: the same shape, flatter.
 */
function stretched({ shapeYx, flatfield, darkfield, baseline }: Profile, offset: number): Profile {
  const counts = Math.min(offset, largestShare * Math.max(0, baseline));
  const contrast = counts > 0 ? baseline / (baseline - counts) : 1;
  return {
    shapeYx,
    flatfield: flatfield.map((light) => Math.max(leastLight, 1 + contrast * (light - 1))),
    darkfield: darkfield.map((dark) => dark + offset),
    baseline: baseline - counts,
  };
}

/** The start changed by a fit: a flat-field of mean 1. */
export function fittedShading({ start, terms }: OverlapModel, { light }: OverlapFit): Shading {
  const { shapeYx, darkfield } = start;
  const flatfield = new Float64Array(start.flatfield.length);
  for (const [k, term] of terms.entries()) {
    const values = termOverField(term, shapeYx);
    for (let i = 0; i < values.length; i++) flatfield[i]! += light[k]! * values[i]!;
  }
  let mean = 0;
  for (let i = 0; i < flatfield.length; i++) {
    flatfield[i] = start.flatfield[i]! * Math.exp(flatfield[i]!);
    mean += flatfield[i]! / flatfield.length;
  }
  for (let i = 0; i < flatfield.length; i++) flatfield[i]! /= mean;
  return { shapeYx, flatfield, darkfield };
}
