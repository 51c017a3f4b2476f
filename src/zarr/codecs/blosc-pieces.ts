/** Encodes a large Blosc chunk, also in several parts, and hands it out in pieces: it is never held as a whole. */
import { withWorkingBytes } from "../../kernels/bind.ts";
import { elementCount } from "../../shapes.ts";
import type { BloscCodec } from "../metadata/metadata.ts";
import { BlockEncoder } from "./blosc-blocks.ts";
import { headerOf } from "./blosc-encode.ts";
import { appliedFilter, type BloscHeader, bloscHeaderBytes, writeBloscHeader } from "./blosc-format.ts";
import { PaddedBlocks, type PaddedChunk } from "./padded-blocks.ts";

/** Lengths of pieces, whole blocks of a disk: as long as the buffer allows. */
const pieceLengths = [4 * 2 ** 20, 2 ** 20];
/** Blocks of more bytes are not encoded in pieces: one has to fit behind a piece. */
const mostPieceBlock = 2 ** 20;

/** The places for pieces lie so far apart: one is written while another one is filled; the first is kept to the end. */
function strideOf(pieceBytes: number): number {
  return pieceBytes + 2 * mostPieceBlock;
}

/** The least buffer that a chunk is encoded in. */
export const leastPiecesBuffer = 3 * strideOf(pieceLengths.at(-1)!);

/** The length of the first piece of a chunk that has several, with a buffer of `bufferBytes`. */
export function startBytesWith(bufferBytes: number): number {
  return pieceLengths.find((bytes) => 3 * strideOf(bytes) <= bufferBytes) ?? pieceLengths.at(-1)!;
}

/** Whether a chunk may be encoded in pieces, and from parts of `partBytes`: of one part by default. */
export function isForPieces(codec: BloscCodec, byteCount: number, itemBytes: number, partBytes = byteCount): boolean {
  if (codec.inner === "blosclz" || codec.inner === "snappy" || codec.level === 0) return false;
  const { blockBytes } = headerOf(codec, byteCount, itemBytes);
  if (blockBytes > mostPieceBlock || (partBytes < byteCount && partBytes % blockBytes !== 0)) return false;
  return byteCount >= 3 * strideOf(pieceLengths[0]!) && 8 * (byteCount / blockBytes) < pieceLengths.at(-1)!;
}

/** The first bytes of a chunk, which are known last, and the length of the chunk. */
export interface ChunkStart {
  readonly start: Uint8Array;
  readonly byteCount: number;
}

/**
 * A chunk that becomes what `encodeBlosc` makes of it: parts are added from its start to its end, and pieces handed out,
 * the first, of {@link startBytesWith} bytes, last.
 */
export class BloscPieces {
  readonly #header: BloscHeader;
  readonly #encoder: BlockEncoder;
  readonly #buffer: Uint8Array;
  readonly #pieces: PieceWriter;
  readonly #offsets: DataView;
  #block = 0;

  private constructor(header: BloscHeader, encoder: BlockEncoder, buffer: Uint8Array, pieces: PieceWriter) {
    this.#header = header;
    this.#encoder = encoder;
    this.#buffer = buffer;
    this.#pieces = pieces;
    this.#offsets = new DataView(buffer.buffer, buffer.byteOffset + bloscHeaderBytes);
    const offsetBytes = header.stored ? 0 : 4 * Math.ceil(header.byteCount / header.blockBytes);
    pieces.filled = bloscHeaderBytes + offsetBytes;
  }

  /**
   * @param byteCount of the chunk's items
   * @param buffer for pieces, of {@link leastPiecesBuffer} at least; where it lies in one kernel memory with the parts, all
   *   work is done there
   * @param write takes what follows the first piece; not called again before it has written
   * @param isStored without encoding, as it would not become smaller
   */
  static async begin(
    codec: BloscCodec,
    byteCount: number,
    itemBytes: number,
    buffer: Uint8Array,
    write: (bytes: Uint8Array) => Promise<void>,
    isStored = false,
  ): Promise<BloscPieces> {
    const header = { ...headerOf(codec, byteCount, itemBytes), stored: isStored };
    const encoder = await BlockEncoder.of(codec, { ...header, filter: appliedFilter(header.filter, itemBytes) });
    return new BloscPieces(header, encoder, buffer, new PieceWriter(buffer, startBytesWith(buffer.length), write));
  }

