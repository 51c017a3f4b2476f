/**
 * Fits a smooth light to overlaps, with the gains of tiles as further unknowns: Gauss-Newton steps on a robust loss,
 * regularised towards no change and gains of 1. Gains are fitted because a tile that is brighter than its neighbours
 * would otherwise be explained by a tilt of the field; they are not applied.
 */
import { upperMedianOf } from "../../statistics.ts";
import { pairFigure } from "./held-out.ts";
import type { LightTerm } from "./light-terms.ts";
import type { ModelledPair, NoiseScale, OverlapFit, OverlapModel, PairGeometry } from "./overlap-model.ts";
import { addLight, addPair, GainElimination, placesOf, unitDeviation } from "./pair-equations.ts";
import { firstFit } from "./pair-gains.ts";
import { solvePositive } from "./solve.ts";

/** How far a fit may depart from its start. */
export interface FitFreedom {
  /** Strength of the regularisation of the light; a pair of views that differ by 1 % counts as 1. */
  readonly strength: number;
  /** By how much tiles differ in brightness: the standard deviation of their log gains; 0 to fit none. */
  readonly gainSpread: number;
}

/** The start of a fit, and its number of steps. */
interface FitStart {
  readonly from?: OverlapFit;
  readonly mostIterations?: number;
  /** Pairs that are left out. */
  readonly without?: ReadonlySet<number>;
}

const mostIterations = 12;
/** Steps after which the noise of views is not measured again. */
const noiseSettles = 4;
/** A fit has converged when the logarithms of light and gains change by less. */
const smallStep = 2e-4;

/** Fits light and, where there are such, gains. Deterministic. */
export function fitOverlaps(model: OverlapModel, freedom: FitFreedom, start: FitStart = {}): OverlapFit {
  const { from, without, mostIterations: most = mostIterations } = start;
  const pairs = without === undefined ? model.pairs : model.pairs.filter(({ pair }) => !without.has(pair));
  let fit = from ?? firstFit(model, freedom.gainSpread, pairs);
  for (let iteration = 0; iteration < most; iteration++) {
    const isNoiseKnown = fit.noise !== undefined && (without !== undefined || iteration >= noiseSettles);
    const next = improved(model, pairs, freedom, fit, isNoiseKnown);
    const isDone = isNear(fit.light, next.light) && isNear(fit.logGains, next.logGains);
    fit = next;
    if (isDone) break;
  }
  return fit;
}

/** The difference of the views of every pair with a fit; minus what gains explain where `gainCorrected`. */
export function figuresOfFit(
  model: OverlapModel,
  fit: OverlapFit,
  { among, gainCorrected }: { readonly among: ReadonlySet<number>; readonly gainCorrected: boolean },
): Map<number, number> {
  const applied = gainCorrected ? fit : { ...fit, logGains: new Float64Array(fit.logGains.length) };
  const sidesOf = placesOf(model.geometries, applied);
  const assessed = model.pairs.filter(({ pair }) => among.has(pair));
  return new Map(assessed.map((pair) => [pair.pair, pairFigure(pair.planes, pair.geometry.shapeYx, sidesOf(pair))]));
}

function isNear(a: Float64Array, b: Float64Array): boolean {
  return a.every((value, k) => Math.abs(value - b[k]!) < smallStep);
}

/** One Gauss-Newton step. */
function improved(
  model: OverlapModel,
  pairs: readonly ModelledPair[],
  freedom: FitFreedom,
  fit: OverlapFit,
  isNoiseKnown: boolean,
): OverlapFit {
  const sidesOf = placesOf(model.geometries, fit);
  const noise = isNoiseKnown ? fit.noise! : measureNoise(pairs, sidesOf);
  const { matrix, step, gains } = equationsOf(model, pairs, fit, sidesOf, noise, freedom);
  const gainSteps = freedom.gainSpread > 0 ? gains.solve(matrix, step) : undefined;
  if (gainSteps === undefined) solvePositive(matrix, step);
  return {
    noise,
    light: fit.light.map((value, k) => value - step[k]!),
    logGains: gainSteps === undefined ? fit.logGains : fit.logGains.map((value, tile) => value - gainSteps[tile]!),
  };
}

/** Sums before any pair is added. */
function noSums({ length }: PairGeometry): Parameters<typeof addLight>[1] {
  return { squares: new Float64Array(length), residuals: new Float64Array(length) };
}

/**
 * Penalties of terms by order, from the first, as a change of even light. A tilt and a bowl are what light sheets and
 * lenses make: where overlaps cannot distinguish a bowl from a term of the fourth order, which looks alike at the
 * edges, a bowl is assumed. The penalty of each order above is ten times larger.
 */
const ofEvenLight = [1, 1, 100, 1000, 10_000] as const;
/**
 * The same as a change of an estimate, which contains the bowl already: its errors at the edges are of other orders.
 */
const ofEstimate = [1, 10, 100, 1000, 10_000] as const;

/** The penalty of a term, as a change of even light or of an estimate. */
function penaltyOf({ ky, kx }: LightTerm, isFromEven: boolean): number {
  return (isFromEven ? ofEvenLight : ofEstimate)[ky + kx - 1]!;
}

