import { unreachable } from "../../errors.ts";
import { memoryOf } from "../../kernels/kernel-memory.ts";
import type { BloscCodec } from "../metadata.ts";
import {
  type BloscFilter,
  type BloscHeader,
  type BloscStream,
  bloscHeaderBytes,
  isSplittable,
  smallestBuffer,
  splitCount,
  writeBloscHeader,
} from "./blosc-format.ts";
import { encodeZlib } from "./gzip.ts";
import { encodeLz4 } from "./lz4.ts";
import { shuffleItems } from "./shuffles.ts";
import { encodeZstd } from "./zstd.ts";

const firstCacheBytes = 32 * 1024;

/** Base size of blocks in units of the first cache, by level: harder work is worth larger blocks. */
const cachesPerBlock = [0.25, 0.5, 1, 2, 4, 4, 8, 8, 8, 8] as const;

/** What a shuffle setting means for items of a size: `auto` shuffles bits of single bytes, and bytes of larger items. */
export function bloscFilter(codec: BloscCodec, itemBytes: number): BloscFilter {
  if (codec.shuffle === "auto") return itemBytes === 1 ? "bit" : "byte";
  return codec.shuffle;
}

/**
 * Encodes bytes, items of `itemBytes` bytes each, as a Blosc chunk, with c-blosc's choices of levels and blocks.
 *
 * @param room where the chunk may be put, if it is large enough for the worst case. Where it lies in one kernel memory
 *   with the source, all work is done there until the promise is settled
 */
export async function encodeBlosc(
  codec: BloscCodec,
  source: Uint8Array,
  itemBytes: number,
  room?: Uint8Array,
): Promise<Uint8Array> {
  const stream = codec.inner === "lz4hc" ? "lz4" : codec.inner;
  const filter = bloscFilter(codec, itemBytes);
  if (stream === "blosclz" || stream === "snappy") return await encodeElsewhere(codec, source, filter);

  const blockBytes = chooseBlockBytes(codec, source.length, itemBytes);
  const split = stream !== "zstd" && isSplittable(itemBytes, blockBytes);
  const header = { stream, filter, stored: false, split, itemBytes, byteCount: source.length, blockBytes };
  const mostBytes = bloscHeaderBytes + source.length;
  const destination = room && room.length >= mostBytes ? room.subarray(0, mostBytes) : new Uint8Array(mostBytes);
  const isWorthwhile = codec.level > 0 && source.length >= smallestBuffer;
  const encodedBytes = isWorthwhile ? await encodeBlocks(codec, header, source, destination) : 0;
  if (encodedBytes > 0) {
    writeBloscHeader(destination, header, encodedBytes);
    return destination.subarray(0, encodedBytes);
  }
  writeBloscHeader(destination, { ...header, stored: true }, destination.length);
  destination.set(source, bloscHeaderBytes);
  return destination;
}

/** Writes the blocks and their offsets; returns the length of the chunk, or 0 where it would not become smaller. */
async function encodeBlocks(
  codec: BloscCodec,
  header: BloscHeader,
  source: Uint8Array,
  destination: Uint8Array,
): Promise<number> {
  const memory = memoryOf(source, destination);
  const mark = memory?.mark() ?? 0;
  try {
    const scratch = memory?.bytes(header.blockBytes) ?? new Uint8Array(header.blockBytes);
    return await encodeFiltered(codec, header, source, header.filter === "none" ? undefined : scratch, destination);
  } finally {
    memory?.release(mark);
  }
}

async function encodeFiltered(
  codec: BloscCodec,
  header: BloscHeader,
  source: Uint8Array,
  scratch: Uint8Array | undefined,
  destination: Uint8Array,
): Promise<number> {
  const view = new DataView(destination.buffer, destination.byteOffset, destination.byteLength);
  const blockCount = Math.ceil(source.length / header.blockBytes);
  let to = bloscHeaderBytes + 4 * blockCount;
  if (to >= destination.length) return 0;
  for (let block = 0; block < blockCount; block++) {
    const blockStart = block * header.blockBytes;
    const blockBytes = Math.min(header.blockBytes, source.length - blockStart);
    if (scratch !== undefined) filterBlock(header, source, blockStart, scratch, blockBytes);
    const input = scratch ?? source;
    view.setUint32(bloscHeaderBytes + 4 * block, to, true);
    const splits = splitCount(header, blockBytes);
    const streamBytes = blockBytes / splits;
    for (let split = 0; split < splits; split++) {
      const start = (scratch === undefined ? blockStart : 0) + split * streamBytes;
      if (to + 4 >= destination.length) return 0;
      // A stream as long as its content would be read as stored, so it has to be shorter
      const limit = Math.min(to + 4 + streamBytes - 1, destination.length);
      const encoded = encodeStream(codec, header.stream, input, start, start + streamBytes, destination, to + 4, limit);
      let encodedBytes = typeof encoded === "number" ? encoded : await encoded;
      if (encodedBytes === 0) {
        if (to + 4 + streamBytes > destination.length) return 0;
        destination.set(input.subarray(start, start + streamBytes), to + 4);
        encodedBytes = streamBytes;
      }
      view.setUint32(to, encodedBytes, true);
      to += 4 + encodedBytes;
    }
  }
  return to;
}

/** Encodes one stream and returns its length, or 0 where it does not fit before `limit`. */
function encodeStream(
  codec: BloscCodec,
  stream: BloscStream,
  source: Uint8Array,
  start: number,
  stop: number,
  destination: Uint8Array,
  to: number,
  limit: number,
): number | Promise<number> {
  const place = (encoded: Uint8Array): number => {
    if (encoded.length > limit - to) return 0;
    destination.set(encoded, to);
    return encoded.length;
  };
  switch (stream) {
    case "lz4":
      return encodeLz4(source, start, stop, destination, to, limit, 10 - codec.level);
    case "zlib":
      return place(encodeZlib(source.subarray(start, stop), codec.level));
    case "zstd":
      return encodeZstd(source.subarray(start, stop), codec.level < 9 ? 2 * codec.level - 1 : 22).then(place);
    case "blosclz":
    case "snappy":
      return 0;
    default:
      return unreachable(stream);
  }
}

function filterBlock(
  { filter, itemBytes }: BloscHeader,
  source: Uint8Array,
  start: number,
  scratch: Uint8Array,
  byteCount: number,
): void {
  if (filter !== "none") shuffleItems(filter, source, start, scratch, 0, byteCount, itemBytes);
}

/**
 * The size of blocks: small enough for the caches, larger for codecs and levels that search harder, and larger again
 * where each block is split into one stream per byte of an item.
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

/** The two old codecs are rare: c-blosc itself, in numcodecs, writes them (with items of four bytes). */
async function encodeElsewhere(codec: BloscCodec, source: Uint8Array, filter: BloscFilter): Promise<Uint8Array> {
  const { default: Blosc } = await import("numcodecs/blosc");
  const shuffleNumber = filter === "none" ? 0 : filter === "byte" ? 1 : 2;
  const { inner: cname, level: clevel, blockBytes: blocksize } = codec;
  return await Blosc.fromConfig({ id: "blosc", cname, clevel, shuffle: shuffleNumber, blocksize }).encode(source);
}
