/** Doubts about a flat-field as another program saved it: defective lines, counts with the camera's offset. */
import type { Yx } from "../shapes.ts";
import { upperMedianOf } from "../statistics.ts";
import type { NumericArray } from "./npy-elements.ts";

/** A flat-field whose mean is larger is in counts, or scaled to the range of a file. */
const leastCounts = 2;
/** The largest value of images that were scaled to the range of their file. */
const ranges: readonly number[] = [100, 255, 65535];

/**
 * Sentences about what makes a correction with a flat-field less exact than it looks.
 * @param values positive, C order
 * @returns them, and the mean where it is in counts and comes without a dark-field: it may hold the camera's offset
 * @param whose names the profile in messages
 */
export function doubtsAbout(
  values: NumericArray,
  shapeYx: Yx,
  { mean, hasDarkfield }: { readonly mean: number; readonly hasDarkfield: boolean },
  whose: string,
): { readonly doubts: readonly string[]; readonly meanCounts?: number } {
  const doubts: string[] = [];
  for (const line of describeLines(values, shapeYx)) {
    doubts.push(
      `The flat-field of ${whose} has ${line}: unless the images have the same line, they will have one where it is.`,
    );
  }
  const isInCounts = !hasDarkfield && mean > leastCounts && !ranges.includes(largestOf(values));
  if (isInCounts) {
    doubts.push(
      `The flat-field of ${whose} is in counts (mean ${mean.toPrecision(4)}) and has no dark-field: if the camera's offset ` +
        "is in it, the correction is too weak. Take it off (NumPy: flatfield - offset), and give it as dark-field.",
    );
  }
  return { doubts, ...(isInCounts ? { meanCounts: mean } : {}) };
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
  for (let line = 0; line < lines; line++) {
    const around = (at: number) => {
      const [before, after] = [line - 2, line + 2];
      const [one, other] = [before < 0 ? after : before, after < lines ? after : before];
      return Math.sqrt(pixel(one, at) * pixel(other, at));
    };
    for (let at = 0, n = 0; at < length; at += step, n++) ratios[n] = pixel(line, at) / around(at);
    const ratio = upperMedianOf(ratios)!;
    if (ratio > leastRatio || ratio * leastRatio < 1) found.push({ line, ratio });
  }
  // Next to a line that stands out far, others seem to stand out the other way.
  return found.filter(({ line, ratio }) => {
    const far = Math.abs(Math.log(ratio));
    const isAtEdge = line < 2 || line >= lines - 2;
    const near = found.filter((other) => Math.abs(other.line - line) === 2);
    return near.every((other) => Math.abs(Math.log(other.ratio)) < far * (isAtEdge ? 1 : 1 + 1e-6));
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
