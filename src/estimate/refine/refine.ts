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
import { improvement, isBetter, meanOver } from "./held-out.ts";
import { disagreement, type OverlapData, prepareOverlaps } from "./overlap-data.ts";
import { correctSmoothly, findGainSpread, judgesOf, removeHiddenOffset, stageOf } from "./refine-steps.ts";

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
  /**
   * By how much tiles differ in brightness, the standard deviation of their log gains; there where they do. The figures
   * below are then less what gains explain.
   */
  readonly gainSpread?: number;
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
  const before = disagreement(data, start, start);
  const pairs = [...before.keys()].filter((pair) => Number.isFinite(before[pair]!));
  const figure = meanOver(before, pairs);
  const pairCount = pairs.length;
  if (pairCount < fewestPairs) {
    const report = { changed: false, pairCount, folds: 0, before: figure, heldOut: figure, after: figure };
    return { profile: start, report, heldOut: before };
  }
  const judges = judgesOf(start, data, pairs, options);
  const { gainSpread, besideLight } = await findGainSpread(judges);
  const asItWas = await stageOf(judges, { shading: start, constant: 0, baseline: start.baseline, gainSpread });
  const offset = await removeHiddenOffset(asItWas, besideLight, judges, options.refit);
  const refined = await correctSmoothly(offset, judges);
  const changed = isBetter(improvement(asItWas.heldOut.levelled, refined.heldOut.levelled, pairs));
  const end = changed ? refined : asItWas;
  const profile: Profile = {
    shapeYx: start.shapeYx,
    flatfield: Float32Array.from(end.shading.flatfield),
    darkfield: Float32Array.from(end.shading.darkfield),
    baseline: end.baseline,
  };
  return {
    profile: changed ? profile : start,
    heldOut: end.heldOut.plain,
    report: {
      changed,
      pairCount,
      folds: judges.folds.length,
      ...(gainSpread > 0 && { gainSpread }),
      ...(end.cameraOffset !== undefined && { cameraOffset: end.cameraOffset }),
      ...(end.strength !== undefined && { strength: end.strength }),
      before: meanOver(asItWas.heldOut.levelled, pairs),
      heldOut: meanOver(end.heldOut.levelled, pairs),
      after: meanOver(end.after, pairs),
    },
  };
}
