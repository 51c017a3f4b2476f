import { IsoluxError, unreachable } from "../../errors.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import type { Codec, FilterCodec, N5BlockCodec } from "../metadata/metadata.ts";
import { decodeBlosc } from "./blosc-decode.ts";
import { encodeBlosc } from "./blosc-encode.ts";
import { crc32c } from "./checksums.ts";
import { contentSize, encodedSize } from "./content-size.ts";
import { corruptChunk } from "./corrupt-chunk.ts";
import { decodeFilter, encodeFilter } from "./filters.ts";
import { decodeGzip, decodeZlib, encodeGzip, encodeZlib } from "./gzip.ts";
import { decodeLz4 as decodeLz4Block, encodeLz4 as encodeLz4Block } from "./lz4.ts";
import { decodeLz4Stream } from "./lz4-stream.ts";
import { readN5Header } from "./n5-block.ts";
import { encodeZstd, zstdContentBounds } from "./zstd.ts";
import { loadZstd } from "./zstd-engine.ts";

/** numcodecs writes the length of the content before an LZ4 block. */
const lz4HeaderBytes = 4;

const crcBytes = 4;

/**
 * Decodes the bytes of a chunk that holds `byteCount` bytes, into `destination` or an array of its own.
 *
 * @param where the chunk's full key, for messages
 * @param buffer of `byteCount` bytes; used by codecs that can
 * @throws IsoluxError `corrupt` where the bytes are broken or hold another number of bytes
 */
export async function decodeBytes(
  codec: Codec,
  bytes: Uint8Array,
  byteCount: number,
  where: string,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  switch (codec.kind) {
    case "none":
      if (bytes.length !== byteCount) throw corruptChunk(where, `${bytes.length} bytes`, `${byteCount} bytes`);
      if (buffer === undefined) return bytes.slice();
      buffer.set(bytes);
      return buffer;
    case "blosc":
      return await decodeBlosc(bytes, byteCount, where, buffer);
    case "zstd":
      return await decodeZstd(bytes, byteCount, where, buffer);
    case "gzip":
      return decodeGzip(bytes, byteCount, where);
    case "zlib":
      return decodeZlib(bytes, byteCount, where);
    case "lz4":
      return await decodeLz4(bytes, byteCount, where, buffer);
    case "shuffle":
    case "delta":
    case "scale":
      return decodeSized(codec, bytes, byteCount, where);
    case "chain":
      return await decodeChain(codec.codecs, bytes, byteCount, where);
    case "lz4-java":
      return await decodeLz4Stream(bytes, byteCount, where, buffer);
    case "n5-block":
      return await decodeN5Block(codec, bytes, byteCount, where, buffer);
    case "crc32c":
      return await decodeBytes(codec.of, checkCrc(bytes, where), byteCount, where, buffer);
    default:
      return unreachable(codec);
  }
}

/** Decodes frames that hold `byteCount` bytes together, into `buffer` or an array of its own. @throws IsoluxError `corrupt` */
export async function decodeZstd(
  bytes: Uint8Array,
  byteCount: number,
  where: string,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  const bounds = zstdContentBounds(bytes);
  if (bounds === undefined) throw corruptChunk(where, "a truncated or broken zstd stream");
  // An encoder that announces no size fills its blocks; one that never does would only be after our memory
  const isBomb = bounds.most > 16 * (byteCount + 2 ** 20);
  if (byteCount < bounds.least || byteCount > bounds.most || isBomb) {
    throw corruptChunk(where, `a zstd stream of ${bounds.least} to ${bounds.most} bytes`, `${byteCount} bytes`);
  }
  const zstd = await loadZstd();
  const content = buffer ?? new Uint8Array(byteCount);
  const length = zstd.decompress(bytes, content);
  if (length < 0) throw corruptChunk(where, "a truncated or broken zstd stream");
  if (length !== byteCount) throw corruptChunk(where, `${length} bytes`, `${byteCount} bytes`);
  return content;
}

/**
 * Encodes the bytes of a chunk, items of `itemBytes` bytes each.
 *
 * @param buffer where the encoded bytes may be put; used by codecs that can
 */
export async function encodeBytes(
  codec: Codec,
  bytes: Uint8Array,
  itemBytes: number,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  switch (codec.kind) {
    case "none":
      return bytes.slice();
    case "blosc":
      return await encodeBlosc(codec, bytes, itemBytes, buffer);
    case "zstd":
      return await encodeZstd(bytes, codec.level, itemBytes, buffer);
    case "gzip":
      return encodeGzip(bytes, deflateLevel(codec.level));
    case "zlib":
      return encodeZlib(bytes, deflateLevel(codec.level));
    case "lz4":
      return await encodeLz4(bytes, codec.acceleration);
    case "shuffle":
    case "delta":
    case "scale":
      return encodeFilter(codec, bytes);
    case "chain": {
      let encoded = bytes;
      for (const one of codec.codecs) encoded = await encodeBytes(one, encoded, itemBytes);
      return encoded;
    }
    case "lz4-java":
    case "n5-block":
      throw new IsoluxError({ kind: "invalid", what: "Arrays of N5 are read, not written" });
    case "crc32c":
      return appendCrc(await encodeBytes(codec.of, bytes, itemBytes, buffer));
    default:
      return unreachable(codec);
  }
}

