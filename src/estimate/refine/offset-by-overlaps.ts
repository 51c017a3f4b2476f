/**
 * The camera's offset by overlaps. Where the sample is bright in one plane and dim in another, a wrong offset keeps neighbours
 * different whatever the light is: their ratio then changes with the brightness. So the light is fitted for several offsets,
 * and the offset is the one that leaves pairs the least different.
 */
import { elementCount } from "../../shapes.ts";
import type { OffsetEvidence } from "../offset/combine-offsets.ts";
import { usualFolds } from "./cross-validate.ts";
import { figuresOfFit, fitOverlaps } from "./fit-overlaps.ts";
import { foldsOf, improvement, isBetter } from "./held-out.ts";
import type { OverlapData, Shading } from "./overlap-data.ts";
import { type FieldPlace, modelOverlaps, type OverlapFit, type OverlapModel } from "./overlap-model.ts";

/** Number of offsets that are tried at first. */
const firstCount = 9;
/** Those that are tried around the best, in steps of the first. */
const around = [-1, -0.5, 0.5, 1];
/** The strength of the regularisation of the light, see `FitFreedom`, and the steps of a fit from that of another offset. */
const strength = 1e-3;
const stepsFromLast = 4;
/**
 * By how much tiles are taken to differ in brightness where that leaves pairs at most this share of their difference, also
 * pairs that were held out: else gains would hide what the offset explains.
 */
const gains = { spread: 0.05, mostLeft: 0.75, foldIterations: 3 } as const;
/** Number of parts of the pairs, each of which is left out for the standard error. */
const parts = 8;
/**
 * Relative differences of pairs below this are as likely due to the model of the light, and so is this share of what it leaves
 * at best: light that changes with depth is not in it.
 */
const byModel = { difference: 3e-4, share: 0.1 } as const;

/** The differences of all pairs at an offset. */
interface Trial {
  readonly offset: number;
  readonly figures: Float64Array;
  readonly fit: OverlapFit;
}

/**
 * The offset with its standard error: from the scatter of pairs, and from the possible error of the model of the light.
 * @param most the largest possible offset, in counts
 * @returns `undefined` where pairs are too few, or no offset makes them less different
 */
export function offsetOfOverlaps(
  data: OverlapData,
  most: number,
  pairs: readonly number[],
): OffsetEvidence | undefined {
  if (pairs.length < parts / 2 || !(most > 0)) return undefined;
  const model = modelOverlaps(evenLight(data), data);
  const equal = tryOffsets(model, most, pairs, 0);
  const best = bestOf(equal);
  if (best === undefined) return undefined;
  const trials = areUnequal(model, best, pairs) ? tryOffsets(model, most, pairs, gains.spread) : equal;
  if (trials.length === 0) return undefined;
  const offset = lowestOf(trials, () => true);
  const share = (parts - 1) / parts;
  const scatter = Array.from({ length: parts }, (_, part) => lowestOf(trials, (pair) => pair % parts !== part));
  const variance = share * scatter.reduce((sum, value) => sum + (value - offset) ** 2, 0);
  const standardError = Math.hypot(Math.sqrt(variance), widthAt(trials));
  return Number.isFinite(standardError) ? { source: "overlaps", offset, standardError } : undefined;
}

/** Trials from no offset to the largest possible one, closer to each other around the best; none where no pair shows light. */
function tryOffsets(model: OverlapModel, most: number, pairs: readonly number[], gainSpread: number): Trial[] {
  const coarse: Trial[] = [];
  for (let i = 0; i < firstCount; i++) {
    const trial = tryOffset(model, (most * i) / (firstCount - 1), pairs, gainSpread, coarse.at(-1)?.fit);
    // An offset that leaves no light in a tile allows no gain.
    if (Number.isFinite(meanOf(trial.figures))) coarse.push(trial);
  }
  const best = bestOf(coarse);
  if (best === undefined) return [];
  const reach = most / (firstCount - 1);
  const fine = around
    .map((steps) => best.offset + steps * reach)
    .filter((offset) => offset >= 0 && offset <= most)
    .map((offset) => tryOffset(model, offset, pairs, gainSpread, best.fit))
    .filter(({ figures }) => Number.isFinite(meanOf(figures)));
  const others = coarse.filter(({ offset }) => fine.every((trial) => Math.abs(trial.offset - offset) > reach / 4));
  return [...others, ...fine].sort((a, b) => a.offset - b.offset);
}

/** Whether tiles differ in brightness, by the fit of an offset. */
function areUnequal(even: OverlapModel, equal: Trial, pairs: readonly number[]): boolean {
  const { offset, fit, figures } = equal;
  const unequal = tryOffset(even, offset, pairs, gains.spread, fit);
  if (!(meanOf(unequal.figures) <= gains.mostLeft * meanOf(figures))) return false;
  const model = lessOffset(even, offset);
  const [before, after] = [heldOut(model, equal.fit, pairs, 0), heldOut(model, unequal.fit, pairs, gains.spread)];
  return isBetter(improvement(before, after, [...pairs.keys()]));
}

