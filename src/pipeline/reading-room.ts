import type { PixelLevel } from "../acquisition/pixel-level.ts";
import { KernelMemory } from "../kernels/kernel-memory.ts";
import { bytesPerPixel, elementCount } from "../shapes.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";

/** Encoded bytes may be so much longer than pixels: headers and checksums. */
const framingBytes = 4096;
/** What codecs take beside the chunk for a block that they work on. */
const codecBytes = 4 * 2 ** 20;

/** Chunks of more bytes are read without, where the room would outlive the reading: there memory counts for more. */
const mostPassing = 32 * 2 ** 20;

/** Room as {@link readingRoom} gives it, for work that goes on when the chunks have been read. */
export function passingRoom(level: PixelLevel): ChunkRoom {
  const bytes = elementCount(level.chunkShapeCzyx) * bytesPerPixel(level.type);
  return bytes <= mostPassing ? readingRoom(level) : {};
}

/**
 * Room in the kernels' memory to read the chunks of a level into, one after the other; none where there are no kernels.
 * What it holds is gone with the next chunk.
 */
export function readingRoom({ type, chunkShapeCzyx }: PixelLevel): ChunkRoom {
  const length = elementCount(chunkShapeCzyx);
  const bytes = length * bytesPerPixel(type);
  const memory = KernelMemory.open(2 * bytes + framingBytes + codecBytes);
  const pixels = memory?.pixels(type, length);
  const encoded = memory?.bytes(bytes + framingBytes);
  return pixels && encoded ? { pixels, encoded } : {};
}
