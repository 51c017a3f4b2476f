import {
  allocatePixels,
  type BoxZyx,
  boxShape,
  type Czyx,
  elementCount,
  type PixelArray,
  type Zyx,
} from "../shapes.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import { copyBox, roomFor } from "../zarr/copy-box.ts";
import type { PixelLevel } from "./pixel-level.ts";

/** A level read in chunks of another shape; the level itself where the shape is its own. */
export function rechunked(level: PixelLevel, chunkShapeCzyx: Czyx): PixelLevel {
  if (chunkShapeCzyx.every((extent, axis) => extent === level.chunkShapeCzyx[axis])) return level;
  const grid = level.shapeCzyx.map((extent, axis) => Math.ceil(extent / chunkShapeCzyx[axis]!)) as unknown as Czyx;
  return {
    type: level.type,
    fillValue: level.fillValue,
    shapeCzyx: level.shapeCzyx,
    shapeZyx: level.shapeZyx,
    factorsZyx: level.factorsZyx,
    chunkShapeCzyx,
    chunkGridCzyx: grid,
    readBox: (channel, box, into) => level.readBox(channel, box, into),
    readChunk: (chunk, room) => readChunk(level, chunkShapeCzyx, chunk, room),
  };
}

async function readChunk(level: PixelLevel, chunkShape: Czyx, chunk: Czyx, room?: ChunkRoom): Promise<PixelArray> {
  const pixels = (room?.pixels ?? allocatePixels(level.type, elementCount(chunkShape))).fill(level.fillValue);
  const [channels, ...shapeZyx] = chunkShape;
  const first = chunk[0] * channels;
  const start = shapeZyx.map((extent, axis) => chunk[axis + 1]! * extent) as unknown as Zyx;
  const stop = start.map((from, axis) => Math.min(from + shapeZyx[axis]!, level.shapeZyx[axis]!)) as unknown as Zyx;
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
