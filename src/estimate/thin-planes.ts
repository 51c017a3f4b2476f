import { memoryOf } from "../kernels/kernel-memory.ts";
import { allocatePixels, elementCount, type PixelArray, pixelTypeOf, type Yx } from "../shapes.ts";
import type { PiecePlanes } from "./piece-planes.ts";

/** Every so many rows and columns one pixel counts for the baseline. */
export const baselineStep = 4;

/** Some pixels of all planes of a piece: every so many rows and columns one, counted from the corner of the field. */
export interface ThinPlanes {
  /** `[plane, row, column]`. */
  readonly pixels: PixelArray;
  readonly planeCount: number;
  /** Where in the field the first of them lies. */
  readonly startYx: Yx;
  /** Rows and columns that were taken. */
  readonly shapeYx: Yx;
  /** From one to the next, in pixels of the field. */
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
 * Takes every so many rows and columns of all planes, into `destination` or an array of their own: by WebAssembly
 * where both lie in one kernel memory, else by the twin. With a step of 1 the planes stay where they are.
 */
export function thinPlanes(
  { pixels, planeCount, startYx, shapeYx }: PiecePlanes,
  step: number,
  destination?: PixelArray,
): ThinPlanes {
  if (step === 1) return { pixels, planeCount, startYx, shapeYx, step };
  const [firstY, firstX] = [Math.ceil(startYx[0] / step) * step, Math.ceil(startYx[1] / step) * step];
  const rows = thinCount(startYx[0], startYx[0] + shapeYx[0], step);
  const columns = thinCount(startYx[1], startYx[1] + shapeYx[1], step);
  const count = planeCount * rows * columns;
  const taken = destination?.subarray(0, count) ?? allocatePixels(pixelTypeOf(pixels), count);
  const first = (firstY - startYx[0]) * shapeYx[1] + firstX - startYx[1];
  const [planeStride, rowStride] = [elementCount(shapeYx), step * shapeYx[1]];
  const memory = memoryOf(pixels, taken);
  const isInside = planeCount * planeStride <= pixels.length && count === taken.length;
  if (memory === undefined || !isInside || count === 0) {
    thinTwin(pixels, first, planeCount, planeStride, rowStride, rows, columns, step, taken);
  } else {
    const itemBytes = pixels.BYTES_PER_ELEMENT;
    const from = pixels.byteOffset + first * itemBytes;
    const { thinPlanes: thin } = memory.functions;
    thin(from, itemBytes, planeCount, planeStride, rowStride, rows, columns, step, taken.byteOffset);
  }
  return { pixels: taken, planeCount, startYx: [firstY, firstX], shapeYx: [rows, columns], step };
}

function thinTwin(
  pixels: PixelArray,
  first: number,
  planeCount: number,
  planeStride: number,
  rowStride: number,
  rows: number,
  columns: number,
  step: number,
  destination: PixelArray,
): void {
  let to = 0;
  for (let plane = 0; plane < planeCount; plane++) {
    for (let row = 0; row < rows; row++) {
      let from = first + plane * planeStride + row * rowStride;
      for (let column = 0; column < columns; column++, from += step) destination[to++] = pixels[from]!;
    }
  }
}