function decodeSized(codec: FilterCodec, bytes: Uint8Array, byteCount: number, where: string): Uint8Array {
  const content = decodeFilter(codec, bytes, where);
  if (content.length === byteCount) return content;
  throw corruptChunk(where, `${content.length} bytes`, `${byteCount} bytes`);
}

/** Undoes the last codec first; how many bytes come out of each follows from those before it, or they say it. */
async function decodeChain(
  codecs: readonly Codec[],
  bytes: Uint8Array,
  byteCount: number,
  where: string,
): Promise<Uint8Array> {
  // What compressors make of a chunk is hardly longer than it: who says so would only be after our memory
  const most = 2 * byteCount + 2 ** 20;
  let content = bytes;
  for (const [at, codec] of [...codecs.entries()].reverse()) {
    const before = codecs.slice(0, at);
    const known = before.reduce<number | undefined>(
      (size, one) => (size === undefined ? undefined : encodedSize(one, size)),
      byteCount,
    );
    const size = known ?? contentSize(codec, content);
    if (size === undefined || size > most) throw corruptChunk(where, "a stream that states no size, or a wrong one");
    content = await decodeBytes(codec, content, size, where);
  }
  return content;
}

async function decodeN5Block(
  codec: N5BlockCodec,
  bytes: Uint8Array,
  byteCount: number,
  where: string,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  const { shape, content } = readN5Header(codec, bytes, where);
  const contentBytes = shape.reduce((product, extent) => product * extent, codec.itemBytes);
  if (contentBytes === byteCount) return await decodeBytes(codec.of, content, byteCount, where, buffer);
  const pixels = await decodeBytes(codec.of, content, contentBytes, where);
  return withinBlock(codec, shape, pixels, buffer);
}

/** The bytes of a complete block whose first part is a smaller block, and whose rest is 0; in `buffer` or a new array. */
function withinBlock(
  { shape: whole, itemBytes }: N5BlockCodec,
  shape: readonly number[],
  pixels: Uint8Array,
  buffer?: Uint8Array,
): Uint8Array {
  const byteCount = whole.reduce((product, extent) => product * extent, itemBytes);
  const block = buffer?.fill(0) ?? new Uint8Array(byteCount);
  const last = shape.length - 1;
  const rowBytes = shape[last]! * itemBytes;
  const position = shape.map(() => 0);
  for (let from = 0; from < pixels.length; from += rowBytes) {
    const place = position.reduce((at, coord, axis) => at * whole[axis]! + coord, 0);
    block.set(pixels.subarray(from, from + rowBytes), place * itemBytes);
    for (let axis = last - 1; axis >= 0; axis--) {
      position[axis]!++;
      if (position[axis]! < shape[axis]!) break;
      position[axis] = 0;
    }
  }
  return block;
}

/** Level -1 is zlib's own default. */
function deflateLevel(level: number): number {
  return level < 0 ? 6 : level;
}

/** The bytes before their checksum, which has to be theirs. */
function checkCrc(bytes: Uint8Array, where: string): Uint8Array {
  const end = bytes.length - crcBytes;
  if (end < 0) throw corruptChunk(where, `${bytes.length} bytes`, "a checksum at their end");
  const content = bytes.subarray(0, end);
  const expected = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0, true);
  if (crc32c(content) === expected) return content;
  throw corruptChunk(where, "bytes whose crc32c checksum does not match");
}

function appendCrc(content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + crcBytes);
  bytes.set(content);
  new DataView(bytes.buffer).setUint32(content.length, crc32c(content), true);
  return bytes;
}

async function decodeLz4(
  bytes: Uint8Array,
  byteCount: number,
  where: string,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < lz4HeaderBytes || view.getUint32(0, true) !== byteCount) {
    throw corruptChunk(where, "another or no length before the LZ4 block", `${byteCount} bytes`);
  }
  await loadKernels();
  const content = buffer ?? new Uint8Array(byteCount);
  const decoded = decodeLz4Block(bytes, lz4HeaderBytes, bytes.length, content, 0, byteCount);
  if (decoded !== byteCount) throw corruptChunk(where, "a truncated or broken LZ4 block");
  return content;
}

async function encodeLz4(bytes: Uint8Array, acceleration: number): Promise<Uint8Array> {
  await loadKernels();
  const encoded = new Uint8Array(lz4HeaderBytes + lz4BlockBound(bytes.length));
  new DataView(encoded.buffer).setUint32(0, bytes.length, true);
  // Positions grow by the acceleration with every miss: more than this is no faster
  const steps = Math.max(1, Math.min(acceleration, 65537));
  const length = encodeLz4Block(bytes, 0, bytes.length, encoded, lz4HeaderBytes, encoded.length, steps);
  return encoded.subarray(0, lz4HeaderBytes + length);
}

/** The most bytes a block of `byteCount` bytes can take. */
export function lz4BlockBound(byteCount: number): number {
  return byteCount + Math.ceil(byteCount / 255) + 16;
}
