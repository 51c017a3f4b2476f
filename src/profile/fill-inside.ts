/** Fills pixels and lines without values inside an image from those around them. */
import type { Yx } from "../shapes.ts";
import type { Frame } from "./fill-edges.ts";
import type { NumericArray } from "./npy-elements.ts";

type Pixels = Float32Array | Float64Array;

/** How far around a pixel it is filled from. */
const reach = 2;

/** The pixels around one, up to `reach` away, without itself. */
export function around(at: number, [height, width]: Yx, reach: number): number[] {
  const [y, x] = [Math.floor(at / width), at % width];
  const places: number[] = [];
  for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
    for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column++) {
      if (row !== y || column !== x) places.push(row * width + column);
    }
  }
  return places;
}

/** Fills single pixels in place: by the plane through those around them. */
export function fillPixels(
  data: Pixels,
  shapeYx: Yx,
  defects: readonly number[],
  isMissing: (value: number) => boolean,
): void {
  const all = new Set(defects);
  const width = shapeYx[1];
  const values = defects.map((at) => {
    const sound = around(at, shapeYx, reach).filter((other) => !all.has(other) && !isMissing(data[other]!));
    const [y, x] = [Math.floor(at / width), at % width];
    return planeAt(sound.map((other) => [Math.floor(other / width) - y, (other % width) - x, data[other]!] as const));
  });
  for (const [n, at] of defects.entries()) data[at] = values[n]!;
}

/** The value at (0, 0) of the plane nearest to some values at places (y, x); within their range, their mean where they tell no plane. */
function planeAt(values: readonly (readonly [y: number, x: number, value: number])[]): number {
  const mean = (of: (value: (typeof values)[number]) => number) =>
    values.reduce((sum, value) => sum + of(value), 0) / values.length;
  const [y0, x0, v0] = [mean(([y]) => y), mean(([, x]) => x), mean(([, , v]) => v)];
  const [yy, xx, yx] = [
    mean(([y]) => (y - y0) ** 2),
    mean(([, x]) => (x - x0) ** 2),
    mean(([y, x]) => (y - y0) * (x - x0)),
  ];
  const [yv, xv] = [mean(([y, , v]) => (y - y0) * (v - v0)), mean(([, x, v]) => (x - x0) * (v - v0))];
  const determinant = yy * xx - yx ** 2;
  if (!(determinant > 1e-9)) return v0;
  const [slopeY, slopeX] = [(yv * xx - xv * yx) / determinant, (xv * yy - yv * yx) / determinant];
  const all = values.map(([, , v]) => v);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  // As far as they differ, it may go on, and no further.
  return Math.min(Math.max(v0 - slopeY * y0 - slopeX * x0, 2 * least - most, least / 2), 2 * most - least);
}

/** The most lines without values that are filled, one by one: more side by side hide the light. */
const mostLines = 4;

/** A row or a column of an image, by number. */
interface Line {
  readonly isRow: boolean;
  readonly at: number;
}

/**
 * The image with its rows and columns without values filled by the mean of the two beside them, and what to say of it, as
 * the end of a sentence; `undefined` where there are none, many, or some beside each other.
 */
export function fillLines(
  image: NumericArray,
  shapeYx: Yx,
  frame: Frame,
  isMissing: (value: number) => boolean,
): { readonly data: Pixels; readonly told: string } | undefined {
  const lines = missingLines(image, shapeYx, frame, isMissing);
  if (lines.length === 0) return undefined;
  const [height, width] = shapeYx;
  const data = image instanceof Float32Array ? image.slice() : Float64Array.from(image);
  for (const { isRow, at } of lines) {
    const across = isRow ? width : 1;
    for (let along = 0; along < (isRow ? width : height); along++) {
      const here = isRow ? at * width + along : along * width + at;
      const [before, after] = [data[here - across]!, data[here + across]!];
      data[here] = isMissing(before) ? after : isMissing(after) ? before : (before + after) / 2;
    }
  }
  const names = lines.map(({ isRow, at }) => `${isRow ? "row" : "column"} ${at}`).join(", ");
  return { data, told: `no light in ${names}: filled from both sides` };
}

/** Rows and columns inside that have no values, where they are few and none lies beside another. */
function missingLines(
  image: NumericArray,
  [height, width]: Yx,
  [top, bottom, left, right]: Frame,
  isMissing: (value: number) => boolean,
): Line[] {
  const [rows, columns] = [indices(top, height - bottom), indices(left, width - right)];
  const isIn = ({ isRow, at }: Line, along: number) =>
    isMissing(image[isRow ? at * width + along : along * width + at]!);
  const found = [
    ...rows.map((at) => ({ isRow: true, at })).filter((line) => columns.every((x) => isIn(line, x))),
    ...columns.map((at) => ({ isRow: false, at })).filter((line) => rows.every((y) => isIn(line, y))),
  ];
  const isApart = found.every(({ isRow, at }, n) => found[n - 1]?.isRow !== isRow || at - found[n - 1]!.at > 1);
  return isApart && found.length <= mostLines && found.length < rows.length ? found : [];
}

function indices(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
}
