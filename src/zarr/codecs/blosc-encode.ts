import { withWorkingBytes } from "../../kernels/bind.ts";
import { elementCount } from "../../shapes.ts";
import type { BloscCodec } from "../metadata/metadata.ts";
import { BlockEncoder } from "./blosc-blocks.ts";
import {
  appliedFilter,
  type BloscFilter,
  type BloscHeader,
  bloscHeaderBytes,
  isSplittable,
  smallestBuffer,
  writeBloscHeader,
} from "./blosc-format.ts";
import { PaddedBlocks, type PaddedChunk } from "./padded-blocks.ts";

/** What a shuffle setting means for items of a size: `auto` shuffles bits of single bytes, and bytes of larger items. */
function bloscFilter(codec: BloscCodec, itemBytes: number): BloscFilter {
  if (codec.shuffle === "auto") return itemBytes === 1 ? "bit" : "byte";
  return codec.shuffle;
}

/**
 * Encodes bytes, items of `itemBytes` bytes each, as a Blosc chunk, with c-blosc's choices of levels and blocks.
 *
 * @param buffer where the chunk may be put, if it is large enough for the worst case. Where it lies in one kernel memory
 *   with the source, all work is done there until the promise is settled
 */
export async function encodeBlosc(
  codec: BloscCodec,
  source: Uint8Array,
  itemBytes: number,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  const { inner } = codec;
  if (inner === "blosclz" || inner === "snappy")
    return await encodeElsewhere(codec, source, bloscFilter(codec, itemBytes));
  const header = headerOf(codec, source.length, itemBytes);
  const mostBytes = bloscHeaderBytes + source.length;
  const destination = buffer && buffer.length >= mostBytes ? buffer.subarray(0, mostBytes) : new Uint8Array(mostBytes);
  const isWorthwhile = codec.level > 0 && source.length >= smallestBuffer;
  const applied = { ...header, filter: appliedFilter(header.filter, itemBytes) };
  const encodedBytes = isWorthwhile ? await encodeBlocks(codec, applied, source, destination) : 0;
  if (encodedBytes > 0) {
    writeBloscHeader(destination, header, encodedBytes);
    return destination.subarray(0, encodedBytes);
  }
  writeBloscHeader(destination, { ...header, stored: true }, destination.length);
  destination.set(source, bloscHeaderBytes);
  return destination;
}

/** The header of a chunk, as it is before anything is known to be stored. */
function headerOf(codec: BloscCodec, byteCount: number, itemBytes: number): BloscHeader {
  const stream = codec.inner === "lz4hc" ? "lz4" : codec.inner;
  const blockBytes = chooseBlockBytes(codec, byteCount, itemBytes);
  const split = stream !== "zstd" && isSplittable(itemBytes, blockBytes);
  return { stream, filter: bloscFilter(codec, itemBytes), stored: false, split, itemBytes, byteCount, blockBytes };
}

/** Writes the blocks and their offsets; returns the length of the chunk, or 0 where it would not become smaller. */
async function encodeBlocks(
  codec: BloscCodec,
  header: BloscHeader,
  source: Uint8Array,
  destination: Uint8Array,
): Promise<number> {
  const encoder = await BlockEncoder.of(codec, header);
  return withWorkingBytes(destination, header.filter === "none" ? 0 : header.blockBytes, async (working) => {
    const scratch = header.filter === "none" ? undefined : working;
    const offsets = new DataView(destination.buffer, destination.byteOffset + bloscHeaderBytes);
    let to = bloscHeaderBytes + 4 * blockCount(header);
    if (to >= destination.length) return 0;
    for (let block = 0; block < blockCount(header); block++) {
      offsets.setUint32(4 * block, to, true);
      const start = block * header.blockBytes;
      to = encoder.put(source.subarray(start, start + header.blockBytes), scratch, destination, to);
      if (to === 0) return 0;
    }
    return to;
  });
}

function blockCount({ byteCount, blockBytes }: BloscHeader): number {
  return Math.ceil(byteCount / blockBytes);
}

/** A piece of a chunk that is written while the next one is made, in bytes: whole blocks of a disk. */
const pieceBytes = 4 * 2 ** 20;
/** Blocks of more bytes are not encoded in pieces: one has to fit behind a piece. */
const mostPieceBlock = 2 ** 20;
/** The places for pieces lie so far apart: one is written while another one is filled; the first is kept to the end. */
const pieceStride = pieceBytes + 2 * mostPieceBlock;

/** The length of the first piece of a chunk that has several. */
export const chunkStartBytes = pieceBytes;

/** The first bytes of a chunk, which are known last, and the length of the chunk. */
export interface ChunkStart {
  readonly start: Uint8Array;
  readonly byteCount: number;
}

/**
 * Encodes as {@link encodeBlosc} does, but hands out the chunk in pieces, the first, of {@link chunkStartBytes}, last.
 *
 * @param buffer for pieces, longer than {@link isForPieces} asks of chunks
 * @param write takes what follows; not called again before it has written
 * @returns the first piece; `undefined` where the chunk would not become smaller: what was written of it is of no use then
 */
