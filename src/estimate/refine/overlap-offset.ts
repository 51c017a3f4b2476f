/**
 * What overlaps tell of the camera's offset. Where the sample is bright in one plane and dim in another, a wrong offset
 * keeps neighbours apart whatever the light is: their ratio then changes with the brightness. So the light is fitted for
 * several offsets, and the offset is the one that leaves pairs the least apart.
 */
import { elementCount } from "../../shapes.ts";
import type { Shading } from "../correct-patches.ts";
import type { OffsetEvidence, OffsetLimits } from "../offset/combine-offsets.ts";
import { figuresOfFit, fitOverlaps } from "./fit-overlaps.ts";
import type { OverlapData } from "./overlap-data.ts";
import { lessOffset, modelOverlaps, type OverlapFit, type OverlapModel } from "./overlap-model.ts";

/** Offsets that are tried at first, and then around the best. */
const firstCount = 9;
const nextCount = 5;
/** The light is held back by this, see `FitFreedom`, and fitted in so many steps from the offset before. */
const strength = 1e-3;
const stepsFromLast = 4;
/** The standard error comes from leaving out each of so many parts of the pairs. */
const parts = 8;
/** Differences of pairs below this share of their brightness are as likely due to the model of the light. */
const leastDifference = 3e-4;

/** How far every pair is apart at an offset. */
interface Trial {
  readonly offset: number;
  readonly figures: Float64Array;
  readonly fit: OverlapFit;
}

/**
 * The offset with its standard error: from the scatter of pairs, and from what the model of the light may be wrong by.
 * @param most the largest offset there can be, in counts
 * @returns `undefined` where pairs are too few, or are no less apart for any offset
 */
export function offsetOfOverlaps(
  data: OverlapData,
  most: number,
  pairs: readonly number[],
): OffsetEvidence | undefined {
  if (pairs.length < parts / 2 || !(most > 0)) return undefined;
  const model = modelOverlaps(evenLight(data), data);
  const coarse: Trial[] = [];
  for (let i = 0; i < firstCount; i++) {
    coarse.push(tryOffset(model, (most * i) / (firstCount - 1), pairs, coarse.at(-1)?.fit));
  }
  const best = coarse.reduce((a, b) => (meanOf(b.figures) < meanOf(a.figures) ? b : a));
  const reach = most / (firstCount - 1);
  const fine = Array.from({ length: nextCount }, (_, i) => best.offset + reach * (i / ((nextCount - 1) / 2) - 1))
    .filter((offset) => offset > 0 && offset < most && Math.abs(offset - best.offset) > 1e-9)
    .map((offset) => tryOffset(model, offset, pairs, best.fit));
  const trials = [...coarse, ...fine].sort((a, b) => a.offset - b.offset);
  const offset = lowestOf(trials, () => true);
  const share = (parts - 1) / parts;
  const scatter = Array.from({ length: parts }, (_, part) => lowestOf(trials, (pair) => pair % parts !== part));
  const variance = share * scatter.reduce((sum, value) => sum + (value - offset) ** 2, 0);
  const standardError = Math.hypot(Math.sqrt(variance), widthAt(trials, leastDifference));
  return Number.isFinite(standardError) ? { source: "overlaps", offset, standardError } : undefined;
}

/** Light that is the same everywhere, without an offset. */
export function evenLight({ fieldYx }: OverlapData): Shading {
  const length = elementCount(fieldYx);
  return { shapeYx: fieldYx, flatfield: new Float32Array(length).fill(1), darkfield: new Float32Array(length) };
}

function tryOffset(even: OverlapModel, offset: number, pairs: readonly number[], from?: OverlapFit): Trial {
  const model = lessOffset(even, offset);
  // How far views are apart depends on the offset: it is measured anew.
  const begin = from === undefined ? {} : { from: { light: from.light, logGains: from.logGains } };
  const mostIterations = from === undefined ? 2 * stepsFromLast : stepsFromLast;
  const fit = fitOverlaps(model, { strength, gainSpread: 0 }, { ...begin, mostIterations });
  const byPair = figuresOfFit(model, fit, { among: new Set(pairs), levelled: false });
  return { offset, fit, figures: Float64Array.from(pairs, (pair) => byPair.get(pair) ?? Number.NaN) };
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

/** Where the mean figure of some pairs is lowest: by the parabola through the lowest trial and those beside it. */
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

/** Half of the range of offsets that leave pairs apart by no more than so much above the least. */
function widthAt(trials: readonly Trial[], above: number): number {
  const means = trials.map(({ figures }) => meanOf(figures));
  const at = means.indexOf(Math.min(...means));
  const limit = means[at]! + above;
  const edge = (step: 1 | -1) => {
    let last = at;
    while (trials[last + step] !== undefined && means[last + step]! <= limit) last += step;
    const next = last + step;
    if (trials[next] === undefined) return trials[last]!.offset;
    const share = (limit - means[last]!) / (means[next]! - means[last]!);
    return trials[last]!.offset + share * (trials[next]!.offset - trials[last]!.offset);
  };
  return (edge(1) - edge(-1)) / 2;
}

/** The darkest share of pixels shows at most the offset and a little light. */
const darkestShare = 0.01;

/** The most that an offset can be, and how bright pixels are, by overlaps alone. */
export function limitsOf({ patches }: OverlapData): OffsetLimits {
  const values = patches.flatMap(({ first, second }) => [...first, ...second].filter(Number.isFinite));
  const sorted = Float64Array.from(values).sort();
  return {
    bound: sorted[Math.floor(darkestShare * sorted.length)] ?? 0,
    brightness: sorted.reduce((sum, value) => sum + value / sorted.length, 0),
  };
}
