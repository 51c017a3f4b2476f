/**
 * The container of Blosc 1: a header of 16 bytes, the offsets of the blocks, and for each block one stream or, where
 * blocks are split, one stream for each byte of an item.
 *
 * @see https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst
 */
import { corruptChunk } from "./corrupt-chunk.ts";

/** The length of the header. */
export const bloscHeaderBytes = 16;

/** Buffers and splits smaller than this are not worth encoding. */
export const smallestBuffer = 128;

/** Blocks of larger items are never split. */
const largestSplitItem = 16;

const formatVersion = 2;
const streamVersion = 1;

const byteShuffleFlag = 1;
const storedFlag = 2;
const bitShuffleFlag = 4;
const reservedFlag = 8;
const unsplitFlag = 16;

/** The formats of the streams, in the order of their numbers. `lz4hc` writes `lz4` streams. */
const bloscStreams = ["blosclz", "lz4", "snappy", "zlib", "zstd"] as const;

/** The format of a stream. */
type BloscStream = (typeof bloscStreams)[number];

/** What Blosc does with a block before it is encoded. */
export type BloscFilter = "none" | "byte" | "bit";

/** What a filter does to items of a size: shuffled single bytes stay where they are, though headers call them shuffled. */
export function appliedFilter(filter: BloscFilter, itemBytes: number): BloscFilter {
  return filter === "byte" && itemBytes === 1 ? "none" : filter;
}

/** What the header of a chunk says. */
export interface BloscHeader {
  readonly stream: BloscStream;
  readonly filter: BloscFilter;
  /** The bytes follow the header as they are. */
  readonly stored: boolean;
  readonly split: boolean;
  readonly itemBytes: number;
  readonly byteCount: number;
  readonly blockBytes: number;
}

/**
 * Reads and checks the header of a chunk that should hold `byteCount` bytes.
 *
 * @param encodedBytes the length of the chunk, where `bytes` are but its beginning
 * @throws IsoluxError `corrupt`
 */
export function readBloscHeader(
  bytes: Uint8Array,
  byteCount: number,
  where: string,
  encodedBytes: number = bytes.length,
): BloscHeader {
  if (bytes.length < bloscHeaderBytes) {
    throw corruptChunk(where, `${bytes.length} bytes`, "a Blosc header of 16 bytes");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = bytes[2]!;
  const stream = bloscStreams[flags >>> 5];
  const isBitShuffled = (flags & bitShuffleFlag) !== 0;
  const isByteShuffled = (flags & byteShuffleFlag) !== 0;
  if (bytes[0] !== formatVersion || bytes[1] !== streamVersion || stream === undefined) {
    throw corruptChunk(where, `bytes that begin with ${bytes.slice(0, 3).join(", ")}`, "a Blosc header of format 2");
  }
  if ((flags & reservedFlag) !== 0 || (isBitShuffled && isByteShuffled)) {
    throw corruptChunk(where, `the Blosc flags ${flags}`, "flags of Blosc 1");
  }
  const header: BloscHeader = {
    stream,
    filter: appliedFilter(isBitShuffled ? "bit" : isByteShuffled ? "byte" : "none", bytes[3]!),
    stored: (flags & storedFlag) !== 0,
    split: (flags & unsplitFlag) === 0,
    itemBytes: bytes[3]!,
    byteCount: view.getUint32(4, true),
    blockBytes: view.getUint32(8, true),
  };
  checkSizes(header, encodedBytes, view.getUint32(12, true), byteCount, where);
  return header;
}

function checkSizes(header: BloscHeader, length: number, encoded: number, byteCount: number, where: string): void {
  if (encoded !== length)
    throw corruptChunk(where, `${length} bytes`, `the ${encoded} bytes that its header announces`);
  if (header.byteCount !== byteCount) {
    throw corruptChunk(where, `a Blosc chunk of ${header.byteCount} bytes`, `${byteCount} bytes`);
  }
  if (header.stored) {
    if (length === bloscHeaderBytes + byteCount) return;
    throw corruptChunk(where, `${length} bytes`, `${bloscHeaderBytes + byteCount} bytes`);
  }
  const { itemBytes, blockBytes } = header;
  if (itemBytes === 0 || blockBytes === 0 || blockBytes > byteCount) {
    throw corruptChunk(where, `a Blosc header with items of ${itemBytes} and blocks of ${blockBytes} bytes`);
  }
  if (bloscHeaderBytes + 4 * Math.ceil(byteCount / blockBytes) > length) {
    throw corruptChunk(where, `${length} bytes`, "a list of all its blocks");
  }
}

/** Writes a header; `encodedBytes` is the length of the whole chunk. */
export function writeBloscHeader(destination: Uint8Array, header: BloscHeader, encodedBytes: number): void {
  const filterFlag = header.filter === "byte" ? byteShuffleFlag : header.filter === "bit" ? bitShuffleFlag : 0;
  const storageFlags = (header.stored ? storedFlag : 0) | (header.split ? 0 : unsplitFlag);
  const view = new DataView(destination.buffer, destination.byteOffset, bloscHeaderBytes);
  destination[0] = formatVersion;
  destination[1] = streamVersion;
  destination[2] = (bloscStreams.indexOf(header.stream) << 5) | filterFlag | storageFlags;
  destination[3] = header.itemBytes;
  view.setUint32(4, header.byteCount, true);
  view.setUint32(8, header.blockBytes, true);
  view.setUint32(12, encodedBytes, true);
}

/** Into how many streams a block of `bytes` bytes is split: an incomplete last one never is. */
export function splitCount(header: BloscHeader, bytes: number): number {
  const isWhole = bytes === header.blockBytes;
  return header.split && isWhole && isSplittable(header.itemBytes, header.blockBytes) ? header.itemBytes : 1;
}

/** Whether blocks of these sizes may be split. */
export function isSplittable(itemBytes: number, blockBytes: number): boolean {
  return itemBytes <= largestSplitItem && Math.floor(blockBytes / itemBytes) >= smallestBuffer;
}

/** Whether a part is what `whole` holds from `start` on, so that copying it there would change nothing. */
export function liesAt(part: Uint8Array, whole: Uint8Array, start: number): boolean {
  return part.buffer === whole.buffer && part.byteOffset === whole.byteOffset + start;
}
