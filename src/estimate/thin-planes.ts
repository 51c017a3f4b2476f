import { memoryOf } from "../kernels/kernel-memory.ts";
import { allocatePixels, elementCount, type PixelArray, pixelTypeOf, type Yx } from "../shapes.ts";
import type { PiecePlanes } from "./piece-planes.ts";

/** Every so many rows and columns one pixel counts for the baseline. */
export const baselineStep = 4;

/** Some pixels of a row of all planes: every so many one, counted from the corner of the field. */
export interface ThinRow {
  readonly pixels: PixelArray;
  /** Where the first pixel lies in the array, and how far behind it that of the next plane. */
  readonly start: number;
  readonly planeStride: number;
  readonly planeCount: number;
  /** Where in the field the first pixel lies, how many follow it, and how many pixels of the field from one to the next. */
  readonly firstYx: Yx;
  readonly columns: number;
  readonly step: number;
}

/** How many of the pixels from `start` to `stop` of the field are taken along one axis. */
export function thinCount(start: number, stop: number, step: number): number {
  return Math.ceil(stop / step) - Math.ceil(start / step);
}

/** How many pixels of each plane are taken of a piece. */
export function thinArea([y, x]: Yx, [rows, columns]: Yx, step: number): number {
  return thinCount(y, y + rows, step) * thinCount(x, x + columns, step);
}

/**
 * Takes pixels of row `y` of a piece, of all planes, into `destination` or an array of their own, plane after plane: by
 * WebAssembly where both lie in one kernel memory, else by the twin. With a step of 1 they stay where they are.
 * @returns `undefined` where none are taken of this row
 */
export function thinRow(piece: PiecePlanes, y: number, step: number, destination?: PixelArray): ThinRow | undefined {
  const { pixels, planeCount, startYx, shapeYx } = piece;
  const [fieldY, x] = [startYx[0] + y, Math.ceil(startYx[1] / step) * step];
  const columns = thinCount(startYx[1], startYx[1] + shapeYx[1], step);
  if (fieldY % step !== 0 || columns === 0) return undefined;
  const common = { planeCount, firstYx: [fieldY, x], columns, step } as const;
  const start = y * shapeYx[1] + x - startYx[1];
  const planeStride = elementCount(shapeYx);
  if (step === 1) return { ...common, pixels, start, planeStride };
  const count = planeCount * columns;
  const taken = destination?.subarray(0, count) ?? allocatePixels(pixelTypeOf(pixels), count);
  const memory = memoryOf(pixels, taken);
  if (memory === undefined || planeCount * planeStride > pixels.length || count > taken.length) {
    thinTwin(pixels, start, planeCount, planeStride, columns, step, taken);
  } else {
    const itemBytes = pixels.BYTES_PER_ELEMENT;
    const from = pixels.byteOffset + start * itemBytes;
    memory.functions.thinPlanes(from, itemBytes, planeCount, planeStride, columns, step, taken.byteOffset);
  }
  return { ...common, pixels: taken, start: 0, planeStride: columns };
}

function thinTwin(
  pixels: PixelArray,
  start: number,
  planeCount: number,
  planeStride: number,
  columns: number,
  step: number,
  destination: PixelArray,
): void {
  for (let plane = 0, to = 0; plane < planeCount; plane++) {
    let from = start + plane * planeStride;
    for (let column = 0; column < columns; column++, from += step) destination[to++] = pixels[from]!;
  }
}
