/** Repairs a measured image: single pixels and a narrow border without a value are filled from their neighbours. */
import { formatCount } from "../quantities.ts";
import type { Yx } from "../shapes.ts";
import { upperMedianOf } from "../statistics.ts";
import { constantFrame, type Frame, fillEdges } from "./fill-edges.ts";
import { around, fillLines, fillPixels } from "./fill-inside.ts";
import type { NumericArray } from "./npy-elements.ts";

/** What is repaired. */
interface MendingRules {
  /** Whether a value means that the pixel has none. */
  readonly isMissing: (value: number) => boolean;
  /** Whether single pixels that differ from all around them are defects, too. */
  readonly areOutliersMended: boolean;
}

/** The repaired image, the same array where it has no defects, and what was done, as ends of sentences. */
interface MendedImage {
  readonly data: NumericArray;
  readonly done: readonly string[];
}

/** In smaller images defects cannot be distinguished from their surroundings. */
const leastExtent = 8;
/** More defects than this fraction of the pixels, and more than two, are no defects but part of the image. */
const mostShare = 0.001;
/** The most pixels of a defect, within two pixels of each other: more are a structure, such as dust or a dead line. */
const mostTogether = 4;
/** Less light than this fraction of the typical light is none. */
const leastLight = 0.01;
/** An outlier is this many times brighter or dimmer than all around it, and differs by this many times the noise. */
const [leastRatio, noiseMultiple] = [1.2, 8];
/** The most rows or columns at one edge that may be missing, and as a fraction of the extent. */
const [mostRows, mostRowsShare] = [8, 0.05];

/**
 * Repairs single defective pixels (by the mean of their neighbours) and missing rows and columns at the edges (by what
 * continues the light beside them). Larger defects stay as they are.
 */
export function mendImage(image: NumericArray, shapeYx: Yx, given: MendingRules): MendedImage {
  if (Math.min(...shapeYx) < leastExtent) return { data: image, done: [] };
  const rules = given.areOutliersMended ? withLeastLight(image, given) : given;
  const constant = rules.areOutliersMended ? constantFrame(image, shapeYx, rules.isMissing) : undefined;
  if (constant !== undefined) return withoutConstant(image, shapeYx, constant, given);
  const frame = missingFrame(image, shapeYx, rules);
  const lines = fillLines(image, shapeYx, frame, rules.isMissing);
  if (lines !== undefined) return withoutLines(lines.data, shapeYx, lines.told, given);
  const missing = missingInside(image, shapeYx, frame, rules);
  const most = Math.max(2, Math.floor(mostShare * image.length));
  const isBeyond = missing.length > most || exceeds(frame, shapeYx);
  if (isBeyond || !areSingle(missing, shapeYx)) {
    return {
      data: image,
      done: describeDim(image, shapeYx, missingInside(image, shapeYx, [0, 0, 0, 0], rules), given),
    };
  }
  const outliers = rules.areOutliersMended ? standingOut(image, shapeYx, new Set(missing), rules) : [];
  const isSpeckled = missing.length + outliers.length > most;
  const defects = [...missing, ...(isSpeckled ? [] : outliers)].sort((a, b) => a - b);
  const isWhole = frame.every((extent) => extent === 0);
  if (defects.length === 0 && isWhole) return { data: image, done: [] };
  const data = image instanceof Float32Array ? image.slice() : Float64Array.from(image);
  fillPixels(data, shapeYx, defects, rules.isMissing);
  fillEdges(data, shapeYx, frame);
  return {
    data,
    done: [
      ...describePixels(image, shapeYx, defects),
      ...(isWhole ? [] : [`no values in ${nameFrame(frame)}: ${isFilled}`]),
    ],
  };
}

/** Pixels with almost no light have no value either. */
function withLeastLight(image: NumericArray, { isMissing, areOutliersMended }: MendingRules): MendingRules {
  const step = Math.max(1, Math.floor(image.length / 20_000));
  const values: number[] = [];
  for (let at = 0; at < image.length; at += step) if (!isMissing(image[at]!)) values.push(image[at]!);
  const least = leastLight * (upperMedianOf(values) ?? 0);
  return { isMissing: (value) => isMissing(value) || value < least, areOutliersMended };
}

function missingFrame(image: NumericArray, [height, width]: Yx, { isMissing }: MendingRules): Frame {
  let [top, bottom, left, right] = [0, height, 0, width];
  const isRow = (y: number) => {
    for (let x = left; x < right; x++) if (!isMissing(image[y * width + x]!)) return false;
    return true;
  };
  const isColumn = (x: number) => {
    for (let y = top; y < bottom; y++) if (!isMissing(image[y * width + x]!)) return false;
    return true;
  };
  while (top < bottom && isRow(top)) top++;
  while (top < bottom && isRow(bottom - 1)) bottom--;
  while (top < bottom && left < right && isColumn(left)) left++;
  while (top < bottom && left < right && isColumn(right - 1)) right--;
  return [top, height - bottom, left, width - right];
}

function exceeds(frame: Frame, shapeYx: Yx): boolean {
  return frame.some((extent, side) => {
    const share = Math.floor(mostRowsShare * shapeYx[side < 2 ? 0 : 1]);
    return extent > Math.min(mostRows, Math.max(1, share));
  });
}

function missingInside(image: NumericArray, [height, width]: Yx, frame: Frame, { isMissing }: MendingRules): number[] {
  const [top, bottom, left, right] = frame;
  const missing: number[] = [];
  for (let y = top; y < height - bottom; y++) {
    for (let x = left; x < width - right; x++) {
      const at = y * width + x;
      if (isMissing(image[at]!)) missing.push(at);
    }
  }
  return missing;
}

