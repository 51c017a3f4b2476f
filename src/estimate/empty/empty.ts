/**
 * Estimates a profile from empty regions: the smoothed median of their planes, with a baseline from its darkest
 * percent.
 */
import { IsoluxError } from "../../errors.ts";
import type { BaselineMeaning, Profile } from "../../profile/profile.ts";
import { describeUnusablePixels } from "../../profile/validate.ts";
import type { PlaneStack } from "../../sample/plane-stack.ts";
import { bytesPerPixel, elementCount, type PixelType, type Yx } from "../../shapes.ts";
import { roundTiesToEven } from "../../statistics.ts";
import { divisorGuard, flatFieldedBytes, flatFieldedPercentile } from "./flat-fielded-surveys.ts";
import { divideByMean, gaussianBlur, type RowSource } from "./gaussian.ts";
import { medianOverPlanes, medianScratch } from "./median.ts";
import { percentile } from "./percentile.ts";
import { type Band, bandVisitor, baselineStep, type PiecePlanes, subsampledArea, subsampleRow } from "./planes.ts";
import { addToBlocks, type BlockMeans, blockMeans, type PieceSurvey, suspectOffset } from "./survey.ts";

/** Options of an estimate from empty regions. */
export interface EmptyOptions {
  /** What the camera shows without light, in counts: subtracted from the planes, and the dark-field of the profile. */
  readonly cameraOffset: number;
  /** Planes are read in bands of rows of about this many bytes; at least one row of all planes. */
  readonly bandBytes: number;
  /** The sigma of the smoothing; 1 by default. */
  readonly sigmaPx?: number;
  /** Called with the fraction of the work that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * A profile from empty regions; its baseline is an offset: the level of the darkest pixels of the flat-fielded
 * background.
 */
export interface EmptyEstimate {
  readonly profile: Profile;
  readonly baselineMeaning: BaselineMeaning;
  /** Warnings for the user. */
  readonly warnings: readonly string[];
}

const baselinePercent = 1;

/** How often all planes are read: once for the median, and twice for the percentile. */
const passes = 3;

/**
 * Estimates a profile from planes of empty regions. Flat-field: the median of every pixel over the planes, smoothed,
 * divided by its mean. Baseline: the exact first percentile of every fourth pixel of the planes, divided by the
 * flat-field, rounded (ties to even). All values count from the camera offset. Never holds all planes at once.
 * @throws IsoluxError `estimation` where the planes are black or the profile has pixels that are not positive;
 *   `interrupted` when the signal aborts
 */
export async function estimateEmpty(stack: PlaneStack, options: EmptyOptions): Promise<EmptyEstimate> {
  const { shapeYx, planeCount } = stack;
  const { cameraOffset } = options;
  if (planeCount === 0)
    throw new IsoluxError({
      kind: "estimation",
      what: "No planes were sampled",
      advice: "Choose other planes or tiles",
    });
  const visit = bandVisitor(stack, passes, options);
  const median = new Float32Array(elementCount(shapeYx));
  const scratch = medianScratch(planeCount).take(undefined);
  const blocks = blockMeans(planeCount, shapeYx);
  for await (const { band, y0, y1 } of visit()) {
    const rows = median.subarray(y0 * shapeYx[1], y1 * shapeYx[1]);
    medianOverPlanes(band, planeCount, rows.length, rows, scratch);
    const piece: PiecePlanes = { pixels: band, planeCount, startYx: [y0, 0], shapeYx: [y1 - y0, shapeYx[1]] };
    for (let y = 0; y < y1 - y0; y++) {
      const row = subsampleRow(piece, y, blocks.step);
      if (row !== undefined) addToBlocks(blocks, row);
    }
  }
  const baseline = (flatfield: Float32Array) =>
    percentile(() => flatFieldedBackground(visit(), flatfield, stack, cameraOffset), baselinePercent);
  return finishEstimate({ median: rowsOfImage(median, shapeYx[1]), blocks, baseline }, options);
}

/** The rows of an image in C order, each of `width` pixels. */
export function rowsOfImage(image: Float32Array, width: number): RowSource {
  return (y, row) => row.set(image.subarray(y * width, (y + 1) * width));
}

/**
 * Estimates a profile as {@link estimateEmpty} does, from surveys of all pieces of the field: nothing is read again.
 * @throws IsoluxError as {@link estimateEmpty}
 */
export async function estimateFromSurveys(
  surveys: readonly PieceSurvey[],
  planeCount: number,
  shapeYx: Yx,
  options: Pick<EmptyOptions, "cameraOffset" | "sigmaPx">,
): Promise<EmptyEstimate> {
  const blocks = blockMeans(planeCount, shapeYx);
  for (const survey of surveys) {
    addAll(survey.sums, blocks.sums);
    addAll(survey.counts, blocks.counts);
  }
  const baseline = (flatfield: Float32Array) =>
    flatFieldedPercentile(
      { surveys, flatfield, planeCount, shapeYx, cameraOffset: options.cameraOffset },
      baselinePercent,
    );
  return await finishEstimate({ median: rowsOfSurveys(surveys), blocks, baseline }, options);
}

function addAll(numbers: Float64Array, sums: Float64Array): void {
  for (let at = 0; at < numbers.length; at++) sums[at]! += numbers[at]!;
}

/** The rows of the median over the field, assembled from pieces of it. */
function rowsOfSurveys(surveys: readonly PieceSurvey[]): RowSource {
  return (y, row) => {
    for (const { median, startYx, shapeYx } of surveys) {
      const [from, columns] = [(y - startYx[0]) * shapeYx[1], shapeYx[1]];
      if (y >= startYx[0] && from < median.length) row.set(median.subarray(from, from + columns), startYx[1]);
    }
  };
}

/** What one pass over the planes gives. */
interface Survey {
  /** The median of every pixel. */
  readonly median: RowSource;
  readonly blocks: BlockMeans;
  /** The percentile of the pixels that count for the baseline, divided by a flat-field. */
  readonly baseline: (flatfield: Float32Array) => Promise<number>;
}

async function finishEstimate(
  { median, blocks, baseline: baselineOf }: Survey,
  { cameraOffset, sigmaPx }: Pick<EmptyOptions, "cameraOffset" | "sigmaPx">,
): Promise<EmptyEstimate> {
  const { shapeYx } = blocks;
  const flatfield = gaussianBlur(lessOffset(median, cameraOffset), shapeYx, sigmaPx);
  if (divideByMean(flatfield, cameraOffset) > 0) throw notPositive(flatfield, shapeYx);
  const baseline = roundTiesToEven(await baselineOf(flatfield)) + 0;
  const darkfield = new Float32Array(flatfield.length);
  // Memory that is never written to takes no space
  if (cameraOffset !== 0) darkfield.fill(cameraOffset);
  const suspected = suspectOffset(blocks, cameraOffset);
  return {
    profile: { shapeYx, flatfield, darkfield, baseline },
    baselineMeaning: "offset",
    warnings: suspected === undefined ? [] : [offsetWarning(suspected, cameraOffset)],
  };
}

/** The median minus the offset: subtracting a constant commutes with the median. */
function lessOffset(median: RowSource, cameraOffset: number): RowSource {
  if (cameraOffset === 0) return median;
  return (y, row) => {
    median(y, row);
    for (let x = 0; x < row.length; x++) row[x] = Math.fround(row[x]! - cameraOffset);
  };
}

/** An upper bound of the memory of surveys of all pieces, with the estimate from them. */
export function surveyBytes(type: PixelType, planeCount: number, shapeYx: Yx): number {
  const background = planeCount * subsampledArea([0, 0], shapeYx, baselineStep);
  const images = 5 * 4 * elementCount(shapeYx);
  return (
    background * bytesPerPixel(type) + images + flatFieldedBytes(background, baselinePercent) + planeCount * 64 * 8
  );
}

/** The pixels that count for the baseline, corrected by the flat-field in single precision as the correction does. */
async function* flatFieldedBackground(
  bands: AsyncGenerator<Band>,
  flatfield: Float32Array,
  { planeCount, shapeYx }: PlaneStack,
  cameraOffset: number,
): AsyncGenerator<Float32Array> {
  const width = shapeYx[1];
  const columns = Math.ceil(width / baselineStep);
  for await (const { band, y0, y1 } of bands) {
    const firstRow = Math.ceil(y0 / baselineStep) * baselineStep;
    const rows = Math.max(0, Math.ceil((y1 - firstRow) / baselineStep));
    const values = new Float32Array(planeCount * rows * columns);
    let to = 0;
    for (let plane = 0; plane < planeCount; plane++) {
      for (let y = firstRow; y < y1; y += baselineStep) {
        const from = (plane * (y1 - y0) + y - y0) * width;
        for (let x = 0; x < width; x += baselineStep) {
          const divisor = Math.fround(flatfield[y * width + x]! + divisorGuard);
          values[to++] = Math.fround(band[from + x]! - cameraOffset) / divisor;
        }
      }
    }
    yield values;
  }
}

function notPositive(flatfield: Float32Array, shapeYx: Yx): IsoluxError {
  const found = describeUnusablePixels(flatfield, shapeYx);
  return new IsoluxError({
    kind: "estimation",
    what: "The flat-field estimated from empty regions is not positive everywhere",
    found,
    advice: "Sample more planes, choose regions with some background light, check the camera offset, or use BaSiC",
  });
}

function offsetWarning(suspected: number, cameraOffset: number): string {
  const known = cameraOffset === 0 ? "a camera offset" : `a camera offset beyond the ${cameraOffset} counts given,`;
  return (
    `The planes suggest ${known} of about ${Math.round(suspected)} counts: from plane to plane their bright pixels ` +
    `brighten by a larger share than their dim ones. An offset that is left in makes the profile too flat. ` +
    `Measure what the camera shows without light and give it as the camera offset.`
  );
}
