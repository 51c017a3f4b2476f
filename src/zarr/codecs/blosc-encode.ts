import { withWorkingBytes } from "../../kernels/bind.ts";
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
export function headerOf(codec: BloscCodec, byteCount: number, itemBytes: number): BloscHeader {
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
