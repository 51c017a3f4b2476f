/** The steps of a refinement, each judged by pairs that it did not see. */
import type { Profile } from "../../profile/profile.ts";
import { createPause } from "../basic/pause.ts";
import type { Shading } from "../correct-patches.ts";
import { applyCorrection, modelCorrection } from "./correction-model.ts";
import { type CorrectionFit, fitCorrection } from "./fit-correction.ts";
import { foldsOf, improvement, isBetter, meanOver, mostCareful } from "./held-out.ts";
import { type HeldOutFigures, heldOutFits, type Judges } from "./held-out-fits.ts";
import { findOffset, withOffset } from "./hidden-offset.ts";
import { linearPairs } from "./linear-pairs.ts";
import { disagreement, meanOf, type OverlapData } from "./overlap-data.ts";

/**
 * Strengths of regularisation, the strongest first; each pair counts as 1. On acquisitions whose truth is known weaker
 * ones still made held-out pairs agree better, and the profile worse inside of the field, where no overlap is.
 */
const strengths = [1000, 300, 100, 30, 10];

/** Who judges, and who waits. */
export interface JudgingOptions {
  readonly seed: number;
  readonly folds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number) => void;
}

/** A shading on its way. */
export interface Stage {
  readonly shading: Shading;
  /** Counts that this shading takes off and the start does not. */
  readonly constant: number;
  readonly baseline: number;
  /** By how much tiles differ in brightness; gains are found beside every fit where they do. */
  readonly gainSpread: number;
  readonly cameraOffset?: number;
  readonly strength?: number;
}

/** With the figures of pairs that it did not see, and of all pairs seen. */
export interface JudgedStage extends Stage {
  readonly heldOut: HeldOutFigures;
  readonly after: Float64Array;
}

/** The judges of a refinement. */
export interface RefineJudges extends Judges {
  readonly pairs: readonly number[];
  /** The median brightness of the overlaps, in counts. */
  readonly typical: number;
}

/** What is left to chance, and to who waits. */
export function judgesOf(
  reference: Shading,
  data: OverlapData,
  pairs: readonly number[],
  { seed, folds: foldCount = 5, signal, onProgress }: JudgingOptions,
): RefineJudges {
  const pause = createPause(signal);
  const folds = foldsOf(pairs, Math.min(foldCount, pairs.length), seed);
  const mostFits = folds.length * (3 + strengths.length) + strengths.length;
  let fits = 0;
  const onFit = async () => {
    await pause();
    fits = Math.min(mostFits, fits + 1);
    onProgress?.(fits / mostFits);
  };
  return { data, reference, folds, pairs, onFit, typical: typicalBrightness(data) };
}

/** What overlaps tell of gains and of an offset is asked beside a light that may change much. */
const freely = { strength: 10, gainSpread: 0 };
/** How far tiles are taken to differ until that is known. */
const freelyWithGains = { ...freely, gainSpread: 0.05 };
const leastSpread = 0.01;

/** How far tiles differ in brightness, and every pair as it is beside a smooth change of the light. */
export interface FoundSpread {
  readonly gainSpread: number;
  readonly besideLight: Float64Array;
}

/**
 * How far tiles differ in brightness; 0 unless their gains make held-out pairs agree better, beside a smooth change of
 * the light. Without them a brighter tile would be explained by a tilt of the field.
 */
export async function findGainSpread(judges: RefineJudges): Promise<FoundSpread> {
  const model = modelCorrection(judges.reference, "light", judges.typical);
  const linear = linearPairs(model, judges.data);
  const [equal, unequal] = await heldOutFits(judges, model, linear, [freely, freelyWithGains]);
  const isBetterWithGains = isBetter(improvement(equal!.levelled, unequal!.levelled, judges.pairs));
  if (!isBetterWithGains) return { gainSpread: 0, besideLight: equal!.levelled };
  const { logGains } = fitCorrection(model, linear, freelyWithGains);
  const gains = logGains.filter((gain) => gain !== 0);
  const mean = meanOf(gains);
  const spread = Math.sqrt(meanOf(gains.map((gain) => (gain - mean) ** 2)));
  return { gainSpread: Math.max(leastSpread, spread), besideLight: unequal!.levelled };
}

