/**
 * Chooses the parameters of BaSiC by overlaps, which a fit does not use, so that they are an independent measure. Of a
 * handful of changes, made one after the other, one stays only where pairs agree better by more than a standard error.
 * As the choice itself does use pairs, it is evaluated within folds: the pairs of each by the choice of the others.
 */
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { fitBasic } from "../basic/fit.ts";
import type { BasicParameters, ImageStack } from "../basic/parameters.ts";
import { foldsOf, improvement, isBetter, meanOver } from "./held-out.ts";
import { disagreement, prepareOverlaps } from "./overlap-data.ts";

/** One fit that was tried. */
export interface TuningTrial {
  readonly parameters: BasicParameters;
  /** How much neighbours differ, relative to their brightness, mean over pairs. */
  readonly difference: number;
}

/** Parameters and how they were found; JSON-able. */
export interface BasicTuning {
  readonly parameters: BasicParameters;
  /** Every fit in its order; the first is that of the parameters given. */
  readonly trials: readonly TuningTrial[];
  /** The same where the choice was made without the pair. */
  readonly heldOut: number;
}

/** Options of a tuning. */
interface TuneOptions {
  /** Decides which pairs are held out together; 0 by default. */
  readonly seed?: number;
  /** 5 by default. */
  readonly folds?: number;
  readonly signal?: AbortSignal;
}

/** The figures of every pair by a fit with these parameters; `undefined` where there is no such fit. */
type FiguresOfFit = (parameters: BasicParameters) => Promise<Float64Array | undefined>;

/** The largest size that fits are made at, whatever size the profile is to be fitted at. */
const tuningSize = 128;

/** A value rounded as it is printed, so that a user who types it again gets what was tried. */
const stepped = (value: number) => Number(value.toPrecision(3));

/** The changes that are tried, one after the other. */
const changes: readonly ((now: BasicParameters) => Partial<BasicParameters>)[] = [
  ({ sortIntensity }) => ({ sortIntensity: !sortIntensity }),
  ({ getDarkfield }) => ({ getDarkfield: !getDarkfield }),
  ({ smoothnessFlatfield }) => ({ smoothnessFlatfield: stepped(smoothnessFlatfield * 3) }),
  ({ smoothnessFlatfield }) => ({ smoothnessFlatfield: stepped(smoothnessFlatfield / 3) }),
  ({ getDarkfield, smoothnessDarkfield }) =>
    getDarkfield ? { smoothnessDarkfield: stepped(smoothnessDarkfield * 3) } : {},
  ({ getDarkfield, smoothnessDarkfield }) =>
    getDarkfield ? { smoothnessDarkfield: stepped(smoothnessDarkfield / 3) } : {},
];

/**
 * Tries changes of the given parameters, in seven fits or a few more; the same input and seed give the same choice.
 * @param patches overlaps of fields of the stack's shape
 * @throws IsoluxError as `fitBasic` does for the given parameters; a change that fails is left out
 */
export async function tuneBasic(
  stack: ImageStack,
  patches: readonly OverlapPatch[],
  given: BasicParameters,
  { seed = 0, folds: foldCount = 5, signal }: TuneOptions = {},
): Promise<BasicTuning> {
  const data = prepareOverlaps(stack.shapeYx, patches);
  const options = signal === undefined ? {} : { signal };
  const fitWith = (parameters: BasicParameters) => fitBasic(stack, smaller(parameters, stack.shapeYx), options);
  const reference = await fitWith(given);
  const known = new Map([[keyOf(given), disagreement(data, reference)]]);
  const figuresOf = rememberFigures(known, async (parameters) => {
    const tried = await fitWith(parameters).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      return undefined;
    });
    return tried && disagreement(data, tried);
  });
  const figures = known.get(keyOf(given))!;
  const pairs = [...figures.keys()].filter((pair) => Number.isFinite(figures[pair]!));
  const { parameters, trials } = await chooseParameters(given, pairs, figuresOf);
  const heldOut = new Float64Array(figures.length).fill(Number.NaN);
  for (const held of foldsOf(pairs, Math.min(foldCount, pairs.length), seed)) {
    const training = pairs.filter((pair) => !held.includes(pair));
    const assessed = await figuresOf((await chooseParameters(given, training, figuresOf)).parameters);
    for (const pair of held) heldOut[pair] = assessed![pair]!;
  }
  return { parameters, trials, heldOut: meanOver(heldOut, pairs) };
}

/** Makes every fit only once. */
export function rememberFigures(known: Map<string, Float64Array | undefined>, figuresOf: FiguresOfFit): FiguresOfFit {
  return async (parameters) => {
    const key = keyOf(parameters);
    if (!known.has(key)) known.set(key, await figuresOf(parameters));
    return known.get(key);
  };
}

function keyOf(parameters: BasicParameters): string {
  return JSON.stringify(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Changes parameters one after the other as long as the given pairs agree better by more than a standard error. */
export async function chooseParameters(
  given: BasicParameters,
  pairs: readonly number[],
  figuresOf: FiguresOfFit,
): Promise<Omit<BasicTuning, "heldOut">> {
  const first = await figuresOf(given);
  if (first === undefined) return { parameters: given, trials: [] };
  let best = { parameters: given, figures: first };
  const trials: TuningTrial[] = [{ parameters: given, difference: meanOver(first, pairs) }];
  if (pairs.length < 2) return { parameters: given, trials };
  for (const change of changes) {
    const changed = change(best.parameters);
    if (Object.keys(changed).length === 0) continue;
    const parameters = { ...best.parameters, ...changed };
    const figures = await figuresOf(parameters);
    if (figures === undefined) continue;
    trials.push({ parameters, difference: meanOver(figures, pairs) });
    if (isBetter(improvement(best.figures, figures, pairs))) best = { parameters, figures };
  }
  return { parameters: best.parameters, trials };
}

function smaller(parameters: BasicParameters, shapeYx: Yx): BasicParameters {
  const workingSizeYx: Yx = [Math.min(tuningSize, shapeYx[0]), Math.min(tuningSize, shapeYx[1])];
  const wanted = parameters.workingSizeYx;
  const isSmallEnough = wanted !== undefined && elementCount(wanted) <= elementCount(workingSizeYx);
  return isSmallEnough ? parameters : { ...parameters, workingSizeYx };
}
