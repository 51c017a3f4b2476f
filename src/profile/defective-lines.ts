/** Finds whole rows and columns of a flat-field that are far brighter or dimmer than those around them. */
import type { Yx } from "../shapes.ts";
import { upperMedianOf } from "../statistics.ts";
import type { NumericArray } from "./npy-elements.ts";

/** Light changes by less between a line and those two before and after it. */
const leastRatio = 1.25;
/** Of each line at most so many pixels are looked at. */
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
