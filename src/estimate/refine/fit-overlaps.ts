/**
 * The fit of a smooth light to overlaps, with the gains of tiles as unknowns beside it: Gauss-Newton steps on a robust
 * loss, held back towards no change and gains of 1. Gains are there because a tile that is brighter than its neighbours
 * would be explained by a tilt of the field otherwise; they are not applied.
 */
import { GainElimination } from "./gain-elimination.ts";
import { penaltyOf } from "./light-terms.ts";
import { measureNoise } from "./noise-scale.ts";
import type { ModelledPair, NoiseScale, OverlapFit, OverlapModel, PairGeometry } from "./overlap-model.ts";
import { addLight, addPair, litPlace, noSums, type PixelSums, unitDeviation, withGain } from "./pair-equations.ts";
import { type LitPlace, pairFigure } from "./pair-figure.ts";
import { solvePositive } from "./solve.ts";

/** How freely a fit may change a start. */
export interface FitFreedom {
  /** What holds the light back; a pair of views that are 1 % apart counts as 1. */
  readonly strength: number;
  /** By how much tiles differ in brightness: the standard deviation of their log gains; 0 where they do not. */
  readonly gainSpread: number;
}

/** Where a fit begins, and how long it goes on. */
export interface FitStart {
  readonly from?: OverlapFit;
  readonly mostIterations?: number;
  /** Pairs that take no part. */
  readonly without?: ReadonlySet<number>;
}

const mostIterations = 12;
/** After so many steps views are as far apart as they stay. */
const noiseSettles = 4;
/** A fit has ended when the logarithms of light and gains change by less. */
const smallStep = 2e-4;

/** Fits light and, where there are such, gains. Deterministic. */
export function fitOverlaps(model: OverlapModel, freedom: FitFreedom, start: FitStart = {}): OverlapFit {
  const { from, without, mostIterations: most = mostIterations } = start;
  const pairs = without === undefined ? model.pairs : model.pairs.filter(({ pair }) => !without.has(pair));
  let fit = from ?? noChange(model);
  for (let iteration = 0; iteration < most; iteration++) {
    const isNoiseKnown = fit.noise !== undefined && (without !== undefined || iteration >= noiseSettles);
    const next = improved(model, pairs, freedom, fit, isNoiseKnown);
    const isDone = isNear(fit.light, next.light) && isNear(fit.logGains, next.logGains);
    fit = next;
    if (isDone) break;
  }
  return fit;
}

/** For every pair how far its views are apart with a fit, less what gains explain where `levelled`. */
export function figuresOfFit(
  model: OverlapModel,
  fit: OverlapFit,
  { among, levelled }: { readonly among: ReadonlySet<number>; readonly levelled: boolean },
): Map<number, number> {
  const applied = levelled ? fit : { ...fit, logGains: new Float64Array(fit.logGains.length) };
  const sidesOf = placesOf(model.geometries, applied);
  const judged = model.pairs.filter(({ pair }) => among.has(pair));
  return new Map(judged.map((pair) => [pair.pair, pairFigure(pair.planes, pair.geometry.shapeYx, sidesOf(pair))]));
}

function noChange({ pairs, terms }: OverlapModel): OverlapFit {
  const tileCount = pairs.reduce((most, { tiles }) => Math.max(most, tiles[0] + 1, tiles[1] + 1), 0);
  return { light: new Float64Array(terms.length), logGains: new Float64Array(tileCount) };
}

function isNear(a: Float64Array, b: Float64Array): boolean {
  return a.every((value, k) => Math.abs(value - b[k]!) < smallStep);
}

/** One step. */
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

type SidesOf = (pair: ModelledPair) => readonly [LitPlace, LitPlace];

function placesOf(geometries: readonly PairGeometry[], fit: OverlapFit): SidesOf {
  const lit = new Map(
    geometries.map((geometry) => [geometry, [litPlace(geometry.first, fit), litPlace(geometry.second, fit)] as const]),
  );
  return ({ geometry, tiles }) => {
    const [first, second] = lit.get(geometry)!;
    return [withGain(first, fit.logGains[tiles[0]]!), withGain(second, fit.logGains[tiles[1]]!)];
  };
}

/** Normal equations of the light, the lower triangle, and those of the gains beside them. */
function equationsOf(
  { terms }: OverlapModel,
  pairs: readonly ModelledPair[],
  fit: OverlapFit,
  sidesOf: SidesOf,
  noise: NoiseScale,
  { strength, gainSpread }: FitFreedom,
) {
  const count = terms.length;
  const [matrix, step] = [new Float64Array(count * count), new Float64Array(count)];
  for (const [k, term] of terms.entries()) {
    matrix[k * count + k] = strength * penaltyOf(term);
    step[k] = matrix[k * count + k]! * fit.light[k]!;
  }
  const gainPenalty = gainSpread > 0 ? (unitDeviation / gainSpread) ** 2 : 0;
  const gains = new GainElimination(pairs, fit.logGains, count, gainPenalty);
  const sums = new Map<PairGeometry, PixelSums>();
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