export async function encodeBloscInPieces(
  codec: BloscCodec,
  source: Uint8Array | PaddedChunk,
  itemBytes: number,
  buffer: Uint8Array,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<ChunkStart | undefined> {
  const byteCount = source instanceof Uint8Array ? source.length : itemBytes * elementCount(source.chunkShape);
  const header = headerOf(codec, byteCount, itemBytes);
  const { blockBytes } = header;
  const applied = { ...header, filter: appliedFilter(header.filter, itemBytes) };
  const encoder = await BlockEncoder.of(codec, applied);
  const places = [0, 1, 2].map((n) => buffer.subarray(n * pieceStride, (n + 1) * pieceStride));
  const pieces = new PieceWriter(places, write);
  const offsets = new DataView(buffer.buffer, buffer.byteOffset + bloscHeaderBytes);
  try {
    return await withWorkingBytes(buffer, 3 * blockBytes, async (working) => {
      const scratch = applied.filter === "none" ? undefined : working.subarray(0, blockBytes);
      const blocks =
        source instanceof Uint8Array ? undefined : new PaddedBlocks(source, blockBytes, working.subarray(blockBytes));
      pieces.filled = bloscHeaderBytes + 4 * blockCount(header);
      for (let start = 0, n = 0; start < byteCount; start += blockBytes, n++) {
        offsets.setUint32(4 * n, pieces.byteCount, true);
        const stop = Math.min(start + blockBytes, byteCount);
        const block = blocks?.block(start, stop) ?? {
          bytes: (source as Uint8Array).subarray(start, stop),
          isPadding: false,
        };
        pieces.filled = encoder.put(block.bytes, scratch, pieces.place, pieces.filled, block.isPadding);
        if (pieces.filled === 0 || pieces.byteCount > bloscHeaderBytes + byteCount) return undefined;
        if (pieces.filled >= pieceBytes) await pieces.next();
      }
      const start = await pieces.end();
      writeBloscHeader(start, header, pieces.byteCount);
      return { start, byteCount: pieces.byteCount };
    });
  } finally {
    await pieces.settled();
  }
}

/** Whether a chunk may be encoded in pieces. */
export function isForPieces(codec: BloscCodec, byteCount: number, itemBytes: number): boolean {
  if (codec.inner === "blosclz" || codec.inner === "snappy" || codec.level === 0) return false;
  const { blockBytes } = headerOf(codec, byteCount, itemBytes);
  return blockBytes <= mostPieceBlock && byteCount >= 3 * pieceStride && 8 * (byteCount / blockBytes) < pieceBytes;
}

/** Fills pieces one after the other, each while the one before is written. */
class PieceWriter {
  /** What of the current place is filled. */
  filled = 0;
  readonly #places: readonly Uint8Array[];
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  #current = 0;
  #before = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(places: readonly Uint8Array[], write: (bytes: Uint8Array) => Promise<void>) {
    this.#places = places;
    this.#write = write;
  }

  get place(): Uint8Array {
    return this.#places[this.#current]!;
  }

  get byteCount(): number {
    return this.#before + this.filled;
  }

  /** Goes on in the next place, with what the current one holds beyond a piece. */
  async next(): Promise<void> {
    const { place, filled } = this;
    const rest = place.subarray(pieceBytes, filled);
    if (this.#current > 0) await this.#begin(place.subarray(0, pieceBytes));
    this.#current = this.#current === 1 ? 2 : 1;
    this.place.set(rest);
    this.#before += pieceBytes;
    this.filled = rest.length;
  }

  /** Writes the last piece. @returns the first */
  async end(): Promise<Uint8Array> {
    if (this.#current === 0) return this.place.subarray(0, this.filled);
    await this.#begin(this.place.subarray(0, this.filled));
    await this.#writing;
    return this.#places[0]!.subarray(0, pieceBytes);
  }

  /** Resolves when nothing is being written any more, whatever became of it. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #begin(piece: Uint8Array): Promise<void> {
    await this.#writing;
    this.#writing = this.#write(piece);
    this.#writing.catch(() => undefined);
  }
}

/** The two old codecs are rare: c-blosc itself, in numcodecs, writes them (with items of four bytes). */
async function encodeElsewhere(codec: BloscCodec, source: Uint8Array, filter: BloscFilter): Promise<Uint8Array> {
  const { default: Blosc } = await import("numcodecs/blosc");
  const shuffleNumber = filter === "none" ? 0 : filter === "byte" ? 1 : 2;
  const { inner: cname, level: clevel, blockBytes: blocksize } = codec;
  return await Blosc.fromConfig({ id: "blosc", cname, clevel, shuffle: shuffleNumber, blocksize }).encode(source);
}

const firstCacheBytes = 32 * 1024;

/** Base size of blocks in units of the first cache, by level: harder work is worth larger blocks. */
const cachesPerBlock = [0.25, 0.5, 1, 2, 4, 4, 8, 8, 8, 8] as const;

/**
 * The size of the blocks of a Blosc chunk: small enough for the caches, larger for codecs and levels that search
 * harder, and larger again where each block is split into one stream per byte of an item.
 */
function chooseBlockBytes(codec: BloscCodec, byteCount: number, itemBytes: number): number {
  const searchesHard = codec.inner === "lz4hc" || codec.inner === "zlib" || codec.inner === "zstd";
  let bytes = byteCount;
  if (codec.blockBytes > 0) {
    bytes = Math.max(codec.blockBytes, smallestBuffer);
  } else if (byteCount >= firstCacheBytes) {
    bytes = firstCacheBytes * cachesPerBlock[codec.level]! * (searchesHard ? 2 : 1);
    if (codec.level === 9 && searchesHard) bytes *= 2;
  }
  if (codec.level > 0 && codec.inner !== "zstd" && isSplittable(itemBytes, bytes)) {
    bytes = Math.min(Math.max(Math.min(bytes, 2 ** 18) * itemBytes, 2 ** 16), 2 ** 20);
  }
  bytes = Math.min(bytes, byteCount);
  return bytes > itemBytes ? bytes - (bytes % itemBytes) : bytes;
}
