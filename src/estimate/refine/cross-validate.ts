/** Chooses how far overlaps may change a start, by cross-validation over pairs of tiles. */

import { meanOf } from "../../statistics.ts";
import { createPause, type Pause } from "../pause.ts";
import type { DimLight } from "./dim-light.ts";
import { type FitFreedom, figuresOfFit, fitOverlaps } from "./fit-overlaps.ts";
import { foldsOf, improvement, isBetter, meanOver, mostCareful } from "./held-out.ts";
import { lightTerms, termOverField } from "./light-terms.ts";
import { disagreement, type OverlapData, type Shading } from "./overlap-data.ts";
import { modelOverlaps, type OverlapFit, type OverlapModel } from "./overlap-model.ts";
import { firstFit } from "./pair-gains.ts";

/** Cross-validation options. */
interface ValidationTask {
  readonly folds: readonly (readonly number[])[];
  readonly pairs: readonly number[];
  readonly pause: Pause;
  readonly onProgress: (share: number) => void;
}

/** The fit that was chosen, with its figures by pair. */
export interface ValidatedFit {
  readonly fit: OverlapFit;
  /** Fits to all pairs but those of each fold. */
  readonly ofFolds: readonly OverlapFit[];
  readonly strength: number;
  readonly gainSpread: number;
  /** Whether planes without sample show that tiles differ in brightness: light fades from tile to tile. */
  readonly isFading: boolean;
  /** What the dimmest planes tell, where they took part. */
  readonly dim?: DimLight;
  /** The mean standard error of the flat-field over the field, as a fraction. */
  readonly uncertainty: number;
  /** By the fit without the pair's fold; `gainCorrected` minus what gains of tiles explain. */
  readonly plain: Float64Array;
  readonly gainCorrected: Float64Array;
  /** The same of the fit to overlaps alone, with which the dimmest planes agree where they took part. */
  readonly alone: Float64Array;
  /** Of the start, minus what gains of tiles explain. */
  readonly startGainCorrected: Float64Array;
  /** By the fit of all pairs, minus what gains explain. */
  readonly after: Float64Array;
}

/** What the dimmest planes tell of the light with these gains of tiles, by number. */
type DimByGains = (logGains: Float64Array) => DimLight | undefined;

/** Strengths of the regularisation of the light that are tried, the strongest first. */
const strengths = [1e-3, 3e-4, 1e-4];
/** The strength with which gains are estimated. */
const freely = 1e-3;
/** The assumed spread of tiles' brightness until it is measured, and the smallest one that counts. */
const gainSpreads = { asked: 0.05, large: 0.06, least: 0.01 };
/** Practically no change of the light: only gains are fitted. */
const rigid = 1e9;
/** Iterations of a fit without a fold, which begins with that of all pairs. */
const iterationsOfFold = 3;

/** A fit of one strength, with its held-out figures. */
type Validated = Pick<ValidatedFit, "fit" | "ofFolds" | "plain" | "gainCorrected">;

/**
 * Finds the strength by held-out pairs.
 * @param dimOf what the dimmest planes tell of the light, with the gains of tiles that were found
 */