/** The figures of pairs, each by a fit without its fold. */
function heldOut(model: OverlapModel, from: OverlapFit, pairs: readonly number[], gainSpread: number): Float64Array {
  const byPair = foldsOf(pairs, Math.min(usualFolds, pairs.length), 0).flatMap((held) => {
    const without = new Set(held);
    const options = { from, without, mostIterations: gains.foldIterations };
    const fit = fitOverlaps(model, { strength, gainSpread }, options);
    return [...figuresOfFit(model, fit, { among: without, gainCorrected: true })];
  });
  const figures = new Map(byPair);
  return Float64Array.from(pairs, (pair) => figures.get(pair) ?? Number.NaN);
}

function bestOf([first, ...others]: readonly Trial[]): Trial | undefined {
  return others.reduce((a, b) => (a !== undefined && meanOf(b.figures) < meanOf(a.figures) ? b : a), first);
}

/** Light that is the same everywhere, without an offset. */
export function evenLight({ fieldYx }: OverlapData): Shading {
  const length = elementCount(fieldYx);
  return { shapeYx: fieldYx, flatfield: new Float32Array(length).fill(1), darkfield: new Float32Array(length) };
}

function tryOffset(
  even: OverlapModel,
  offset: number,
  pairs: readonly number[],
  gainSpread: number,
  from?: OverlapFit,
): Trial {
  const model = lessOffset(even, offset);
  // The noise of views depends on the offset: it is measured again.
  const begin = from === undefined ? {} : { from: { light: from.light, logGains: from.logGains } };
  const mostIterations = from === undefined ? 2 * stepsFromLast : stepsFromLast;
  const fit = fitOverlaps(model, { strength, gainSpread }, { ...begin, mostIterations });
  const byPair = figuresOfFit(model, fit, { among: new Set(pairs), gainCorrected: true });
  return { offset, fit, figures: Float64Array.from(pairs, (pair) => byPair.get(pair) ?? Number.NaN) };
}

/** The same overlaps with a start that subtracts `offset` counts more. */
function lessOffset({ start, isFromEven, terms, geometries, pairs }: OverlapModel, counts: number): OverlapModel {
  const shifted = ({ light, dark, terms: own }: FieldPlace): FieldPlace => ({
    light,
    dark: dark.map((value) => value + counts),
    terms: own,
  });
  const moved = new Map(
    geometries.map((geometry) => [
      geometry,
      { ...geometry, first: shifted(geometry.first), second: shifted(geometry.second) },
    ]),
  );
  return {
    start: { ...start, darkfield: Float64Array.from(start.darkfield, (dark) => dark + counts) },
    isFromEven,
    terms,
    geometries: [...moved.values()],
    pairs: pairs.map((pair) => ({ ...pair, geometry: moved.get(pair.geometry)! })),
  };
}

function meanOf(figures: Float64Array, counts: (at: number) => boolean = () => true): number {
  let [sum, count] = [0, 0];
  for (const [at, figure] of figures.entries()) {
    if (!Number.isFinite(figure) || !counts(at)) continue;
    sum += figure;
    count++;
  }
  return sum / count;
}

/**
 * The offset with the lowest mean figure of some pairs: by the parabola through the lowest trial and those beside it.
 */
function lowestOf(trials: readonly Trial[], counts: (at: number) => boolean): number {
  const means = trials.map(({ figures }) => meanOf(figures, counts));
  const at = means.indexOf(Math.min(...means));
  if (at <= 0 || at >= trials.length - 1) return trials[Math.max(0, at)]!.offset;
  const [x0, x1, x2] = [trials[at - 1]!.offset, trials[at]!.offset, trials[at + 1]!.offset];
  const [left, right] = [(means[at - 1]! - means[at]!) / (x1 - x0), (means[at + 1]! - means[at]!) / (x2 - x1)];
  const curvature = (left + right) / (x2 - x0);
  const slope = (right * (x1 - x0) - left * (x2 - x1)) / (x2 - x0);
  return curvature > 0 ? Math.min(x2, Math.max(x0, x1 - slope / 2 / curvature)) : x1;
}

/**
 * Half the range of offsets whose differences of pairs exceed the least by no more than the model may be wrong by; all of it
 * where the least is without an offset.
 */
function widthAt(trials: readonly Trial[]): number {
  const means = trials.map(({ figures }) => meanOf(figures));
  const at = means.indexOf(Math.min(...means));
  const limit = means[at]! + Math.max(byModel.difference, byModel.share * means[at]!);
  const edge = (step: 1 | -1) => {
    let last = at;
    while (trials[last + step] !== undefined && means[last + step]! <= limit) last += step;
    const next = last + step;
    if (trials[next] === undefined) return trials[last]!.offset;
    const share = (limit - means[last]!) / (means[next]! - means[last]!);
    return trials[last]!.offset + share * (trials[next]!.offset - trials[last]!.offset);
  };
  return (edge(1) - edge(-1)) / (at === 0 ? 1 : 2);
}
