import type { PixelLevel } from "../acquisition/pixel-level.ts";
import { KernelMemory } from "../kernels/kernel-memory.ts";
import { arrayBytes, type Czyx, elementCount, type PixelArray } from "../shapes.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import { codecBytes, encodedChunkBytes } from "./encoded-room.ts";

/** Chunks of more bytes are read without, where the room would outlive the reading: there memory counts for more. */
const mostPassing = 32 * 2 ** 20;

/** A chunk that was read; without pixels where it is missing. */
interface ReadChunk {
  readonly chunk: Czyx;
  readonly pixels: PixelArray | undefined;
}

/**
 * Reads chunks one after the other, the bytes of each while the one before is decoded and worked on. What one holds is
 * gone with the next.
 */
export async function* readInTurn(level: PixelLevel, chunks: Iterable<Czyx>): AsyncGenerator<ReadChunk> {
  const memory = passingMemory(level, encodedChunkBytes(level));
  let room = (memory && takeReadingRoom(memory, level)) ?? {};
  let ahead = memory?.bytes(encodedChunkBytes(level));
  const places = [...chunks];
  for (const [index, chunk] of places.entries()) {
    const reading = level.readChunk(chunk, room);
    const next = places[index + 1];
    if (next !== undefined && ahead !== undefined) level.expectChunk?.(next, ahead);
    yield { chunk, pixels: await reading };
    if (ahead !== undefined) [room, ahead] = [{ ...room, encoded: ahead }, room.encoded];
  }
}

/**
 * Room in the kernels' memory to read the chunks of a level into, one after the other, for work that goes on when they
 * have been read; none where there are no kernels. What it holds is gone with the next chunk.
 */
export function passingRoom(level: PixelLevel): ChunkRoom {
  const memory = passingMemory(level);
  return (memory && takeReadingRoom(memory, level)) ?? {};
}

/** Memory for a room, and `more` bytes. */
function passingMemory(level: PixelLevel, more = 0): KernelMemory | undefined {
  if (arrayBytes(level.type, level.chunkShapeCzyx) > mostPassing) return undefined;
  return KernelMemory.open(readingRoomBytes(level) + more);
}

/** What {@link takeReadingRoom} takes of a memory, with what codecs need beside it. */
export function readingRoomBytes(level: PixelLevel): number {
  return arrayBytes(level.type, level.chunkShapeCzyx) + encodedChunkBytes(level) + codecBytes;
}

/** Room as {@link passingRoom} gives it, in a memory that holds other things, too. */
export function takeReadingRoom(memory: KernelMemory, level: PixelLevel): ChunkRoom | undefined {
  const pixels = memory.pixels(level.type, elementCount(level.chunkShapeCzyx));
  const encoded = memory.bytes(encodedChunkBytes(level));
  return pixels && encoded ? { pixels, encoded } : undefined;
}