function withoutLines(data: NumericArray, shapeYx: Yx, told: string, rules: MendingRules): MendedImage {
  const mended = mendImage(data, shapeYx, rules);
  return { data: mended.data, done: [told, ...mended.done] };
}

/** Whether all defects are small. */
function areSingle(defects: readonly number[], shapeYx: Yx): boolean {
  const all = new Set(defects);
  return defects.every((at) => around(at, shapeYx, 2).filter((other) => all.has(other)).length < mostTogether);
}

/**
 * Pixels that are far brighter or dimmer than the ring of pixels two away (but for one of them, which may be a defect
 * itself) and than the median around them: steep light, lines and specks of several pixels are not.
 */
function standingOut(image: NumericArray, shapeYx: Yx, missing: ReadonlySet<number>, rules: MendingRules): number[] {
  const ratio = Math.max(leastRatio, Math.exp(noiseMultiple * noiseOf(image, shapeYx, rules)));
  // Whole numbers change in large relative steps where they are small.
  const leastStep = image instanceof Float32Array || image instanceof Float64Array ? 0 : 4;
  const isFar = (value: number, other: number) =>
    (value > ratio * other || value * ratio < other) && Math.abs(value - other) > leastStep;
  const suspects: number[] = [];
  const twoRows = 2 * shapeYx[1];
  for (let at = 0; at < image.length; at++) {
    const value = image[at]!;
    // Most pixels are within the range of those above and below in the ring, which makes them no outliers.
    const [above, below] = [image[at - twoRows]!, image[at + twoRows]!];
    if (value <= ratio * above && value * ratio >= above && value <= ratio * below && value * ratio >= below) continue;
    if (!rules.isMissing(value) && leavesRing(image, shapeYx, at, ratio)) suspects.push(at);
  }
  const all = new Set([...suspects, ...missing]);
  return suspects.filter((at) => {
    const near = around(at, shapeYx, 2);
    const values = near.map((other) => image[other]!).filter((value) => !rules.isMissing(value));
    const median = upperMedianOf(values);
    const isSingle = near.filter((other) => all.has(other)).length < mostTogether;
    return isSingle && median !== undefined && isFar(image[at]!, median);
  });
}

const ring = [-2, 0, 2].flatMap((y) => [-2, 0, 2].map((x) => [y, x] as const)).filter(([y, x]) => y !== 0 || x !== 0);

function leavesRing(image: NumericArray, [height, width]: Yx, at: number, ratio: number): boolean {
  const [y, x, value] = [Math.floor(at / width), at % width, image[at]!];
  let [notBelow, notAbove] = [0, 0];
  for (const [dy, dx] of ring) {
    if (y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) continue;
    const other = image[at + dy * width + dx]!;
    if (!(value > ratio * other)) notAbove++;
    if (!(value * ratio < other)) notBelow++;
    if (notAbove > 1 && notBelow > 1) return false;
  }
  return true;
}

/** Relative difference of neighbours: robust, by pixels two apart at some thousand places. */
function noiseOf(image: NumericArray, [, width]: Yx, { isMissing }: MendingRules): number {
  const step = Math.max(1, Math.floor(image.length / 20_000));
  const apart: number[] = [];
  for (let at = 0; at + 2 < image.length; at += step) {
    if ((at % width) + 2 >= width || isMissing(image[at]!) || isMissing(image[at + 2]!)) continue;
    apart.push(Math.abs(Math.log(image[at]! / image[at + 2]!)));
  }
  const median = upperMedianOf(apart) ?? 0;
  return (1.4826 * median) / Math.SQRT2;
}

function describePixels(image: NumericArray, [, width]: Yx, defects: readonly number[]): string[] {
  const [first] = defects;
  if (first === undefined) return [];
  const place = `${image[first]} at (y, x) = (${Math.floor(first / width)}, ${first % width})`;
  const pixels =
    defects.length === 1 ? `1 defective pixel, ${place}` : `${defects.length} defective pixels, the first ${place}`;
  return [`${pixels}: filled from their neighbours`];
}

/** Pixels with almost no light that are too many to be repaired: division by them gives useless values. */
function describeDim(
  image: NumericArray,
  [, width]: Yx,
  missing: readonly number[],
  { isMissing }: MendingRules,
): string[] {
  const dim = missing.filter((at) => !isMissing(image[at]!));
  const [first] = dim;
  if (first === undefined) return [];
  const place = `${image[first]} at (y, x) = (${Math.floor(first / width)}, ${first % width})`;
  return [
    `${dim.length} pixels with less than a hundredth of the light, the first ${place}: too many, or too close together, to be filled from their neighbours, they are used as they are, and the corrected image is unusable there`,
  ];
}

const isFilled = "filled by continuing the light beside them";

function nameFrame(frame: Frame): string {
  const [row, column] = [(count: number) => formatCount(count, "row"), (count: number) => formatCount(count, "column")];
  const names = [row, row, column, column].map((name, side) => name(frame[side]!));
  const places = ["at the top", "at the bottom", "at the left", "at the right"];
  return frame.flatMap((extent, side) => (extent === 0 ? [] : [`${names[side]} ${places[side]}`])).join(" and ");
}

/** A border of one value is filled as one without values; a wide one is told. */
function withoutConstant(image: NumericArray, shapeYx: Yx, frame: Frame, rules: MendingRules): MendedImage {
  const where = `one value in ${nameFrame(frame)}`;
  if (exceeds(frame, shapeYx)) {
    return { data: image, done: [`${where}: too many to be filled, the corrected image is unusable there`] };
  }
  const filled = image instanceof Float32Array ? image.slice() : Float64Array.from(image);
  fillEdges(filled, shapeYx, frame);
  const { data, done } = mendImage(filled, shapeYx, rules);
  return { data, done: [`${where}: ${isFilled}`, ...done] };
}
