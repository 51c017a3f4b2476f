import type { PixelArray } from "../shapes.ts";

/**
 * Copies the box of `extent` at `sourceStart` of one C-order array to `destinationStart` of another. All tuples have the
 * same length, from 1 on; both boxes must lie within their arrays and the pixel types must agree.
 */
export function copyBox<Pixels extends PixelArray>(
  source: Pixels,
  sourceShape: readonly number[],
  sourceStart: readonly number[],
  destination: Pixels,
  destinationShape: readonly number[],
  destinationStart: readonly number[],
  extent: readonly number[],
): void {
  copyAxis(source, sourceShape, sourceStart, destination, destinationShape, destinationStart, extent, 0, 0, 0);
}

/** Copies along `axis` and those within it; the indices count rows of the axes before. */
function copyAxis(
  source: PixelArray,
  sourceShape: readonly number[],
  sourceStart: readonly number[],
  destination: PixelArray,
  destinationShape: readonly number[],
  destinationStart: readonly number[],
  extent: readonly number[],
  axis: number,
  sourceIndex: number,
  destinationIndex: number,
): void {
  const from = sourceIndex * sourceShape[axis]! + sourceStart[axis]!;
  const to = destinationIndex * destinationShape[axis]! + destinationStart[axis]!;
  const inner = wholeInner(sourceShape, destinationShape, extent, axis);
  if (inner > 0) {
    destination.set(source.subarray(from * inner, (from + extent[axis]!) * inner), to * inner);
    return;
  }
  for (let step = 0; step < extent[axis]!; step++) {
    copyAxis(
      source,
      sourceShape,
      sourceStart,
      destination,
      destinationShape,
      destinationStart,
      extent,
      axis + 1,
      from + step,
      to + step,
    );
  }
}

/** How many pixels a step along `axis` holds where the box is as wide as both arrays in all axes within; else 0. */
function wholeInner(
  sourceShape: readonly number[],
  destinationShape: readonly number[],
  extent: readonly number[],
  axis: number,
): number {
  let inner = 1;
  for (let within = axis + 1; within < extent.length; within++) {
    const width = extent[within]!;
    if (width !== sourceShape[within] || width !== destinationShape[within]) return 0;
    inner *= width;
  }
  return inner;
}

/**
 * The part of a C-order array of `shape` that a box of `extent` at `start` takes, where that lies in one piece: where the
 * box is as wide as the array along all axes but the first. Else `undefined`.
 */
export function roomFor<Pixels extends PixelArray>(
  extent: readonly number[],
  start: readonly number[],
  pixels: Pixels,
  shape: readonly number[],
): Pixels | undefined {
  if (extent.some((count, axis) => axis > 0 && count !== shape[axis])) return undefined;
  const inner = shape.slice(1).reduce((product, count) => product * count, 1);
  return pixels.subarray(start[0]! * inner, (start[0]! + extent[0]!) * inner) as Pixels;
}
