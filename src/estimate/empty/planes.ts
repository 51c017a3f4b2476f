/** Reads planes of empty regions in bands, and takes a sample of their pixels for the baseline. */

import { throwIfInterrupted } from "../../errors.ts";
import { readingRows, strideOf, writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import { areForKernels } from "../../kernels/kernel-functions.ts";
import type { PlaneStack } from "../../sample/plane-stack.ts";
import { allocatePixels, bytesPerPixel, elementCount, type PixelArray, pixelTypeOf, type Yx } from "../../shapes.ts";
import { wait } from "../../wait.ts";

/** The step in rows and columns of the pixels that count for the baseline. */
export const baselineStep = 4;

/** Some pixels of a row of all planes, at a regular step counted from the corner of the field. */
export interface SubsampledRow {
  readonly pixels: PixelArray;
  /** The index of the first pixel in the array, and the distance to that of the next plane. */
  readonly start: number;
  readonly planeStride: number;
  readonly planeCount: number;
  /** The position of the first pixel in the field, the number of pixels, and their step in the field. */
  readonly firstYx: Yx;
  readonly columns: number;
  readonly step: number;
}

/** How many of the pixels from `start` to `stop` of the field are sampled along one axis. */
export function subsampledCount(start: number, stop: number, step: number): number {
  return Math.ceil(stop / step) - Math.ceil(start / step);
}

/** How many pixels of each plane are sampled in a piece. */
export function subsampledArea([y, x]: Yx, [rows, columns]: Yx, step: number): number {
  return subsampledCount(y, y + rows, step) * subsampledCount(x, x + columns, step);
}

/**
 * Copies sampled pixels of row `y` of a piece, of all planes, into `destination` or a new array, plane after plane.
 * With a step of 1 they are not copied.
 * @returns `undefined` where none are sampled in this row
 */
export function subsampleRow(
  piece: PiecePlanes,
  y: number,
  step: number,
  destination?: PixelArray,
): SubsampledRow | undefined {
  const { pixels, planeCount, startYx, shapeYx } = piece;
  const [fieldY, x] = [startYx[0] + y, Math.ceil(startYx[1] / step) * step];
  const columns = subsampledCount(startYx[1], startYx[1] + shapeYx[1], step);
  if (fieldY % step !== 0 || columns === 0) return undefined;
  const common = { planeCount, firstYx: [fieldY, x], columns, step } as const;
  const start = y * shapeYx[1] + x - startYx[1];
  const planeStride = elementCount(shapeYx);
  if (step === 1) return { ...common, pixels, start, planeStride };
  const count = planeCount * columns;
  const taken = destination?.subarray(0, count) ?? allocatePixels(pixelTypeOf(pixels), count);
  if (areForKernels(pixels) && areForKernels(taken)) {
    const rows = readingRows(pixels, start, [planeCount, (columns - 1) * step + 1, planeStride]);
    const sizes = [pixels.BYTES_PER_ELEMENT, planeCount, strideOf(rows), columns, step] as const;
    runKernel("thinPlanes", rows, ...sizes, writing(taken));
  } else {
    thinRarePixels(pixels, start, planeCount, planeStride, columns, step, taken);
  }
  return { ...common, pixels: taken, start: 0, planeStride: columns };
}

function thinRarePixels(
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

// Reads a stack of planes band by band.

/** Rows `y0` to `y1` of all planes, `[plane, y1 - y0, x]`. */
export interface Band {
  readonly band: PixelArray;
  readonly y0: number;
  readonly y1: number;
}

/** Options for reading a stack in bands. */
interface BandOptions {
  readonly bandBytes: number;
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

/** Milliseconds after which the event loop gets a turn. */
const turnMs = 20;

/** Rows of a band of about `bandBytes`, where one row of all planes has `rowBytes`. */
export function rowsPerBand(rowBytes: number, bandBytes: number): number {
  return Math.max(1, Math.floor(bandBytes / Math.max(1, rowBytes)));
}

/**
 * A function that reads all bands of a stack, to be called `passes` times. Yields to the event loop between bands.
 * @throws IsoluxError `interrupted` from the bands, when the signal aborts
 */
export function bandVisitor(
  stack: PlaneStack,
  passes: number,
  { bandBytes, signal, onProgress }: BandOptions,
): () => AsyncGenerator<Band> {
  const [height, width] = stack.shapeYx;
  const bandRows = rowsPerBand(stack.planeCount * width * bytesPerPixel(stack.type), bandBytes);
  let rowsDone = 0;
  let turnBegan = performance.now();
  return async function* () {
    for (let y0 = 0; y0 < height; y0 += bandRows) {
      if (performance.now() - turnBegan > turnMs) {
        await wait(0);
        turnBegan = performance.now();
      }
      throwIfInterrupted(signal);
      const y1 = Math.min(y0 + bandRows, height);
      yield { band: await stack.read(0, stack.planeCount, y0, y1), y0, y1 };
      rowsDone += y1 - y0;
      onProgress?.(rowsDone / (passes * height));
    }
  };
}

/** All planes of a piece, `[plane, y, x]`, and its position in the field. */
export interface PiecePlanes {
  readonly pixels: PixelArray;
  readonly planeCount: number;
  readonly startYx: Yx;
  readonly shapeYx: Yx;
}
