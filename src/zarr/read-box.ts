import { IsoluxError } from "../errors.ts";
import { allocatePixels, elementCount, type PixelArray } from "../shapes.ts";
import type { ZarrArray } from "./array.ts";
import { chunksTouching } from "./chunk-grid.ts";
import { copyBox } from "./copy-box.ts";

/**
 * The pixels of the half-open box from `start` to `stop`, in C order; the fill value stands where chunks are missing.
 * Every chunk that the box touches is read once, one after the other.
 *
 * @throws IsoluxError `invalid` where the box is not within the array, `corrupt` or `storage` as a chunk does
 */
export async function readBox(
  array: ZarrArray,
  start: readonly number[],
  stop: readonly number[],
  into?: PixelArray,
): Promise<PixelArray> {
  checkBox(array, start, stop);
  const { type, chunkShape } = array.metadata;
  const shape = stop.map((end, axis) => end - start[axis]!);
  const box = into ?? allocatePixels(type, elementCount(shape));
  if (into !== undefined || array.fillValue !== 0) box.fill(array.fillValue);
  if (box.length === 0) return box;
  for (const coords of chunksTouching(chunkShape, start, stop)) {
    const chunk = await array.readChunk(coords);
    if (chunk === undefined) continue;
    const chunkStart = coords.map((coord, axis) => coord * chunkShape[axis]!);
    const from = start.map((begin, axis) => Math.max(begin, chunkStart[axis]!));
    const extent = stop.map((end, axis) => Math.min(end, chunkStart[axis]! + chunkShape[axis]!) - from[axis]!);
    const inChunk = from.map((at, axis) => at - chunkStart[axis]!);
    const inBox = from.map((at, axis) => at - start[axis]!);
    copyBox(chunk, chunkShape, inChunk, box, shape, inBox, extent);
  }
  return box;
}

function checkBox(array: ZarrArray, start: readonly number[], stop: readonly number[]): void {
  const { shape } = array.metadata;
  const isInside =
    start.length === shape.length &&
    stop.length === shape.length &&
    shape.every((extent, axis) => {
      const [begin, end] = [start[axis]!, stop[axis]!];
      return Number.isInteger(begin) && Number.isInteger(end) && begin >= 0 && begin <= end && end <= extent;
    });
  if (isInside) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "A box is not within the array",
    where: array.location,
    found: `[${start.join(", ")}] to [${stop.join(", ")}]`,
    expected: `within [${shape.join(", ")}]`,
  });
}
