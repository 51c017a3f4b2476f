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

/** Room for what is to be taken of a piece. With a step of 1 that are the planes themselves. */
export function thinRoom(
  { pixels, planeCount, startYx, shapeYx }: PiecePlanes,
  step: number,
  destination?: PixelArray,
): ThinPlanes {
  if (step === 1) return { pixels, planeCount, startYx, shapeYx, step };
  const firstYx: Yx = [Math.ceil(startYx[0] / step) * step, Math.ceil(startYx[1] / step) * step];
  const rows = thinCount(startYx[0], startYx[0] + shapeYx[0], step);
  const columns = thinCount(startYx[1], startYx[1] + shapeYx[1], step);
  const count = planeCount * rows * columns;
  const room = destination?.subarray(0, count) ?? allocatePixels(pixelTypeOf(pixels), count);
  return { pixels: room, planeCount, startYx: firstYx, shapeYx: [rows, columns], step };
}

/**
 * Takes what is to be taken of the rows `y0` to `y1` of a piece into its room: by WebAssembly where both lie in one
 * kernel memory, else by the twin.
 * @returns which rows of the room they are, half-open
 */
export function takeRows(
  room: ThinPlanes,
  { pixels, planeCount, startYx, shapeYx }: PiecePlanes,
  y0: number,
  y1: number,
): readonly [number, number] {
  const { step } = room;
  if (step === 1) return [y0, y1];
  const before = thinCount(startYx[0], startYx[0] + y0, step);
  const rows = thinCount(startYx[0] + y0, startYx[0] + y1, step);
  const columns = room.shapeYx[1];
  const [planeStride, rowStride] = [elementCount(shapeYx), step * shapeYx[1]];
  const first = (room.startYx[0] - startYx[0] + before * step) * shapeYx[1] + room.startYx[1] - startYx[1];
  const [to, targetStride] = [before * columns, elementCount(room.shapeYx)];
  const memory = memoryOf(pixels, room.pixels);
  const isInside = planeCount * planeStride <= pixels.length && planeCount * targetStride <= room.pixels.length;
  if (memory === undefined || !isInside) {
    const target = room.pixels.subarray(to);
    thinTwin(pixels, first, planeCount, planeStride, rowStride, rows, columns, step, target, targetStride);
  } else if (rows * columns > 0) {
    const itemBytes = pixels.BYTES_PER_ELEMENT;
    const [from, target] = [pixels.byteOffset + first * itemBytes, room.pixels.byteOffset + to * itemBytes];
    const { thinPlanes: thin } = memory.functions;
    thin(from, itemBytes, planeCount, planeStride, rowStride, rows, columns, step, target, targetStride);
  }
  return [before, before + rows];
}

/** Takes every so many rows and columns of all planes of a piece, into `destination` or an array of their own. */
export function thinPlanes(piece: PiecePlanes, step: number, destination?: PixelArray): ThinPlanes {
  const room = thinRoom(piece, step, destination);
  takeRows(room, piece, 0, piece.shapeYx[0]);
  return room;
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
  targetStride: number,
): void {
  for (let plane = 0; plane < planeCount; plane++) {
    let to = plane * targetStride;
    for (let row = 0; row < rows; row++) {
      let from = first + plane * planeStride + row * rowStride;
      for (let column = 0; column < columns; column++, from += step) destination[to++] = pixels[from]!;
    }
  }
}
