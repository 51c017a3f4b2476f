/** Reads of an encoded chunk what a few of its pixels need: of large chunks a plane takes a small part. */
import { type ChunkBuffer, isDecodedInPart, neededBytes } from "./chunk-pixels.ts";
import { corruptChunk } from "./codecs/corrupt-chunk.ts";
import type { ArrayMetadata } from "./metadata/metadata.ts";
import type { ReadableStore } from "./store.ts";

/** Where a chunk lies in its object. */
export interface ChunkSpan {
  readonly offset: number;
  readonly length: number;
}

/** The first bytes that are read to learn where blocks lie. */
const headBytes = 4096;
/** Chunks of less are read as a whole: to ask for parts takes longer. */
const leastBytes = 2 ** 18;

/** Whether it may be worth while to read a part of a chunk. */
export function isReadInPart(
  store: ReadableStore,
  metadata: ArrayMetadata,
  { wanted, encoded }: ChunkBuffer,
  chunkLength: number,
): boolean {
  if (wanted === undefined || encoded === undefined || store.readsParts !== true) return false;
  return isDecodedInPart(metadata) && wanted.reduce((sum, [from, to]) => sum + to - from, 0) <= chunkLength / 2;
}

/**
 * The bytes of a chunk, of which only the first and those for the pixels that are wanted are read; all else is undefined.
 *
 * @returns `undefined` where the whole chunk is to be read
 * @throws IsoluxError `corrupt`, `storage`
 */
export async function readPartOfChunk(
  store: ReadableStore,
  key: string,
  { offset, length }: ChunkSpan,
  metadata: ArrayMetadata,
  { wanted = [], encoded }: ChunkBuffer,
  where: string,
): Promise<Uint8Array | undefined> {
  if (length < leastBytes || encoded === undefined || length > encoded.length) return undefined;
  const read = async (start: number, stop: number) => {
    const place = encoded.subarray(start, stop);
    const bytes = await store.getRange(key, { kind: "slice", offset: offset + start, length: stop - start }, place);
    if (bytes?.length !== stop - start) throw corruptChunk(where, `less than ${stop} bytes`, `${length} bytes`);
    if (bytes.buffer !== place.buffer || bytes.byteOffset !== place.byteOffset) place.set(bytes);
    return place;
  };
  const span = neededBytes(metadata, await read(0, headBytes), length, wanted, where);
  if (span === undefined || span.stop - span.start > length / 2) return undefined;
  if (span.stop > headBytes) await read(Math.max(headBytes, span.start), span.stop);
  return encoded.subarray(0, length);
}
