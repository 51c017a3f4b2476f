import { unreachable } from "../../errors.ts";
import { withWorkingBytes } from "../../kernels/bind.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import type { BloscCodec } from "../metadata/metadata.ts";
import {
  appliedFilter,
  type BloscFilter,
  type BloscHeader,
  bloscHeaderBytes,
  isSplittable,
  liesAt,
  smallestBuffer,
  splitCount,
  writeBloscHeader,
} from "./blosc-format.ts";
import { encodeZlib } from "./gzip.ts";
import { encodeLz4 } from "./lz4.ts";
import { shuffleItems, shufflePlanes } from "./shuffle.ts";
import { loadZstd, type ZstdEngine } from "./zstd-engine.ts";
import { suitKernel } from "./zstd-pixels.ts";
import { PlaneEncoder, smallestPlane } from "./zstd-planes.ts";

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
  const stream = codec.inner === "lz4hc" ? "lz4" : codec.inner;
  const filter = bloscFilter(codec, itemBytes);
  if (stream === "blosclz" || stream === "snappy") return await encodeElsewhere(codec, source, filter);

  const blockBytes = chooseBlockBytes(codec, source.length, itemBytes);
  const split = stream !== "zstd" && isSplittable(itemBytes, blockBytes);
  const header = { stream, filter, stored: false, split, itemBytes, byteCount: source.length, blockBytes };
  const mostBytes = bloscHeaderBytes + source.length;
  const destination = buffer && buffer.length >= mostBytes ? buffer.subarray(0, mostBytes) : new Uint8Array(mostBytes);
  const isWorthwhile = codec.level > 0 && source.length >= smallestBuffer;
  const applied = { ...header, filter: appliedFilter(filter, itemBytes) };
  const encodedBytes = isWorthwhile ? await encodeBlocks(codec, applied, source, destination) : 0;
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
  await loadKernels();
  if (header.filter === "none") return encodeFiltered(codec, header, source, undefined, destination);
  return withWorkingBytes(destination, header.blockBytes, (scratch) =>
    encodeFiltered(codec, header, source, scratch, destination),
  );
}

async function encodeFiltered(
  codec: BloscCodec,
  header: BloscHeader,
  source: Uint8Array,
  scratch: Uint8Array | undefined,
  destination: Uint8Array,
): Promise<number> {
  const encode = await streamEncoder(codec, header);
  const view = new DataView(destination.buffer, destination.byteOffset, destination.byteLength);
  const blockCount = Math.ceil(source.length / header.blockBytes);
  let to = bloscHeaderBytes + 4 * blockCount;
  if (to >= destination.length) return 0;
  for (let block = 0; block < blockCount; block++) {
    const blockStart = block * header.blockBytes;
    const blockBytes = Math.min(header.blockBytes, source.length - blockStart);
    view.setUint32(bloscHeaderBytes + 4 * block, to, true);
    for (const content of layStreams(header, source, blockStart, blockBytes, scratch, destination, to + 4)) {
      const start = to + 4;
      if (start >= destination.length) return 0;
      const isInPlace = liesAt(content, destination, start);
      // A stream as long as its content would be read as stored, so it has to be shorter
      const capacity = Math.min(content.length - 1, destination.length - start);
      const [target, at] = isInPlace ? [scratch!, 0] : [destination, start];
      let encodedBytes = encode(content, target, at, at + capacity);
      if (encodedBytes === 0) {
        if (start + content.length > destination.length) return 0;
        if (!isInPlace) destination.set(content, start);
        encodedBytes = content.length;
      } else if (isInPlace) {
        destination.set(target.subarray(0, encodedBytes), start);
      }
      view.setUint32(to, encodedBytes, true);
      to = start + encodedBytes;
    }
  }
  return to;
}

/**
 * Filters a block and returns its streams, in the source or in `scratch`. The first of several, the items' lowest bytes,
 * is mostly noise that is stored: where a kernel does it and there is room, it is put at `start` of the destination, where it
 * then is already. The first part of `scratch` is free in that case.
 */
