import {
  allocatePixels,
  type BoxZyx,
  boxShape,
  type Czyx,
  elementCount,
  isSameShape,
  mapAxes,
  type PixelArray,
} from "../shapes.ts";
import { chunksTouching } from "../zarr/chunk-grid.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import { copyBox, roomFor } from "../zarr/copy-box.ts";
import type { ChunkShelf } from "./chunk-shelf.ts";
import { Level } from "./level.ts";
import type { PixelLevel } from "./pixel-level.ts";

/**
 * A level read in chunks of another shape; the level itself where the shape is its own.
 * @param shelf keeps chunks of the level between calls, where they are stored
 */
export function rechunked(level: PixelLevel, chunkShapeCzyx: Czyx, shelf: () => ChunkShelf): PixelLevel {
  if (isSameShape(chunkShapeCzyx, level.chunkShapeCzyx)) return level;
  const grid = mapAxes(level.shapeCzyx, (extent, axis) => Math.ceil(extent / chunkShapeCzyx[axis]!));
  return {
    type: level.type,
    fillValue: level.fillValue,
    shapeCzyx: level.shapeCzyx,
    shapeZyx: level.shapeZyx,
    factorsZyx: level.factorsZyx,
    chunkShapeCzyx,
    chunkGridCzyx: grid,
    readBox: (channel, box, into) => level.readBox(channel, box, into),
    readChunk: (chunk, room) => {
      if (!(level instanceof Level)) return readAsBoxes(level, chunkShapeCzyx, chunk, room);
      return cutChunk(level, chunkShapeCzyx, chunk, blankChunk(level, chunkShapeCzyx, room), shelf());
    },
  };
}

function blankChunk({ type, fillValue }: PixelLevel, chunkShape: Czyx, room?: ChunkRoom): PixelArray {
  return (room?.pixels ?? allocatePixels(type, elementCount(chunkShape))).fill(fillValue);
}

/** Cuts a chunk from the stored ones that it touches. */
async function cutChunk(
  level: PixelLevel,
  chunkShape: Czyx,
  chunk: Czyx,
  pixels: PixelArray,
  shelf: ChunkShelf,
): Promise<PixelArray> {
  const start = chunk.map((place, axis) => place * chunkShape[axis]!);
  const stop = start.map((from, axis) => Math.min(from + chunkShape[axis]!, level.shapeCzyx[axis]!));
  for (const coords of chunksTouching(level.chunkShapeCzyx, start, stop)) {
    const source = await shelf.read(level, coords as unknown as Czyx);
    if (source === undefined) continue;
    const sourceStart = coords.map((coord, axis) => coord * level.chunkShapeCzyx[axis]!);
    const from = start.map((begin, axis) => Math.max(begin, sourceStart[axis]!));
    const to = stop.map((end, axis) => Math.min(end, sourceStart[axis]! + level.chunkShapeCzyx[axis]!));
    const inSource = from.map((at, axis) => at - sourceStart[axis]!);
    const inChunk = from.map((at, axis) => at - start[axis]!);
    const extent = to.map((end, axis) => end - from[axis]!);
    copyBox(source, level.chunkShapeCzyx, inSource, pixels, chunkShape, inChunk, extent);
  }
  return pixels;
}

/** Reads a chunk, of any shape, as a box of every channel. */
export async function readAsBoxes(
  level: PixelLevel,
  chunkShape: Czyx,
  chunk: Czyx,
  room?: ChunkRoom,
): Promise<PixelArray> {
  const pixels = blankChunk(level, chunkShape, room);
  const [channels, ...shapeZyx] = chunkShape;
  const first = chunk[0] * channels;
  const start = mapAxes(shapeZyx, (extent, axis) => chunk[axis + 1]! * extent);
  const stop = mapAxes(start, (from, axis) => Math.min(from + shapeZyx[axis]!, level.shapeZyx[axis]!));
  const box: BoxZyx = { start, stop };
  const extent = boxShape(box);
  for (let c = 0; c < channels && first + c < level.shapeCzyx[0]; c++) {
    const channelPixels = pixels.subarray((c * pixels.length) / channels, ((c + 1) * pixels.length) / channels);
    const into = roomFor(extent, [0, 0, 0], channelPixels, [chunkShape[1], chunkShape[2], chunkShape[3]]);
    const read = await level.readBox(first + c, box, into);
    if (into === undefined)
      copyBox(read, [1, ...extent], [0, 0, 0, 0], pixels, chunkShape, [c, 0, 0, 0], [1, ...extent]);
  }
  return pixels;
}
