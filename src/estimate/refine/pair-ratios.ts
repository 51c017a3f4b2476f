/** Measures by which factor one of two neighbouring tiles shows the same tissue brighter than the other. */
import type { OverlapPair, OverlapPlan } from "../../sample/plan-overlaps.ts";
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import type { Yx } from "../../shapes.ts";
import { upperMedianOf } from "../../statistics.ts";
import { binnedWindow, type OverlapData, prepareOverlaps, type Shading } from "./overlap-data.ts";

/** A shading, and the counts without light that are subtracted after the division. */
export interface TileShading {
  readonly shading: Shading;
  readonly background: number;
}

/** The brightness ratio of a pair of tiles. */
export interface PairRatio {
  /** Tiles, by number. */
  readonly first: number;
  readonly second: number;
  /** ln(A / B) of the corrected pixels that both show: a weighted median over coarse pixels of all planes. */
  readonly logRatio: number;
  /** How precisely that is known, 0 to 1. */
  readonly weight: number;
  /** The position of the middle of the overlap in the field of either tile: -0.5 to 0.5 along each axis. */
  readonly inFirstYx: Yx;
  readonly inSecondYx: Yx;
}

/** Coarse pixels darker than this fraction of the overlaps' typical brightness are noise. */
const leastBrightness = 0.1;
/** A pair of fewer coarse pixels, over all planes, is left out. */
const leastPixels = 12;
/** Neighbouring coarse pixels show the same structure: this many count as one sample. */
const pixelsPerSample = 10;
/**
 * The least deviation of a ratio, by errors of registration and different viewing angles, however bright the pair is.
 */
const floorDeviation = 0.005;

/**
 * Compares the tiles of every pair that shows enough light.
 * @param patches overlaps of the plan, uncorrected
 * @param shadingOf the shading of a tile, by its number
 */
export function pairRatios(
  plan: OverlapPlan,
  patches: readonly OverlapPatch[],
  shadingOf: (tile: number) => TileShading,
): PairRatio[] {
  const data = prepareOverlaps(plan.fieldYx, patches);
  const lights = data.patches.map((patch) => lightOf(patch, plan.pairs[patch.pair]!, data, shadingOf));
  const typical =
    upperMedianOf(lights.flatMap(({ brightness }) => [...brightness]).filter(Number.isFinite)) ?? Number.NaN;
  return plan.pairs.flatMap((pair, index): PairRatio[] => {
    const samples = data.patches.flatMap((patch, at) =>
      patch.pair === index ? brightSamples(lights[at]!, leastBrightness * typical) : [],
    );
    if (samples.length < leastPixels) return [];
    const logRatio = weightedMedian(samples);
    const apart = samples.map(({ value, weight }) => ({ value: Math.abs(value - logRatio), weight }));
    // The standard error of a median of normal values, whose spread is 1.48 times their median deviation.
    const deviation =
      (1.4826 * weightedMedian(apart) * Math.sqrt(Math.PI / 2)) / Math.sqrt(samples.length / pixelsPerSample);
    const { first, second } = pair;
    const weight = floorDeviation ** 2 / (floorDeviation ** 2 + deviation ** 2);
    return [{ first, second, logRatio, weight, ...centresOf(pair, plan.fieldYx) }];
  });
}

interface PatchLight {
  readonly logRatios: Float64Array;
  /** Mean of both tiles, in counts. */
  readonly brightness: Float64Array;
}

function lightOf(
  { first, second, shapeYx, binPx, inFirstYx, inSecondYx }: OverlapPatch,
  pair: OverlapPair,
  { fieldYx }: OverlapData,
  shadingOf: (tile: number) => TileShading,
): PatchLight {
  const corrected = (image: Float32Array, { shading, background }: TileShading, startYx: Yx) => {
    const light = binnedWindow(shading.flatfield, fieldYx, startYx, shapeYx, binPx);
    const dark = binnedWindow(shading.darkfield, fieldYx, startYx, shapeYx, binPx);
    return light.map((value, i) => (image[i]! - dark[i]!) / value - background);
  };
  const a = corrected(first, shadingOf(pair.first), inFirstYx);
  const b = corrected(second, shadingOf(pair.second), inSecondYx);
  return {
    logRatios: a.map((value, i) => Math.log(value / b[i]!)),
    brightness: a.map((value, i) => (value + b[i]!) / 2),
  };
}

interface Sample {
  readonly value: number;
  readonly weight: number;
}

/** Ratios are weighted by brightness: the variance of their photon noise is inversely proportional to it. */
function brightSamples({ logRatios, brightness }: PatchLight, least: number): Sample[] {
  const samples: Sample[] = [];
  for (let i = 0; i < logRatios.length; i++) {
    const [value, weight] = [logRatios[i]!, brightness[i]!];
    if (Number.isFinite(value) && weight >= least && weight > 0) samples.push({ value, weight });
  }
  return samples;
}

function centresOf(
  { inFirstYx, inSecondYx, shapeYx }: OverlapPair,
  fieldYx: Yx,
): Pick<PairRatio, "inFirstYx" | "inSecondYx"> {
  const centre = (startYx: Yx): Yx => [
    (startYx[0] + shapeYx[0] / 2) / fieldYx[0] - 0.5,
    (startYx[1] + shapeYx[1] / 2) / fieldYx[1] - 0.5,
  ];
  return { inFirstYx: centre(inFirstYx), inSecondYx: centre(inSecondYx) };
}

/** The value with half of the weight on either side. */
function weightedMedian(samples: readonly Sample[]): number {
  const sorted = [...samples].sort((a, b) => a.value - b.value);
  const half = samples.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let sum = 0;
  for (const { value, weight } of sorted) {
    sum += weight;
    if (sum >= half) return value;
  }
  return sorted.at(-1)?.value ?? Number.NaN;
}
