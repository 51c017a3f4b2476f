/**
 * Refines a profile by what overlaps tell: the same tissue, seen through two parts of the field, must look the same.
 *
 * First the camera's offset is found from all that tells of it, and the estimate is made again without; then the light
 * is changed smoothly, see `overlap-model.ts`. The result is kept only if pairs agree better by it that had no part in
 * finding it (folds over the pairs). Of several strengths that hold the light back the strongest is taken that none
 * beats by a standard error.
 */
import type { Profile } from "../../profile/profile.ts";
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import { createPause, type Pause } from "../basic/pause.ts";
import { crossValidate, type JudgedFit } from "./cross-validate.ts";
import { findOffset, type OffsetFinding, offsetToTakeOff } from "./find-offset.ts";
import { foldsOf, improvement, isBetter, meanOver } from "./held-out.ts";
import { disagreement, type OverlapData, prepareOverlaps } from "./overlap-data.ts";
import { fittedShading, modelOverlaps } from "./overlap-model.ts";
import { stretched } from "./stretched.ts";
import { uncertaintyOf } from "./uncertainty.ts";

/** How a refinement is made. */
export interface RefineOptions {
  /** Decides which pairs are judged together. */
  readonly seed: number;
  /** 5 by default. */
  readonly folds?: number;
  /** What is known of the counts that the planes hold beside light; looked for in the overlaps where it is not given. */
  readonly offset?: OffsetFinding;
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
  /** The camera offset that was found and is taken off, in counts, with its standard error; not there where none was. */
  readonly cameraOffset?: number;
  readonly offsetError?: number;
  /** Whether it stays unknown what the camera shows without light. */
  readonly isOffsetUnknown?: boolean;
  /** How far the flat-field would be off, as a share, if an offset that stays unknown were 100 counts. */
  readonly costOf100Counts?: number;
  /** What held the smooth correction back; not there where none was made. */
  readonly strength?: number;
  /** The mean standard error of the flat-field over the field, as a share, by leaving out pairs. */
  readonly uncertainty?: number;
  /**
   * How far neighbours are apart by shading, relative to their brightness, on average over pairs: with the profile as it
   * was, with that of fits that did not see the pair, and with the one returned.
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

/** A refinement with what judges it: the figure of every pair, and the profile of every fold, by fits without the pair. */
export interface JudgedRefinement extends Refinement {
  readonly heldOut: Float64Array;
  readonly ofFolds: readonly { readonly pairs: readonly number[]; readonly profile: Profile }[];
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

/** The same with overlaps that are prepared already, and with what judges it. */
export async function refineByOverlaps(
  start: Profile,
  data: OverlapData,
  options: RefineOptions,
): Promise<JudgedRefinement> {
  const before = disagreement(data, start);
  const pairs = [...before.keys()].filter((pair) => Number.isFinite(before[pair]!));
  const folds = foldsOf(pairs, Math.min(options.folds ?? 5, pairs.length), options.seed);
  if (pairs.length < fewestPairs) return unchanged(start, before, pairs, []);
  const task = { data, folds, pairs, pause: createPause(options.signal) };
  const { onProgress = () => {} } = options;
  const offset = options.offset ?? findOffset(data);
  await task.pause();
  onProgress(0.2);
  const counts = offsetToTakeOff(offset);
  const begin = counts > 0 ? ((await options.refit?.(counts)) ?? stretched(start, counts)) : start;
  const found = await fitFrom(begin, task, (share) => onProgress(0.2 + 0.8 * share));
  onProgress(1);
  const unknown = offset.kind === "unknown" ? { isOffsetUnknown: true, costOf100Counts: costOf(100, start) } : {};
  const reference = found.gainSpread > 0 ? found.startLevelled : before;
  if (!isBetter(improvement(reference, found.levelled, pairs))) return unchanged(start, before, pairs, folds, unknown);
  return {
    profile: found.profile,
    heldOut: found.plain,
    ofFolds: found.ofFolds,
    report: {
      changed: true,
      pairCount: pairs.length,
      folds: folds.length,
      ...(found.gainSpread > 0 && { gainSpread: found.gainSpread }),
      ...(offset.kind === "found" && counts > 0 && { cameraOffset: counts, offsetError: offset.standardError }),
      ...unknown,
      strength: found.strength,
      uncertainty: found.uncertainty,
      before: meanOver(reference, pairs),
      heldOut: meanOver(found.levelled, pairs),
      after: meanOver(found.after, pairs),
    },
  };
}

/** By how much a profile is too flat if its planes hold so many counts beside light. */
function costOf(counts: number, { flatfield, baseline }: Profile): number {
  const light = Math.max(counts, baseline - counts);
  const depth = flatfield.reduce((sum, value) => sum + Math.abs(value - 1), 0) / flatfield.length;
  return (depth * counts) / light;
}

/** The overlaps of a refinement and who is judged together. */
interface RefineTask {
  readonly data: OverlapData;
  readonly folds: readonly (readonly number[])[];
  readonly pairs: readonly number[];
  readonly pause: Pause;
}

/** A profile that was found, with its figures. */
interface FoundProfile extends Pick<JudgedFit, "plain" | "levelled" | "startLevelled" | "after" | "gainSpread"> {
  readonly profile: Profile;
  readonly ofFolds: JudgedRefinement["ofFolds"];
  readonly strength: number;
  readonly uncertainty: number;
}

async function fitFrom(
  start: Profile,
  { data, folds, pairs, pause }: RefineTask,
  onProgress: (share: number) => void,
): Promise<FoundProfile> {
  const model = modelOverlaps(start, data);
  const judged = await crossValidate(model, { folds, pairs, pause, onProgress });
  const profileOf = (fit: JudgedFit["fit"]): Profile => {
    const { shapeYx, flatfield, darkfield } = fittedShading(model, fit);
    const { baseline } = start;
    return { shapeYx, flatfield: Float32Array.from(flatfield), darkfield: Float32Array.from(darkfield), baseline };
  };
  return {
    ...judged,
    profile: profileOf(judged.fit),
    ofFolds: judged.ofFolds.map((fit, fold) => ({ pairs: folds[fold]!, profile: profileOf(fit) })),
    uncertainty: uncertaintyOf(judged.fit, judged.ofFolds),
  };
}

function unchanged(
  profile: Profile,
  figures: Float64Array,
  pairs: readonly number[],
  folds: readonly (readonly number[])[],
  more: Partial<RefinementReport> = {},
): JudgedRefinement {
  const figure = meanOver(figures, pairs);
  const report = {
    changed: false,
    pairCount: pairs.length,
    folds: folds.length,
    ...more,
    before: figure,
    heldOut: figure,
    after: figure,
  };
  return { profile, report, heldOut: figures, ofFolds: folds.map((held) => ({ pairs: held, profile })) };
}