/** Judges a shading as it is. */
export async function stageOf(judges: RefineJudges, stage: Stage): Promise<JudgedStage> {
  const { data, reference, typical } = judges;
  const plain = disagreement(data, stage.shading, reference);
  if (stage.gainSpread === 0) return { ...stage, heldOut: { plain, levelled: plain }, after: plain };
  const model = modelCorrection(stage.shading, "none", typical, stage.constant);
  const linear = linearPairs(model, data);
  const freedom = { ...freely, gainSpread: stage.gainSpread };
  const [heldOut] = await heldOutFits(judges, model, linear, [freedom]);
  const { logGains } = fitCorrection(model, linear, freedom);
  return { ...stage, heldOut: heldOut!, after: disagreement(data, stage.shading, reference, logGains) };
}

/** Takes off a camera offset, where held-out pairs agree better with one beside a smooth change of the light. */
export async function removeHiddenOffset(
  start: JudgedStage,
  besideLight: Float64Array,
  judges: RefineJudges,
  refit?: (offset: number) => Promise<Profile>,
): Promise<JudgedStage> {
  const { baseline, shading, gainSpread } = start;
  const { data, typical, pairs } = judges;
  if (!(baseline > 0)) return start;
  const freedom = gainSpread > 0 ? freelyWithGains : freely;
  const model = modelCorrection(shading, "light-and-offset", typical);
  const [figures] = await heldOutFits(judges, model, linearPairs(model, data), [freedom]);
  if (!isBetter(improvement(besideLight, figures!.levelled, pairs))) return start;
  const offset = findOffset(shading, baseline, typical, data, freedom);
  if (!(offset > 0)) return start;
  const common = { gainSpread, cameraOffset: offset };
  const stretched = { shading: withOffset(shading, baseline, offset), constant: offset, baseline: baseline - offset };
  const found = await stageOf(judges, { ...stretched, ...common });
  const again = await refit?.(offset);
  if (again === undefined) return found;
  const constant = meanOf(again.darkfield) - meanOf(judges.reference.darkfield);
  const refitted = await stageOf(judges, { shading: again, constant, baseline: again.baseline, ...common });
  const isNearer = meanOver(refitted.heldOut.levelled, pairs) < meanOver(found.heldOut.levelled, pairs);
  return isNearer ? refitted : found;
}

/** Corrects light and dark-field smoothly, by the strongest regularisation that no other beats by a standard error. */
export async function correctSmoothly(base: JudgedStage, judges: RefineJudges): Promise<JudgedStage> {
  const { data, reference, typical, pairs, onFit } = judges;
  const model = modelCorrection(base.shading, "light-and-dark", typical, base.constant);
  const linear = linearPairs(model, data);
  const freedoms = strengths.map((strength) => ({ strength, gainSpread: base.gainSpread }));
  const figures = await heldOutFits(judges, model, linear, freedoms);
  const choice = mostCareful(
    figures.map(({ levelled }) => levelled),
    pairs,
  );
  const heldOut = figures[choice]!;
  if (!isBetter(improvement(base.heldOut.levelled, heldOut.levelled, pairs))) return base;
  let fit: CorrectionFit | undefined;
  for (const freedom of freedoms.slice(0, choice + 1)) {
    fit = fitCorrection(model, linear, freedom, fit);
    await onFit();
  }
  const { coefficients, logGains } = fit!;
  const shading = applyCorrection(model, coefficients);
  const after = disagreement(data, shading, reference, logGains);
  return { ...base, shading, heldOut, after, strength: strengths[choice]! };
}

/** The median brightness of the overlaps, in counts. */
function typicalBrightness({ patches }: OverlapData): number {
  const means = patches.map(({ first }) => meanOf(first.filter((value) => !Number.isNaN(value))));
  const sorted = means.filter(Number.isFinite).sort((a, b) => a - b);
  return Math.max(1, sorted[sorted.length >> 1] ?? 1);
}