  /**
   * Adds what follows: the whole chunk, or a number of whole blocks, which may be padded.
   * @returns false where the chunk would not become smaller: what was written of it is of no use then
   */
  async add(part: Uint8Array | PaddedChunk): Promise<boolean> {
    const { blockBytes, itemBytes, filter, byteCount, stored } = this.#header;
    const length = part instanceof Uint8Array ? part.length : itemBytes * elementCount(part.chunkShape);
    const pieces = this.#pieces;
    let isSmaller = false;
    try {
      isSmaller = await withWorkingBytes(this.#buffer, 3 * blockBytes, async (working) => {
        const isFiltered = appliedFilter(filter, itemBytes) !== "none";
        const scratch = isFiltered ? working.subarray(0, blockBytes) : undefined;
        const padded =
          part instanceof Uint8Array ? undefined : new PaddedBlocks(part, blockBytes, working.subarray(blockBytes));
        for (let start = 0; start < length; start += blockBytes) {
          const stop = Math.min(start + blockBytes, length);
          const { bytes, isPadding } = padded?.block(start, stop) ?? {
            bytes: (part as Uint8Array).subarray(start, stop),
            isPadding: false,
          };
          if (stored) {
            pieces.place.set(bytes, pieces.filled);
            pieces.filled += bytes.length;
          } else {
            this.#offsets.setUint32(4 * this.#block++, pieces.byteCount, true);
            pieces.filled = this.#encoder.put(bytes, scratch, pieces.place, pieces.filled, isPadding);
          }
          if (pieces.filled === 0 || pieces.byteCount > bloscHeaderBytes + byteCount) return false;
          if (pieces.filled >= pieces.length) await pieces.next();
        }
        return true;
      });
      return isSmaller;
    } finally {
      // The buffer will be used for something else
      if (!isSmaller) await pieces.settled();
    }
  }

  /** Hands out the last piece. @returns the first */
  async end(): Promise<ChunkStart> {
    const { byteCount } = this.#pieces;
    const start = await this.#pieces.end();
    writeBloscHeader(start, this.#header, byteCount);
    return { start, byteCount };
  }
}

/** Fills pieces one after the other, each while the one before is written. */
class PieceWriter {
  /** The length of a piece. */
  readonly length: number;
  /** What of the current place is filled. */
  filled = 0;
  readonly #places: readonly Uint8Array[];
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  #current = 0;
  #before = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(buffer: Uint8Array, length: number, write: (bytes: Uint8Array) => Promise<void>) {
    this.length = length;
    const stride = strideOf(length);
    this.#places = [0, 1, 2].map((n) => buffer.subarray(n * stride, (n + 1) * stride));
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
    const rest = place.subarray(this.length, filled);
    if (this.#current > 0) await this.#begin(place.subarray(0, this.length));
    this.#current = this.#current === 1 ? 2 : 1;
    this.place.set(rest);
    this.#before += this.length;
    this.filled = rest.length;
  }

  /** Writes the last piece. @returns the first */
  async end(): Promise<Uint8Array> {
    if (this.#current === 0) return this.place.subarray(0, this.filled);
    await this.#begin(this.place.subarray(0, this.filled));
    await this.#writing;
    return this.#places[0]!.subarray(0, this.length);
  }

  /** Resolves when nothing is being written any more, whatever became of it: the next call tells. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #begin(piece: Uint8Array): Promise<void> {
    await this.#writing;
    this.#writing = this.#write(piece);
    this.#writing.catch(() => undefined);
  }
}
