/** Figures of planes sampled from tiles, uncorrected or corrected by a profile. Plain JSON-able values. */
import { histogramOf, otsuThreshold } from "../estimate/otsu.ts";
import type { Shading } from "../estimate/refine/overlap-data.ts";
import type { PlaneStack } from "../sample/plane-stack.ts";
import { elementCount, largestPixel, type Yx } from "../shapes.ts";
import { meanOf } from "../statistics.ts";

/** Figures of the planes of all tiles together. */
export interface PlaneMeasures {
  readonly planeCount: number;
  /**
   * Coefficient of joint variation of sample and background, separated by Otsu's threshold: the sum of their standard
   * deviations over the distance of their means. Shading widens both, so that a good correction lowers it; structures
   * widen it too, so it compares corrections of the same planes only. `undefined` where the planes have one class.
   *
   * @see B. Likar et al., Retrospective shading correction based on entropy minimization, Journal of Microscopy 197
   * (2000), 285-295
   */
  readonly jointVariation?: number;
  /**
   * Standard deviation over mean of the mean of all planes, in blocks of a sixteenth of the field: 0 where the tiles
   * are equally bright everywhere on average. Sample that is mostly in one part of the field raises it too.
   */
  readonly meanPlaneVariation: number;
  /** Share of pixels that the camera saturated. */
  readonly saturatedShare: number;
  /**
   * Fractions of pixels above 0 that the correction moves below it, and of those moved above the largest value of their
   * type.
   */
  readonly clippedLowShare: number;
  readonly clippedHighShare: number;
}

/** The number of blocks that the field is divided into along either axis. */
const blocksAcross = 16;

/** About the number of pixels of every plane that are used for the joint variation. */
const samplesPerPlane = 4096;

/** The correction of planes. */
interface MeasuredCorrection {
  /** Of the planes' shape. */
  readonly shading: Shading;
  /** Counts subtracted after the division. */
  readonly background: number;
}

/** Measures planes one by one, so that no more than one is in memory. Without a correction: as they were recorded. */
export async function measurePlanes(stack: PlaneStack, correction?: MeasuredCorrection): Promise<PlaneMeasures> {
  const { planeCount, shapeYx, type } = stack;
  const [pixelCount, largest] = [elementCount(shapeYx), largestPixel(type)];
  const step = Math.max(1, Math.floor(pixelCount / samplesPerPlane));
  const blocks = new Float64Array(blocksAcross ** 2);
  const samples = new Float64Array(Math.ceil(pixelCount / step) * planeCount);
  const blockOfPixel = blocksOf(shapeYx);
  let [saturated, low, high, sampled] = [0, 0, 0, 0];
  for (let n = 0; n < planeCount; n++) {
    const plane = await stack.read(n, n + 1, 0, shapeYx[0]);
    for (let i = 0; i < pixelCount; i++) {
      const value = plane[i]!;
      if (value >= largest) saturated++;
      const corrected = correction === undefined ? value : correctedValue(value, i, correction);
      // A pixel that was 0 already loses nothing.
      if (type !== "float32" && value > 0 && Math.round(corrected) < 0) low++;
      if (type !== "float32" && Math.round(corrected) > largest) high++;
      blocks[blockOfPixel[i]!]! += corrected;
      if (i % step === 0) samples[sampled++] = corrected;
    }
  }
  const all = Math.max(1, planeCount * pixelCount);
  const jointVariation = jointVariationOf(samples);
  return {
    planeCount,
    jointVariation,
    meanPlaneVariation: variationOf(blockMeans(blocks, blockOfPixel)),
    saturatedShare: saturated / all,
    clippedLowShare: low / all,
    clippedHighShare: high / all,
  };
}

function correctedValue(value: number, at: number, { shading, background }: MeasuredCorrection): number {
  return (value - shading.darkfield[at]!) / shading.flatfield[at]! - background;
}