function layStreams(
  header: BloscHeader,
  source: Uint8Array,
  blockStart: number,
  blockBytes: number,
  scratch: Uint8Array | undefined,
  destination: Uint8Array,
  start: number,
): Uint8Array[] {
  const { filter, itemBytes } = header;
  const count = splitCount(header, blockBytes);
  const bytes = blockBytes / count;
  const [from, offset] = scratch === undefined ? [source, blockStart] : [scratch, 0];
  const streams = Array.from({ length: count }, (_, n) => from.subarray(offset + n * bytes, offset + (n + 1) * bytes));
  if (scratch === undefined || filter === "none") return streams;
  if (filter === "byte" && count === itemBytes && start + bytes <= destination.length) {
    const ahead = [destination.subarray(start, start + bytes), ...streams.slice(1)];
    if (shufflePlanes(source, blockStart, ahead)) return ahead;
  }
  shuffleItems(filter, source, blockStart, scratch, 0, blockBytes, itemBytes);
  return streams;
}

/** Encodes a stream into part of an array. Returns its length, or 0 where it does not fit before `limit`. */
type StreamEncoder = (content: Uint8Array, destination: Uint8Array, to: number, limit: number) => number;

async function streamEncoder(codec: BloscCodec, header: BloscHeader): Promise<StreamEncoder> {
  switch (header.stream) {
    case "lz4":
      return (content, destination, to, limit) =>
        encodeLz4(content, 0, content.length, destination, to, limit, 10 - codec.level);
    case "zlib":
      return (content, destination, to, limit) => {
        const encoded = encodeZlib(content, codec.level);
        if (encoded.length > limit - to) return 0;
        destination.set(encoded, to);
        return encoded.length;
      };
    case "zstd":
      return await zstdEncoder(codec, header);
    case "blosclz":
    case "snappy":
      return () => 0;
    default:
      return unreachable(header.stream);
  }
}

/** From this level on, blocks are compressed as a whole by zstd's level for it: who asks for that has the time. */
const thoroughLevel = 6;

/** Of some contents lower levels make less, in a third of the time: in one of so many blocks it is tried whether they do. */
const lowerLevels = [4, 6];
const blocksPerTrial = 32;

async function zstdEncoder({ level }: BloscCodec, { filter, itemBytes }: BloscHeader): Promise<StreamEncoder> {
  const zstd = await loadZstd();
  const zstdLevel = level < 9 ? 2 * level - 1 : 22;
  // The bytes of items that were shuffled do not lie side by side
  const besideBytes = filter === "none" ? itemBytes : 1;
  const compress = level < thoroughLevel ? quickBlocks(zstd, zstdLevel, besideBytes) : wholeBlocks(zstd, zstdLevel);
  const planes = filter === "bit" && level < thoroughLevel ? new PlaneEncoder(zstd, zstdLevel) : undefined;
  return (content, destination, to, limit) => {
    const rest = destination.subarray(to, limit);
    const planeBytes = content.length / (8 * itemBytes);
    const isOfPlanes = Number.isInteger(planeBytes) && planeBytes >= smallestPlane;
    return planes !== undefined && isOfPlanes ? planes.encode(content, planeBytes, rest) : compress(content, rest);
  };
}

/** Compresses a block into one frame. Returns its length, or 0 where it does not fit. */
type BlockCompressor = (content: Uint8Array, destination: Uint8Array) => number;

function wholeBlocks(zstd: ZstdEngine, level: number): BlockCompressor {
  return (content, destination) => zstd.compress(content, level, destination);
}

/** Compresses blocks by a kernel or by the first of some lower levels, as long as that makes them hardly longer, or no longer. */
function quickBlocks(zstd: ZstdEngine, level: number, itemBytes: number): BlockCompressor {
  let blocks = 0;
  let compress = wholeBlocks(zstd, level);
  return (content, destination) => {
    if (blocks++ % blocksPerTrial === 0) compress = choose(content);
    return compress(content, destination);
  };

  function choose(content: Uint8Array): BlockCompressor {
    if (level > 1 && suitKernel(zstd, content, itemBytes, level)) {
      return (block, destination) => zstd.compressPixels(block, itemBytes, destination);
    }
    return wholeBlocks(zstd, shortest(content));
  }

  function shortest(content: Uint8Array): number {
    const lower = lowerLevels.filter((one) => one < level);
    if (lower.length === 0) return level;
    const trial = new Uint8Array(content.length);
    const least = zstd.compress(content, level, trial) || content.length;
    const isShort = (one: number) => {
      const bytes = zstd.compress(content, one, trial);
      return bytes > 0 && bytes <= least;
    };
    return lower.find(isShort) ?? level;
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
