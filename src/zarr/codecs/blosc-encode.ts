import { unreachable } from "../../errors.ts";
import { reading } from "../../kernels/addresses.ts";
import { runKernel, withWorkingBytes } from "../../kernels/bind.ts";
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
import { type StreamEncoder, zstdEncoder } from "./blosc-zstd.ts";
import { encodeZlib } from "./gzip.ts";
import { encodeLz4 } from "./lz4.ts";
import { shuffleItems, shufflePlanes } from "./shuffle.ts";

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
  let alike: AlikeBlock | undefined;
  for (let block = 0; block < blockCount; block++) {
    const blockStart = block * header.blockBytes;
    const blockBytes = Math.min(header.blockBytes, source.length - blockStart);
    view.setUint32(bloscHeaderBytes + 4 * block, to, true);
    const value = valueOfAll(source, blockStart, blockBytes);
    if (alike !== undefined && alike.value === value && alike.blockBytes === blockBytes) {
      if (to + alike.stop - alike.start > destination.length) return 0;
      destination.copyWithin(to, alike.start, alike.stop);
      to += alike.stop - alike.start;
      continue;
    }
    const from = to;
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
    if (value !== undefined) alike = { value, blockBytes, start: from, stop: to };
  }
  return to;
}

/** A block whose bytes are alike in pairs, and where its streams lie: another one with this value is encoded like it. */
interface AlikeBlock {
  readonly value: number;
  readonly blockBytes: number;
  readonly start: number;
  readonly stop: number;
}

/** The two bytes that a block repeats, as where chunks reach beyond the image; `undefined` where it shows something. */
function valueOfAll(source: Uint8Array, start: number, byteCount: number): number | undefined {
  if (byteCount % 2 !== 0 || (source.byteOffset + start) % 2 !== 0) return undefined;
  const pairs = new Uint16Array(source.buffer, source.byteOffset + start, byteCount / 2);
  // Elsewhere than in a kernel memory the kernel takes a copy: what is not alike mostly shows here
  if (pairs[0] !== pairs.at(-1) || pairs[0] !== pairs[pairs.length >> 1]) return undefined;
  return runKernel("areAlike", reading(pairs), 2, pairs.length) ? pairs[0] : undefined;
}

/**
 * Filters a block and returns its streams, in the source or in `scratch`. The first of several, the items' lowest bytes,
 * is mostly noise that is stored: where a kernel does it and there is space, it is put at `start` of the destination, where it
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
