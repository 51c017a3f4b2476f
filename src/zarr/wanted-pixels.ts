/** Which pixels of a chunk are wanted: codecs that divide a chunk into blocks need not decode the others. */

/** Half-open ranges of a chunk's pixels in C order. */
export type PixelRanges = readonly (readonly [start: number, stop: number])[];

/**
 * The ranges of a box within a C-order array of `shape`: one for each of its planes, from the first wanted pixel to the
 * last. All tuples have the same length, from 1 on.
 */
export function rangesOfBox(
  shape: readonly number[],
  start: readonly number[],
  stop: readonly number[],
): readonly [start: number, stop: number][] {
  const outer = Math.max(0, shape.length - 2);
  const within = (place: readonly number[]) =>
    place.slice(outer).reduce((index, at, axis) => index * shape[outer + axis]! + at, 0);
  const area = shape.slice(outer).reduce((product, extent) => product * extent, 1);
  const [first, last] = [within(start), within(stop.map((end) => end - 1)) + 1];
  let planes = [0];
  for (let axis = 0; axis < outer; axis++) {
    const places = Array.from({ length: stop[axis]! - start[axis]! }, (_, n) => start[axis]! + n);
    planes = planes.flatMap((plane) => places.map((place) => plane * shape[axis]! + place));
  }
  return planes.map((plane) => [plane * area + first, plane * area + last]);
}
