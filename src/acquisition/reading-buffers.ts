/** Buffers in the kernels' memory for reading chunks one after the other. */
import { KernelMemory } from "../kernels/kernel-memory.ts";
import { arrayBytes, type Czyx, elementCount, mapAxes, type PixelArray } from "../shapes.ts";
import { codecBytes, framingBytes } from "../zarr/box.ts";
import type { ChunkBuffer } from "../zarr/chunk-pixels.ts";
import { type PixelRanges, rangesOfBox } from "../zarr/wanted-pixels.ts";
import type { PixelLevel } from "./level.ts";
import { ReadAhead } from "./read-ahead.ts";

/** Larger chunks are read without a buffer, as it would outlive the reading: prefer memory over speed. */
const mostPassing = 32 * 2 ** 20;

/** A chunk that was read; without pixels where it is not stored. */
interface ReadChunk {
  readonly chunk: Czyx;
  readonly pixels: PixelArray | undefined;
}

/**
 * Reads chunks one after the other, the bytes of each while the one before is decoded and worked on. Each chunk's
 * buffer is overwritten by the next one.
 */
export async function* readInTurn(level: PixelLevel, chunks: Iterable<Czyx>): AsyncGenerator<ReadChunk> {
  const memory = passingMemory(level, encodedChunkBytes(level));
  let buffer = (memory && takeReadingBuffers(memory, level)) ?? {};
  let next = memory?.bytes(encodedChunkBytes(level));
  const places = [...chunks];
  const ahead = new ReadAhead(level);
  await ahead.start(places);
  for (const chunk of places) {
    const reading = ahead.read(chunk, { ...buffer, wanted: imageIn(level, chunk) });
    if (next !== undefined) ahead.begin(next);
    yield { chunk, pixels: await reading };
    if (next !== undefined) [buffer, next] = [{ ...buffer, encoded: next }, buffer.encoded];
  }
}

/** The pixels of a chunk that lie in the image. */
function imageIn({ shapeCzyx, chunkShapeCzyx }: PixelLevel, chunk: Czyx): PixelRanges {
  const stop = mapAxes(chunkShapeCzyx, (n, axis) => Math.min(n, shapeCzyx[axis]! - chunk[axis]! * n));
  return rangesOfBox(chunkShapeCzyx, [0, 0, 0, 0], stop);
}

/**
 * Buffers in the kernels' memory to read the chunks of a level into, one after the other; none where they would be too
 * large. Each chunk overwrites the one before.
 */
export function passBuffers(level: PixelLevel): ChunkBuffer {
  const memory = passingMemory(level);
  return (memory && takeReadingBuffers(memory, level)) ?? {};
}

/** Memory for a chunk's buffers, and `more` bytes. */
function passingMemory(level: PixelLevel, more = 0): KernelMemory | undefined {
  if (arrayBytes(level.type, level.chunkShapeCzyx) > mostPassing) return undefined;
  return KernelMemory.open(readingBufferBytes(level) + more);
}

/** The bytes that {@link takeReadingBuffers} allocates, with what codecs need. */
export function readingBufferBytes(level: PixelLevel): number {
  return arrayBytes(level.type, level.chunkShapeCzyx) + encodedChunkBytes(level) + codecBytes;
}

/** Buffers as {@link passBuffers} gives them, in a memory that is also used for other things. */
export function takeReadingBuffers(memory: KernelMemory, level: PixelLevel): ChunkBuffer | undefined {
  const pixels = memory.pixels(level.type, elementCount(level.chunkShapeCzyx));
  const encoded = memory.bytes(encodedChunkBytes(level));
  return pixels && encoded ? { pixels, encoded } : undefined;
}

// Sizes of buffers for encoded chunks, which may be longer than their pixels, and of the codecs' working memory.

/** The most bytes of an encoded chunk of a level. */
export function encodedChunkBytes({ type, chunkShapeCzyx }: Pick<PixelLevel, "type" | "chunkShapeCzyx">): number {
  return arrayBytes(type, chunkShapeCzyx) + framingBytes;
}