/** The block of every pixel of a plane. */
function blocksOf([rows, columns]: Yx): Uint8Array {
  const blocks = new Uint8Array(rows * columns);
  for (let y = 0, i = 0; y < rows; y++) {
    const first = Math.floor((y * blocksAcross) / rows) * blocksAcross;
    for (let x = 0; x < columns; x++, i++) blocks[i] = first + Math.floor((x * blocksAcross) / columns);
  }
  return blocks;
}

function blockMeans(sums: Float64Array, blockOfPixel: Uint8Array): number[] {
  const counts = new Float64Array(sums.length);
  for (let i = 0; i < blockOfPixel.length; i++) counts[blockOfPixel[i]!]! += 1;
  return [...sums.keys()].filter((block) => counts[block]! > 0).map((block) => sums[block]! / counts[block]!);
}

/** Standard deviation over mean. */
function variationOf(values: ArrayLike<number>): number {
  const { mean, deviation } = momentsOf(values);
  return deviation / mean;
}

function jointVariationOf(values: Float64Array): number | undefined {
  const finite = values.every(Number.isFinite) ? values : values.filter(Number.isFinite);
  if (finite.length === 0) return undefined;
  const histogram = histogramOf(finite, false);
  // The upper end of the bin whose centre is the threshold.
  const threshold = otsuThreshold(histogram) + histogram.step / 2;
  const dark = momentsOf(onSideOf(finite, threshold, true));
  const bright = momentsOf(onSideOf(finite, threshold, false));
  const variation = (dark.deviation + bright.deviation) / (bright.mean - dark.mean);
  return Number.isFinite(variation) ? variation : undefined;
}

/** The values up to a threshold, or those beyond it. */
function onSideOf(values: Float64Array, threshold: number, isBelow: boolean): Float64Array {
  const chosen = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! <= threshold === isBelow) chosen[count++] = values[i]!;
  return chosen.subarray(0, count);
}

function momentsOf(values: ArrayLike<number>): { readonly mean: number; readonly deviation: number } {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

/** Figures of a flat-field. */
export interface FlatfieldMeasures {
  readonly min: number;
  readonly max: number;
  /** How much lower the darkest percent of the field is than the brightest percent: 0.3 means 30 %. */
  readonly depth: number;
  /**
   * Mean difference of neighbouring pixels, over the mean: light changes slowly over a field of `n` px, by about `depth
   * / n` from one pixel to the next. Many times more than that is specimen, dirt or noise in the profile.
   */
  readonly roughness: number;
  /** `roughness` over the least value of a profile of that depth, `depth / n`: 1 to 4 for smooth light. */
  readonly roughnessRatio: number;
}

/** Measures a flat-field of `shapeYx`, C order. */
export function measureFlatfield(flatfield: ArrayLike<number>, [rows, columns]: Yx): FlatfieldMeasures {
  const sorted = Float64Array.from(flatfield).sort();
  const mean = meanOf(sorted);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  let [sum, count] = [0, 0];
  for (let y = 0; y + 1 < rows; y++) {
    for (let x = 0; x + 1 < columns; x++) {
      const value = flatfield[y * columns + x]!;
      sum += Math.abs(flatfield[y * columns + x + 1]! - value) + Math.abs(flatfield[(y + 1) * columns + x]! - value);
      count += 2;
    }
  }
  const depth = 1 - at(0.01) / at(0.99);
  const roughness = sum / Math.max(1, count) / mean;
  const least = depth / Math.sqrt(rows * columns);
  return {
    min: sorted[0]!,
    max: sorted.at(-1)!,
    depth,
    roughness,
    roughnessRatio: least === 0 ? 0 : roughness / least,
  };
}

// The error of an estimated flat-field.

/**
 * Mean |S - S_true| after both are scaled to mean 1: 0.01 means that corrected pixels are off by 1 % on average. Both
 * are images of the same shape.
 */
export function flatfieldError(estimated: ArrayLike<number>, truth: ArrayLike<number>): number {
  const [scale, scaleTruth] = [1 / meanOf(estimated), 1 / meanOf(truth)];
  let sum = 0;
  for (let i = 0; i < truth.length; i += 1) sum += Math.abs(estimated[i]! * scale - truth[i]! * scaleTruth);
  return sum / truth.length;
}
