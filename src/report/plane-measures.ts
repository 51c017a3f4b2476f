/** Figures of planes sampled from tiles, as they were taken or as a profile corrects them. Plain JSON-able values. */
import { histogramOf, otsuThreshold } from "../estimate/basic/otsu.ts";
import type { Shading } from "../estimate/correct-patches.ts";
import type { PlaneStack } from "../sample/plane-stack.ts";
import { elementCount, largestPixel, type Yx } from "../shapes.ts";

/** What planes of all tiles together show. */
export interface PlaneMeasures {
  readonly planeCount: number;
  /**
   * Coefficient of joint variation of sample and background, told apart by Otsu's threshold: the sum of their standard
   * deviations over the distance of their means. Shading widens both, so that a good correction lowers it; structures
   * widen it too, so it compares corrections of the same planes only. `undefined` where the planes show one class.
   *
   * @see B. Likar et al., Retrospective shading correction based on entropy minimization, Journal of Microscopy 197
   * (2000), 285-295
   */
  readonly jointVariation?: number;
  /**
   * Standard deviation over mean of the mean of all planes, in blocks of a sixteenth of the field: 0 where the tiles
   * are equally bright all over on average. Sample that prefers a part of the field raises it too.
   */
  readonly meanPlaneVariation: number;
  /** Share of pixels that the camera saturated. */
  readonly saturatedShare: number;
  /** Shares of pixels above 0 that the correction takes below it, and of those that it takes above the largest value of their type. */
  readonly clippedLowShare: number;
  readonly clippedHighShare: number;
}

/** The field is looked at in so many blocks along either axis. */
const blocksAcross = 16;

/** Of every plane about this many pixels count for the joint variation. */
const samplesPerPlane = 4096;

/** What counts as a correction here. */
export interface MeasuredCorrection {
  /** Of the planes' shape. */
  readonly shading: Shading;
  /** Counts taken off after the division. */
  readonly background: number;
}

/** Measures planes one by one, so that no more than one is held. Without a correction: as they were taken. */
export async function measurePlanes(stack: PlaneStack, correction?: MeasuredCorrection): Promise<PlaneMeasures> {
  const { planeCount, shapeYx, type } = stack;
  const [pixelCount, largest] = [elementCount(shapeYx), largestPixel(type)];
  const step = Math.max(1, Math.floor(pixelCount / samplesPerPlane));
  const blocks = new Float64Array(blocksAcross ** 2);
  const samples: number[] = [];
  let [saturated, low, high] = [0, 0, 0];
  for (let n = 0; n < planeCount; n++) {
    const plane = await stack.read(n, n + 1, 0, shapeYx[0]);
    for (let i = 0; i < pixelCount; i++) {
      const value = plane[i]!;
      if (value >= largest) saturated++;
      const corrected = correction === undefined ? value : correctedValue(value, i, correction);
      // A pixel that was 0 loses nothing.
      if (type !== "float32" && value > 0 && Math.round(corrected) < 0) low++;
      if (type !== "float32" && Math.round(corrected) > largest) high++;
      blocks[blockOf(i, shapeYx)]! += corrected;
      if (i % step === 0) samples.push(corrected);
    }
  }
  const all = Math.max(1, planeCount * pixelCount);
  const jointVariation = jointVariationOf(samples);
  return {
    planeCount,
    ...(jointVariation === undefined ? {} : { jointVariation }),
    meanPlaneVariation: variationOf(blockMeans(blocks, shapeYx)),
    saturatedShare: saturated / all,
    clippedLowShare: low / all,
    clippedHighShare: high / all,
  };
}

function correctedValue(value: number, at: number, { shading, background }: MeasuredCorrection): number {
  return (value - shading.darkfield[at]!) / shading.flatfield[at]! - background;
}

function blockOf(at: number, [rows, columns]: Yx): number {
  const row = Math.floor((Math.floor(at / columns) * blocksAcross) / rows);
  return row * blocksAcross + Math.floor(((at % columns) * blocksAcross) / columns);
}

function blockMeans(sums: Float64Array, shapeYx: Yx): number[] {
  const counts = new Float64Array(sums.length);
  for (let i = 0; i < elementCount(shapeYx); i++) counts[blockOf(i, shapeYx)]! += 1;
  return [...sums.keys()].filter((block) => counts[block]! > 0).map((block) => sums[block]! / counts[block]!);
}

/** Standard deviation over mean. */
function variationOf(values: readonly number[]): number {
  const { mean, deviation } = momentsOf(values);
  return deviation / mean;
}

function jointVariationOf(values: readonly number[]): number | undefined {
  const finite = Float64Array.from(values.filter(Number.isFinite));
  if (finite.length === 0) return undefined;
  const histogram = histogramOf(finite, false);
  // The end of the bin that the threshold is the centre of.
  const threshold = otsuThreshold(histogram) + histogram.step / 2;
  const dark = momentsOf([...finite].filter((value) => value <= threshold));
  const bright = momentsOf([...finite].filter((value) => value > threshold));
  const variation = (dark.deviation + bright.deviation) / (bright.mean - dark.mean);
  return Number.isFinite(variation) ? variation : undefined;
}

function momentsOf(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { mean, deviation };
}

/** What a flat-field looks like. */
export interface FlatfieldMeasures {
  readonly min: number;
  readonly max: number;
  /** How far the darkest percent of the field lies below the brightest percent: 0.3 says 30 %. */
  readonly depth: number;
  /**
   * Mean distance of neighbouring pixels, over the mean: light changes slowly over a field of `n` px, by about
   * `depth / n` from one pixel to the next. Many times more than that is specimen, dirt or noise in the profile.
   */
  readonly roughness: number;
  /** `roughness` over what a profile of that depth has at the least, `depth / n`: 1 to 4 for smooth light. */
  readonly roughnessRatio: number;
}

/** Measures a flat-field of `shapeYx`, C order. */
export function measureFlatfield(flatfield: ArrayLike<number>, [rows, columns]: Yx): FlatfieldMeasures {
  const sorted = Float64Array.from(flatfield).sort();
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
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
