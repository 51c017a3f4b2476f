import type { PixelLevel } from "../acquisition/pixel-level.ts";
import { KernelMemory } from "../kernels/kernel-memory.ts";
import { arrayBytes, elementCount } from "../shapes.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import { codecBytes, encodedChunkBytes } from "./encoded-room.ts";

/** Chunks of more bytes are read without, where the room would outlive the reading: there memory counts for more. */
const mostPassing = 32 * 2 ** 20;

/** Room as {@link readingRoom} gives it, for work that goes on when the chunks have been read. */
export function passingRoom(level: PixelLevel): ChunkRoom {
  return arrayBytes(level.type, level.chunkShapeCzyx) <= mostPassing ? readingRoom(level) : {};
}

/**
 * Room in the kernels' memory to read the chunks of a level into, one after the other; none where there are no kernels.
 * What it holds is gone with the next chunk.
 */
function readingRoom(level: PixelLevel): ChunkRoom {
  const memory = KernelMemory.open(readingRoomBytes(level));
  return (memory && takeReadingRoom(memory, level)) ?? {};
}

/** What {@link takeReadingRoom} takes of a memory, with what codecs need beside it. */
export function readingRoomBytes(level: PixelLevel): number {
  return arrayBytes(level.type, level.chunkShapeCzyx) + encodedChunkBytes(level) + codecBytes;
}

/** Room as {@link readingRoom} gives it, in a memory that holds other things, too. */
export function takeReadingRoom(memory: KernelMemory, level: PixelLevel): ChunkRoom | undefined {
  const pixels = memory.pixels(level.type, elementCount(level.chunkShapeCzyx));
  const encoded = memory.bytes(encodedChunkBytes(level));
  return pixels && encoded ? { pixels, encoded } : undefined;
}
