/** Continues an image into rows and columns at its edges that have no values. */
import type { Yx } from "../shapes.ts";
import { upperMedianOf } from "../statistics.ts";
import type { NumericArray } from "./npy-elements.ts";
import { orthonormalPolynomials } from "./polynomials.ts";

/** Rows without values at the top and bottom, columns at the left and right. */
export type Frame = readonly [top: number, bottom: number, left: number, right: number];

type Pixels = Float32Array | Float64Array;

/** Polynomials that are tried, by degree, and over how many pixels from the edge on. */
const degrees = [0, 1, 2, 3, 4];
const lengths = [2, 4, 8, 16, 32, 64];
/** The most lines on which they are tried. */
const mostTrials = 256;

/** Fills the frame in place, columns first. Each edge takes the polynomial that would best have foretold the pixels next to it. */
export function fillEdges(data: Pixels, [height, width]: Yx, [top, bottom, left, right]: Frame): void {
  const columns = { first: top, end: height - bottom, stride: width };
  const inRows = width - left - right;
  continueLines(data, columns, { start: left, step: 1, inside: inRows, missing: left });
  continueLines(data, columns, { start: width - 1 - right, step: -1, inside: inRows, missing: right });
  const rows = { first: 0, end: width, stride: 1 };
  const inColumns = height - top - bottom;
  continueLines(data, rows, { start: top * width, step: width, inside: inColumns, missing: top });
  const lowest = (height - 1 - bottom) * width;
  continueLines(data, rows, { start: lowest, step: -width, inside: inColumns, missing: bottom });
}

/** Parallel lines that end at an edge: line n begins at `n * stride`. */
interface Lines {
  readonly first: number;
  readonly end: number;
  readonly stride: number;
}

/** The way from the outermost pixel that has a value to the inside, in each line. */
interface Way {
  readonly start: number;
  readonly step: number;
  readonly inside: number;
  /** How many pixels before it are missing. */
  readonly missing: number;
}

function continueLines(data: Pixels, lines: Lines, way: Way): void {
  if (way.missing === 0) return;
  const weights = bestWeights(data, lines, way);
  for (let line = lines.first; line < lines.end; line++) {
    const start = line * lines.stride + way.start;
    const [least, most] = spread(data, start, way.step, weights[0]!.length);
    // As far as the pixels differ that it is continued from, it may go on, and no further.
    const reach = most - least;
    for (const [ahead, of] of weights.entries()) {
      const value = continued(data, start, way.step, of);
      data[start - (ahead + 1) * way.step] = Math.min(Math.max(value, least - reach, least / 2), most + reach);
    }
  }
}

/** The weights of the pixels of a line, from the edge on, that give the pixels before it, nearest first. */
function bestWeights(data: Pixels, lines: Lines, { start, step, inside, missing }: Way): Float64Array[] {
  let best = [Float64Array.of(1), ...Array<Float64Array>(missing - 1).fill(Float64Array.of(1))];
  let leastError = Number.POSITIVE_INFINITY;
  const lineStep = Math.max(1, Math.floor((lines.end - lines.first) / mostTrials));
  for (const length of lengths) {
    if (length + missing > inside) break;
    for (const degree of degrees) {
      if (degree > 0 && degree + 2 > length) break;
      const weights = weightsOf(length, degree, missing);
      let error = 0;
      for (let line = lines.first; line < lines.end; line += lineStep) {
        // As if the outermost pixels were missing, too.
        const from = line * lines.stride + start + missing * step;
        for (const [ahead, of] of weights.entries()) {
          error += (continued(data, from, step, of) - data[from - (ahead + 1) * step]!) ** 2;
        }
      }
      if (error >= leastError) continue;
      [leastError, best] = [error, weights];
    }
  }
  return best;
}

function weightsOf(length: number, degree: number, missing: number): Float64Array[] {
  const polynomials = orthonormalPolynomials(length, degree, missing);
  return Array.from({ length: missing }, (_, ahead) => {
    const weights = new Float64Array(length);
    for (const polynomial of polynomials) {
      for (let at = 0; at < length; at++) weights[at]! += polynomial[length - 1 - at]! * polynomial[length + ahead]!;
    }
    return weights;
  });
}

function continued(data: Pixels, start: number, step: number, weights: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < weights.length; at++) sum += weights[at]! * data[start + at * step]!;
  return sum;
}

function spread(data: Pixels, start: number, step: number, length: number): readonly [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < length; at++) {
    least = Math.min(least, data[start + at * step]!);
    most = Math.max(most, data[start + at * step]!);
  }
  return [least, most];
}

/** The least step to the light beside a border of one value: relative, and in steps between lines of that light. */
const [leastJump, leastSteps] = [0.02, 4];

/** Rows and columns at the edges that hold one value in place of the light beside them; `undefined` where there are none. */
export function constantFrame(
  image: NumericArray,
  [height, width]: Yx,
  isMissing: (value: number) => boolean,
): Frame | undefined {
  const row = (y: number, x: number) => image[y * width + x]!;
  const extentOf = (...[lines, length, pixel]: Parameters<typeof constantLines>) =>
    isMissing(pixel(0, 0)) ? 0 : constantLines(lines, length, pixel);
  const frame: Frame = [
    extentOf(height, width, row),
    extentOf(height, width, (y, x) => row(height - 1 - y, x)),
    extentOf(width, height, (x, y) => row(y, x)),
    extentOf(width, height, (x, y) => row(y, width - 1 - x)),
  ];
  return frame.some((extent) => extent > 0) ? frame : undefined;
}

function constantLines(lines: number, length: number, pixel: (line: number, at: number) => number): number {
  const value = pixel(0, 0);
  const isConstant = (line: number) => {
    for (let at = 0; at < length; at++) if (pixel(line, at) !== value) return false;
    return true;
  };
  let extent = 0;
  while (extent < lines - 2 && isConstant(extent)) extent++;
  if (extent === 0 || extent === lines - 2) return 0;
  const apart = (line: number, other: (at: number) => number) =>
    upperMedianOf(Array.from({ length }, (_, at) => Math.abs(pixel(line, at) - other(at)))) ?? 0;
  const jump = apart(extent, () => value);
  const inner = apart(extent + 1, (at) => pixel(extent, at));
  return jump > leastJump * value + leastSteps * inner ? extent : 0;
}