export async function crossValidate(
  model: OverlapModel,
  task: ValidationTask,
  dimOf: DimByGains = () => undefined,
): Promise<ValidatedFit> {
  const total = strengths.length + 4;
  let done = 0;
  const validate = async (freedom: FitFreedom, from?: OverlapFit, by: OverlapModel = model) => {
    const validated = await validateFreedom(by, freedom, task, from);
    task.onProgress(++done / total);
    return validated;
  };
  const equal = await validate({ strength: freely, gainSpread: 0 });
  const unequal = await validate({ strength: freely, gainSpread: askedSpread(model) });
  const hasGains = isBetter(improvement(equal.gainCorrected, unequal.gainCorrected, task.pairs));
  const gainSpread = hasGains ? Math.max(gainSpreads.least, spreadOf(unequal.fit)) : 0;
  const tried: Validated[] = [];
  for (const strength of strengths) tried.push(await validate({ strength, gainSpread }, tried.at(-1)?.fit));
  const choice = mostCareful(
    tried.map(({ gainCorrected }) => gainCorrected),
    task.pairs,
  );
  const alone = tried[choice]!;
  const left = meanOver(alone.gainCorrected, task.pairs);
  const strength = strengths[choice]!;
  const first = dimOf(alone.fit.logGains);
  const faded = first?.logGains;
  const freedom = { strength, gainSpread: faded === undefined ? gainSpread : Math.max(gainSpreads.least, gainSpread) };
  const fading = { ...model, left, ...(faded && { logGains: faded }) };
  const dim = dimWithGains(fading, freedom, alone.fit, { first, dimOf });
  const dimToo = dim && (await validate(freedom, alone.fit, { ...fading, dim }));
  const chosen = dimToo !== undefined && agreesAsWell(dimToo, alone, task.pairs) ? dimToo : alone;
  const among = new Set(task.pairs);
  const isFading = chosen !== alone && faded !== undefined;
  const spread = isFading ? Math.max(freedom.gainSpread, spreadOf(chosen.fit)) : gainSpread;
  const start = spread > 0 ? await validate({ strength: rigid, gainSpread: spread }) : undefined;
  return {
    ...chosen,
    uncertainty: uncertaintyOf(chosen.fit, chosen.ofFolds),
    alone: alone.gainCorrected,
    strength,
    gainSpread: spread,
    isFading,
    ...(chosen === dimToo && dim !== undefined && { dim }),
    startGainCorrected: start?.gainCorrected ?? new Float64Array(0),
    after: byPair(model, figuresOfFit(model, chosen.fit, { among, gainCorrected: true })),
  };
}

/** Rounds in which gains and what the dimmest planes tell without them are found in turns. */
const roundsOfGains = 4;

/**
 * What the dimmest planes tell. A tilt of the light looks like gains that rise from tile to tile: the better gains are known
 * the better planes tell the tilt, and by it gains.
 */
function dimWithGains(
  model: OverlapModel,
  freedom: FitFreedom,
  from: OverlapFit,
  { first, dimOf }: { readonly first: DimLight | undefined; readonly dimOf: DimByGains },
): DimLight | undefined {
  let dim = first;
  for (let [round, fit] = [1, from]; freedom.gainSpread > 0 && dim !== undefined && round < roundsOfGains; round++) {
    fit = fitOverlaps({ ...model, dim }, freedom, { from: fit });
    dim = dimOf(fit.logGains);
  }
  return dim;
}

/** The spread of gains with which they are fitted first: the usual one, unless pairs alone show a larger one. */
function askedSpread(model: OverlapModel): number {
  const ofPairs = spreadOf(firstFit(model, gainSpreads.asked));
  return ofPairs > gainSpreads.large ? ofPairs : gainSpreads.asked;
}

/** With fewer pairs none can be held out, and a profile stays as it is. */
export const fewestPairs = 4;
/** The number of parts that pairs are held out in, where nothing else is asked for. */
export const usualFolds = 5;

/** The figure of every pair with a profile as it is, minus what gains of tiles by other pairs explain. */
export async function figuresBesideGains(
  profile: Shading,
  data: OverlapData,
  { seed, signal }: { readonly seed: number; readonly signal: AbortSignal },
): Promise<Float64Array> {
  const figures = disagreement(data, profile);
  const pairs = [...figures.keys()].filter((pair) => Number.isFinite(figures[pair]!));
  if (pairs.length < fewestPairs) return figures;
  const folds = foldsOf(pairs, Math.min(usualFolds, pairs.length), seed);
  const task = { folds, pairs, pause: createPause(signal) };
  const model = modelOverlaps(profile, data);
  const equal = await validateFreedom(model, { strength: rigid, gainSpread: 0 }, task);
  const unequal = await validateFreedom(model, { strength: rigid, gainSpread: askedSpread(model) }, task);
  const hasGains = isBetter(improvement(equal.gainCorrected, unequal.gainCorrected, task.pairs));
  return hasGains ? unequal.gainCorrected : equal.gainCorrected;
}

