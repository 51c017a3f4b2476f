import { IsoluxError } from "../errors.ts";
import { alignedBytes, KernelMemory } from "../kernels/kernel-memory.ts";
import { loadKernels } from "../kernels/load-kernels.ts";
import { allocatePixels, bytesPerPixel, elementCount, type PixelArray } from "../shapes.ts";
import type { ZarrArray } from "./array.ts";
import type { ChunkBuffer } from "./chunk-pixels.ts";
import { rangesOfBox } from "./wanted-pixels.ts";

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
  if (box.length === 0) return box;
  await loadKernels();
  await withBoxBuffers(array, async (buffer) => {
    for (const coords of chunksTouching(chunkShape, start, stop)) {
      const chunkStart = coords.map((coord, axis) => coord * chunkShape[axis]!);
      const from = start.map((begin, axis) => Math.max(begin, chunkStart[axis]!));
      const extent = stop.map((end, axis) => Math.min(end, chunkStart[axis]! + chunkShape[axis]!) - from[axis]!);
      const inChunk = from.map((at, axis) => at - chunkStart[axis]!);
      const end = inChunk.map((at, axis) => at + extent[axis]!);
      const chunk = await array.readChunk(coords, { ...buffer, wanted: rangesOfBox(chunkShape, inChunk, end) });
      const inBox = from.map((at, axis) => at - start[axis]!);
      if (chunk === undefined) fillBox(box, shape, inBox, extent, array.fillValue);
      else copyBox(chunk, chunkShape, inChunk, box, shape, inBox, extent);
    }
  });
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

/** The coordinates of all chunks that a box, which is not empty, touches, the last axis fastest. */
export function* chunksTouching(
  chunkShape: readonly number[],
  start: readonly number[],
  stop: readonly number[],
): Generator<number[]> {
  const first = start.map((begin, axis) => Math.floor(begin / chunkShape[axis]!));
  const last = stop.map((end, axis) => Math.floor((end - 1) / chunkShape[axis]!));
  const coords = [...first];
  for (let axis = coords.length - 1; axis >= 0; ) {
    yield [...coords];
    for (axis = coords.length - 1; axis >= 0; axis--) {
      coords[axis]!++;
      if (coords[axis]! <= last[axis]!) break;
      coords[axis] = first[axis]!;
    }
  }
}

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

/** Fills the box of `extent` at `start` of a C-order array of `shape` with a value; otherwise as {@link copyBox}. */
function fillBox(
  pixels: PixelArray,
  shape: readonly number[],
  start: readonly number[],
  extent: readonly number[],
  value: number,
  axis = 0,
  before = 0,
): void {
  const from = before * shape[axis]! + start[axis]!;
  const inner = wholeInner(shape, shape, extent, axis);
  if (inner > 0) pixels.fill(value, from * inner, (from + extent[axis]!) * inner);
  else
    for (let step = 0; step < extent[axis]!; step++)
      fillBox(pixels, shape, start, extent, value, axis + 1, from + step);
}

/**
 * The part of a C-order array of `shape` that a box of `extent` at `start` takes, where that lies in one piece: where the
 * box is as wide as the array along all axes but the first. Else `undefined`.
 */
export function buffersFor<Pixels extends PixelArray>(
  extent: readonly number[],
  start: readonly number[],
  pixels: Pixels,
  shape: readonly number[],
): Pixels | undefined {
  if (extent.some((count, axis) => axis > 0 && count !== shape[axis])) return undefined;
  const inner = shape.slice(1).reduce((product, count) => product * count, 1);
  return pixels.subarray(start[0]! * inner, (start[0]! + extent[0]!) * inner) as Pixels;
}

// Buffers in the kernels' memory that the chunks under a box are decoded into, one after the other: where pixels lie
// there, no kernel copies them first. A thread keeps those that it used last, as boxes of one array follow each other.

/** What codecs take beside a chunk for a block that they work on. */
export const codecBytes = 4 * 2 ** 20;

/** Encoded bytes may be so much longer than pixels: headers and checksums. */
export const framingBytes = 4096;

let spare: KernelMemory | undefined;

/** What the buffers for chunks of `chunkBytes` bytes take. */
function boxBufferBytes(chunkBytes: number): number {
  return 2 * alignedBytes(chunkBytes) + framingBytes + codecBytes;
}

/** Gives buffers for chunks of an array, for as long as `work` takes; empty ones where there is no such memory. */
async function withBoxBuffers<Result>(
  { metadata, chunkLength }: ZarrArray,
  work: (buffer: ChunkBuffer) => Promise<Result>,
): Promise<Result> {
  const chunkBytes = chunkLength * bytesPerPixel(metadata.type);
  const memory = takeMemory(boxBufferBytes(chunkBytes));
  const mark = memory?.mark() ?? 0;
  const pixels = memory?.pixels(metadata.type, chunkLength);
  const encoded = pixels && memory?.bytes(chunkBytes + framingBytes);
  try {
    return await work(pixels && encoded ? { pixels, encoded } : {});
  } finally {
    memory?.release(mark);
    if (memory !== undefined && (spare === undefined || spare.left < memory.left)) spare = memory;
  }
}

/** The memory that is spare where it is large enough; it is lent to one reader at a time. */
function takeMemory(bytes: number): KernelMemory | undefined {
  const kept = spare;
  spare = undefined;
  return kept !== undefined && kept.left >= bytes ? kept : KernelMemory.open(bytes);
}
