/** Doubts about a flat-field as another program saved it: coarse steps, defective lines, counts with the camera's offset. */
import { formatShare } from "../quantities.ts";
import type { Yx } from "../shapes.ts";
import { upperMedianOf } from "../statistics.ts";
import type { NumericArray } from "./npy-elements.ts";

/** More distinct values than these are no steps that anybody sees. */
const mostSteps = 4096;
/** The least mean number of pixels for each step of a stored image: with fewer, values merely differ. */
const pixelsOfStep = 8;
/** A smaller error by rounding is not worth telling. */
const leastError = 1e-3;
/** A flat-field whose mean is larger is in counts, or scaled to the range of a file. */
const leastCounts = 2;
/** The largest value of images that were scaled to the range of their file. */
const ranges: readonly number[] = [100, 255, 65535];

/**
 * Sentences about what makes a correction with a flat-field less exact than it looks.
 * @param values positive, C order
 * @param whose names the profile in messages
 */
export function doubtsAbout(
  values: NumericArray,
  shapeYx: Yx,
  { mean, hasDarkfield }: { readonly mean: number; readonly hasDarkfield: boolean },
  whose: string,
): string[] {
  const error = roundingError(values);
  const doubts: string[] = [];
  if (error > leastError) {
    doubts.push(
      `The flat-field of ${whose} was rounded to few steps: pixels are corrected to within ${formatShare(error)} only.`,
    );
  }
  for (const line of describeLines(values, shapeYx)) {
    doubts.push(
      `The flat-field of ${whose} has ${line}: unless the images have the same line, they will have one where it is.`,
    );
  }
  if (!hasDarkfield && mean > leastCounts && !ranges.includes(largestOf(values))) {
    doubts.push(
      `The flat-field of ${whose} is in counts (mean ${mean.toPrecision(4)}) and has no dark-field: if the camera's offset ` +
        "is in it, the correction is too weak. Take it off (NumPy: flatfield - offset), and give it as dark-field.",
    );
  }
  return doubts;
}

/** The largest error of a value by rounding, relative to it: half a step, where there are few. */
function roundingError(values: NumericArray): number {
  const distinct = new Set<number>();
  for (let at = 0; at < values.length; at++) {
    distinct.add(values[at]!);
    if (distinct.size > mostSteps) return 0;
  }
  if (distinct.size < 2 || distinct.size * pixelsOfStep > values.length) return 0;
  const steps = Float64Array.from(distinct).sort();
  let least = Number.POSITIVE_INFINITY;
  for (let at = 1; at < steps.length; at++) least = Math.min(least, steps[at]! - steps[at - 1]!);
  return least / 2 / steps[0]!;
}

function largestOf(values: NumericArray): number {
  let largest = 0;
  for (let at = 0; at < values.length; at++) largest = Math.max(largest, values[at]!);
  return largest;
}

// Finds whole rows and columns of a flat-field that are far brighter or dimmer than those around them.

/** Light changes by less between a line and those two before and after it. */
const leastRatio = 1.25;
/** The most pixels of a line that are examined. */
const mostPlaces = 256;
/** In smaller images a line may be part of the light. */
const leastExtent = 16;

/**
 * Sentences' ends about lines of a positive image, C order, that stand out along their whole length: a defect of the
 * camera while the profile was measured, or of the profile.
 */
export function describeLines(image: NumericArray, [height, width]: Yx): string[] {
  if (Math.min(height, width) < leastExtent) return [];
  const rows = standingOut(height, width, (row, at) => image[row * width + at]!);
  const columns = standingOut(width, height, (column, at) => image[at * width + column]!);
  return [...describe(rows, "row"), ...describe(columns, "column")];
}

/** A line by number, and how many times brighter than those around it. */
interface Line {
  readonly line: number;
  readonly ratio: number;
}

function standingOut(lines: number, length: number, pixel: (line: number, at: number) => number): Line[] {
  const step = Math.max(1, Math.floor(length / mostPlaces));
  const ratios = new Float64Array(Math.ceil(length / step));
  const found: Line[] = [];
  for (let line = 2; line < lines - 2; line++) {
    for (let at = 0, n = 0; at < length; at += step, n++) {
      ratios[n] = pixel(line, at) / Math.sqrt(pixel(line - 2, at) * pixel(line + 2, at));
    }
    const ratio = upperMedianOf(ratios)!;
    if (ratio > leastRatio || ratio * leastRatio < 1) found.push({ line, ratio });
  }
  // Next to a line that stands out far, others seem to stand out the other way.
  return found.filter(({ line, ratio }) => {
    const near = found.filter((other) => Math.abs(other.line - line) === 2);
    return near.every((other) => Math.abs(Math.log(other.ratio)) < Math.abs(Math.log(ratio)));
  });
}

function describe(lines: readonly Line[], name: string): string[] {
  const [first] = lines;
  if (first === undefined) return [];
  const { line, ratio } = first;
  const how = ratio > 1 ? `${ratio.toPrecision(2)} times brighter` : `${(1 / ratio).toPrecision(2)} times dimmer`;
  const which = lines.length === 1 ? `${name} ${line}` : `${lines.length} ${name}s, the first ${name} ${line}`;
  return [`${which}, ${how} than those around it`];
}
