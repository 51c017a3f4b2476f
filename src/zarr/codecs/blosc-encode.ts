import { unreachable } from "../../errors.ts";
import { memoryOf } from "../../kernels/kernel-memory.ts";
import type { BloscCodec } from "../metadata.ts";
import { chooseBlockBytes } from "./blosc-block-bytes.ts";
import {
  appliedFilter,
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
import { liesAt } from "./lies-at.ts";
import { encodeLz4 } from "./lz4.ts";
import { shuffleItems, shufflePlanes } from "./shuffles.ts";
import { encodeZstd } from "./zstd.ts";

/** What a shuffle setting means for items of a size: `auto` shuffles bits of single bytes, and bytes of larger items. */
function bloscFilter(codec: BloscCodec, itemBytes: number): BloscFilter {
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
    view.setUint32(bloscHeaderBytes + 4 * block, to, true);
    for (const content of layStreams(header, source, blockStart, blockBytes, scratch, destination, to + 4)) {
      const start = to + 4;
      if (start >= destination.length) return 0;
      const isInPlace = liesAt(content, destination, start);
      // A stream as long as its content would be read as stored, so it has to be shorter
      const room = Math.min(content.length - 1, destination.length - start);
      const [target, at] = isInPlace ? [scratch!, 0] : [destination, start];
      const encoded = encodeStream(codec, header.stream, content, target, at, at + room);
      let encodedBytes = typeof encoded === "number" ? encoded : await encoded;
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
 * is mostly noise that is stored: where a kernel and the room allow it, it is put at `start` of the destination, where it
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

/** Encodes one stream and returns its length, or 0 where it does not fit before `limit`. */
function encodeStream(
  codec: BloscCodec,
  stream: BloscStream,
  content: Uint8Array,
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
      return encodeLz4(content, 0, content.length, destination, to, limit, 10 - codec.level);
    case "zlib":
      return place(encodeZlib(content, codec.level));
    case "zstd":
      return encodeZstd(content, codec.level < 9 ? 2 * codec.level - 1 : 22).then(place);
    case "blosclz":
    case "snappy":
      return 0;
    default:
      return unreachable(stream);
  }
}

/** The two old codecs are rare: c-blosc itself, in numcodecs, writes them (with items of four bytes). */
async function encodeElsewhere(codec: BloscCodec, source: Uint8Array, filter: BloscFilter): Promise<Uint8Array> {
  const { default: Blosc } = await import("numcodecs/blosc");
  const shuffleNumber = filter === "none" ? 0 : filter === "byte" ? 1 : 2;
  const { inner: cname, level: clevel, blockBytes: blocksize } = codec;
  return await Blosc.fromConfig({ id: "blosc", cname, clevel, shuffle: shuffleNumber, blocksize }).encode(source);
}