/**
 * Pairs may agree worse by this share, and by this much of the brightness, where the dimmest planes took part: what the
 * terms cannot express is then at their cost.
 */
const alike = { share: 0.1, brightness: 5e-4 } as const;

/** Whether pairs agree with the dimmest planes: else these show sample that keeps its place in the tiles. */
function agreesAsWell(dim: Validated, alone: Validated, pairs: readonly number[]): boolean {
  const [withDim, without] = [dim, alone].map(({ gainCorrected }) => meanOver(gainCorrected, pairs));
  if (withDim! <= (1 + alike.share) * without! + alike.brightness) return true;
  return !isBetter(improvement(dim.gainCorrected, alone.gainCorrected, pairs));
}

async function validateFreedom(
  model: OverlapModel,
  freedom: FitFreedom,
  { folds, pause }: Pick<ValidationTask, "folds" | "pause">,
  from?: OverlapFit,
): Promise<Validated> {
  const fit = fitOverlaps(model, freedom, from === undefined ? {} : { from });
  await pause();
  const ofFolds: OverlapFit[] = [];
  const [plain, gainCorrected] = [new Map<number, number>(), new Map<number, number>()];
  for (const held of folds) {
    const among = new Set(held);
    const without = fitOverlaps(model, freedom, { from: fit, without: among, mostIterations: iterationsOfFold });
    ofFolds.push(without);
    for (const [pair, figure] of figuresOfFit(model, without, { among, gainCorrected: false })) plain.set(pair, figure);
    if (freedom.gainSpread > 0) {
      for (const [pair, figure] of figuresOfFit(model, without, { among, gainCorrected: true }))
        gainCorrected.set(pair, figure);
    }
    await pause();
  }
  const figures = byPair(model, plain);
  return {
    fit,
    ofFolds,
    plain: figures,
    gainCorrected: freedom.gainSpread > 0 ? byPair(model, gainCorrected) : figures,
  };
}

function byPair({ pairs }: OverlapModel, figures: ReadonlyMap<number, number>): Float64Array {
  const count = pairs.reduce((most, { pair }) => Math.max(most, pair + 1), 0);
  return Float64Array.from({ length: count }, (_, pair) => figures.get(pair) ?? Number.NaN);
}

function spreadOf({ logGains }: OverlapFit): number {
  const gains = logGains.filter((gain) => gain !== 0);
  const mean = meanOf(gains);
  return Math.sqrt(gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / gains.length);
}

// The uncertainty of a fit: the jackknife over folds of pairs.

/** The number of places along either axis of the field where it is evaluated. */
const places = 16;

/**
 * The standard error of the flat-field, as a fraction, mean over the field: from the differences of fits without one
 * fold each.
 * @see B. Efron, C. Stein, The jackknife estimate of variance, Annals of Statistics 9 (1981), 586-596
 */
function uncertaintyOf(fit: OverlapFit, ofFolds: readonly OverlapFit[]): number {
  const factor = (ofFolds.length - 1) / ofFolds.length;
  const variance = new Float64Array(places ** 2);
  const terms = lightTerms.map((term) => termOverField(term, [places, places]));
  for (const fold of ofFolds) {
    for (let i = 0; i < variance.length; i++) {
      let change = 0;
      for (const [k, term] of terms.entries()) change += (fold.light[k]! - fit.light[k]!) * term[i]!;
      variance[i]! += factor * change * change;
    }
  }
  return variance.reduce((sum, value) => sum + Math.sqrt(value), 0) / variance.length;
}
