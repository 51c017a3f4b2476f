/**
 * Buffers in the kernels' memory that the chunks under a box are decoded into, one after the other: where pixels lie
 * there, no kernel copies them first. A thread keeps those that it used last, as boxes of one array follow each other.
 */
import { alignedBytes, KernelMemory } from "../kernels/kernel-memory.ts";
import { bytesPerPixel } from "../shapes.ts";
import type { ZarrArray } from "./array.ts";
import type { ChunkBuffer } from "./chunk-pixels.ts";

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
export async function withBoxBuffers<Result>(
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
