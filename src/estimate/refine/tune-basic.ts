/**
 * Chooses the parameters of BaSiC by the overlaps: a fit does not look at them, so they judge it unseen. Of a handful of
 * choices, made one after the other, a change stays only where pairs agree better by more than a standard error.
 */
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { fitBasic } from "../basic/fit.ts";
import type { ImageStack } from "../basic/image-stack.ts";
import type { BasicParameters } from "../basic/parameters.ts";
import { improvement, isBetter, meanOver } from "./held-out.ts";
import { disagreement, prepareOverlaps } from "./overlap-data.ts";

/** One fit that was tried. */
export interface TuningTrial {
  readonly parameters: BasicParameters;
  /** How far neighbours are apart, relative to their brightness, on average over pairs. */
  readonly difference: number;
}

/** Parameters and how they were found; JSON-able. */
export interface BasicTuning {
  readonly parameters: BasicParameters;
  /** Every fit in its order; the first is that of the parameters given. */
  readonly trials: readonly TuningTrial[];
}

/** Fits are made at most at this size, whatever size the profile is to be fitted at. */
const tuningSize = 128;

/** What is changed, one after the other. */
const changes: readonly ((now: BasicParameters) => Partial<BasicParameters>)[] = [
  ({ sortIntensity }) => ({ sortIntensity: !sortIntensity }),
  ({ getDarkfield }) => ({ getDarkfield: !getDarkfield }),
  ({ smoothnessFlatfield }) => ({ smoothnessFlatfield: smoothnessFlatfield * 3 }),
  ({ smoothnessFlatfield }) => ({ smoothnessFlatfield: smoothnessFlatfield / 3 }),
  ({ smoothnessDarkfield }) => ({ smoothnessDarkfield: smoothnessDarkfield * 3 }),
  ({ smoothnessDarkfield }) => ({ smoothnessDarkfield: smoothnessDarkfield / 3 }),
];

/**
 * Tries changes of the given parameters, seven fits in all; draws nothing, so the same input gives the same choice.
 * @param patches overlaps of fields of the stack's shape
 * @throws IsoluxError as `fitBasic` does for the given parameters; a change that fails is left out
 */
export async function tuneBasic(
  stack: ImageStack,
  patches: readonly OverlapPatch[],
  given: BasicParameters,
  signal?: AbortSignal,
): Promise<BasicTuning> {
  const data = prepareOverlaps(stack.shapeYx, patches);
  const sized = smaller(given, stack.shapeYx);
  const options = signal === undefined ? {} : { signal };
  const fitWith = (parameters: BasicParameters) => fitBasic(stack, smaller(parameters, stack.shapeYx), options);
  const reference = await fitWith(sized);
  let best = { parameters: given, figures: disagreement(data, reference, reference) };
  const pairs = [...best.figures.keys()].filter((pair) => Number.isFinite(best.figures[pair]!));
  const trials: TuningTrial[] = [{ parameters: given, difference: meanOver(best.figures, pairs) }];
  if (pairs.length < 2) return { parameters: given, trials };
  for (const change of changes) {
    const parameters = { ...best.parameters, ...change(best.parameters) };
    const tried = await fitWith(parameters).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      return undefined;
    });
    if (tried === undefined) continue;
    const figures = disagreement(data, tried, reference);
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