/** Normal equations of the light, the lower triangle, and those of the gains. */
function equationsOf(
  { terms, isFromEven, dim, left, logGains }: OverlapModel,
  pairs: readonly ModelledPair[],
  fit: OverlapFit,
  sidesOf: ReturnType<typeof placesOf>,
  noise: NoiseScale,
  { strength, gainSpread }: FitFreedom,
) {
  const count = terms.length;
  const [matrix, step] = [new Float64Array(count * count), new Float64Array(count)];
  for (const [k, term] of terms.entries()) {
    matrix[k * count + k] = strength * penaltyOf(term, isFromEven);
    step[k] = matrix[k * count + k]! * fit.light[k]!;
    if (dim === undefined) continue;
    const weight = weightOfDim(dim.errors[k]!, left);
    matrix[k * count + k]! += weight;
    step[k]! += weight * (fit.light[k]! - dim.sizes[k]!);
  }
  const gainPenalty = gainSpread > 0 ? (unitDeviation / gainSpread) ** 2 : 0;
  const unexpected = fit.logGains.map((gain, tile) => gain - (logGains?.[tile] ?? 0));
  const gains = new GainElimination(pairs, unexpected, count, gainPenalty);
  const sums = new Map<PairGeometry, ReturnType<typeof noSums>>();
  for (const [index, pair] of pairs.entries()) {
    const { geometry, tiles } = pair;
    const ofGeometry = sums.get(geometry) ?? noSums(geometry);
    sums.set(geometry, ofGeometry);
    const shared = addPair(pair, sidesOf(pair), noise, ofGeometry, gainSpread > 0);
    if (shared !== undefined) gains.add(index, tiles, shared);
  }
  for (const [geometry, ofGeometry] of sums) addLight(geometry, ofGeometry, matrix, step);
  return { matrix, step, gains };
}

/**
 * Terms that the dimmest planes tell less exactly than so, and than overlaps leave pairs apart, count less than by their
 * errors: overlaps know more than equations say.
 */
const exactDim = 0.003;

/** The weight of a term by the dimmest planes in the equations of a fit. @param left what overlaps leave pairs apart */
function weightOfDim(error: number, left = 0): number {
  return (unitDeviation / error) ** 2 * Math.min(1, (Math.max(exactDim, left) / error) ** 2);
}

// How much two views of one place differ for other reasons than shading, by brightness.

/** Number of ranges of brightness with equally many pixels; noise is measured in each. */
const partCount = 12;
/** About the number of pixels that are used. */
const sampleSize = 4_000;
/** Number of brightnesses in the lookup table. */
const tableLength = 256;
/** The standard deviation of a normal distribution over its median absolute value. */
const deviationPerMedian = 1.4826;

/** Measures the differences that a fit leaves. @param sidesOf gives light and dark of both places of a pair */
function measureNoise(
  pairs: readonly ModelledPair[],
  sidesOf: (pair: ModelledPair) => ReturnType<ReturnType<typeof placesOf>>,
): NoiseScale {
  const samples = samplesOf(pairs, sidesOf).sort((a, b) => a.brightness - b.brightness);
  if (samples.length === 0) return () => 1;
  const count = Math.min(partCount, samples.length);
  const parts = Array.from({ length: count }, (_, part) => {
    const own = samples.slice(
      Math.floor((part * samples.length) / count),
      Math.floor(((part + 1) * samples.length) / count),
    );
    const deviation = deviationPerMedian * upperMedianOf(own.map(({ apart }) => apart))!;
    return { brightness: own[own.length >> 1]!.brightness, deviation: Math.max(1e-3, deviation) };
  });
  return tabulated(parts);
}

function samplesOf(
  pairs: readonly ModelledPair[],
  sidesOf: (pair: ModelledPair) => ReturnType<ReturnType<typeof placesOf>>,
): { brightness: number; apart: number }[] {
  const total = pairs.reduce((sum, { geometry, planes }) => sum + geometry.length * planes.length, 0);
  const step = Math.max(1, Math.floor(total / sampleSize));
  const samples: { brightness: number; apart: number }[] = [];
  let skipped = 0;
  for (const pair of pairs) {
    const [first, second] = sidesOf(pair);
    for (const plane of pair.planes) {
      for (let i = (step - skipped) % step; i < first.light.length; i += step) {
        const a = (plane.first[i]! - first.dark[i]!) / first.light[i]!;
        const b = (plane.second[i]! - second.dark[i]!) / second.light[i]!;
        if (Number.isFinite(a + b)) samples.push({ brightness: (a + b) / 2, apart: Math.abs(a - b) });
      }
      skipped = (skipped + first.light.length) % step;
    }
  }
  return samples;
}

/** Interpolates linearly between the ranges; constant below the first, proportional to brightness above the last. */
function tabulated(parts: readonly { brightness: number; deviation: number }[]): NoiseScale {
  const [first, last] = [parts[0]!, parts.at(-1)!];
  const width = last.brightness - first.brightness;
  if (!(width > 0)) return () => first.deviation;
  let at = 1;
  const table = Float64Array.from({ length: tableLength }, (_, i) => {
    const brightness = first.brightness + (width * i) / (tableLength - 1);
    while (at < parts.length - 1 && parts[at]!.brightness < brightness) at++;
    const [below, above] = [parts[at - 1]!, parts[at]!];
    const share = (brightness - below.brightness) / (above.brightness - below.brightness || 1);
    return below.deviation + Math.min(1, Math.max(0, share)) * (above.deviation - below.deviation);
  });
  const scale = (tableLength - 1) / width;
  return (brightness) => {
    if (!(brightness > first.brightness)) return first.deviation;
    if (brightness < last.brightness) return table[Math.floor((brightness - first.brightness) * scale)]!;
    return last.brightness > 0 ? (last.deviation * brightness) / last.brightness : last.deviation;
  };
}
