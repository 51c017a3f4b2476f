/**
 * The two wrappers around a deflate stream, gzip and zlib, with their checksums verified.
 *
 * @see RFC 1950 (zlib), RFC 1952 (gzip)
 */
import { deflateSync, inflateSync } from "fflate";
import { crc32 } from "./checksums.ts";
import { corruptChunk } from "./corrupt-chunk.ts";
import { inflateUpTo } from "./inflate-up-to.ts";

const gzipHeaderBytes = 10;
const gzipTrailerBytes = 8;
const zlibHeaderBytes = 2;
const zlibTrailerBytes = 4;

/** Flags of a gzip header: a header checksum, an extra field, a file name, a comment follow. */
const headerChecksum = 2;
const extraField = 4;
const fileName = 8;
const comment = 16;

/** Decodes a gzip member of `byteCount` bytes. @throws IsoluxError `corrupt` */
export function decodeGzip(bytes: Uint8Array, byteCount: number, where: string): Uint8Array {
  const start = gzipBodyStart(bytes);
  const stop = bytes.length - gzipTrailerBytes;
  if (start < 0 || start >= stop) throw corruptChunk(where, "no whole gzip stream");
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + stop, gzipTrailerBytes);
  const content = inflateBody(bytes.subarray(start, stop), byteCount, where);
  if (trailer.getUint32(4, true) !== byteCount || trailer.getUint32(0, true) !== crc32(content)) {
    throw corruptChunk(where, "a gzip stream whose checksum does not match");
  }
  return content;
}

/** Decodes a zlib stream of `byteCount` bytes. @throws IsoluxError `corrupt` */
export function decodeZlib(bytes: Uint8Array, byteCount: number, where: string): Uint8Array {
  const stop = bytes.length - zlibTrailerBytes;
  const header = bytes.length < 2 ? 0 : (bytes[0]! << 8) | bytes[1]!;
  const isZlib = (header & 0x0f00) === 0x0800 && header % 31 === 0 && (header & 32) === 0;
  if (!isZlib || stop <= zlibHeaderBytes) throw corruptChunk(where, "no whole zlib stream");
  const content = inflateBody(bytes.subarray(zlibHeaderBytes, stop), byteCount, where);
  const checksum = new DataView(bytes.buffer, bytes.byteOffset + stop, zlibTrailerBytes).getUint32(0);
  if (checksum !== adler32(content)) throw corruptChunk(where, "a zlib stream whose checksum does not match");
  return content;
}

/**
 * The content of a zlib stream that should hold `mostBytes` at most; of more a little is returned, or it fails. Its
 * checksum is not looked at.
 * @throws Error where the stream is broken or cut short
 */
export function inflateAtMost(packed: Uint8Array, mostBytes: number): Uint8Array {
  const { inflate, noticesMore } = deflateEngine();
  const whole = noticesMore ? (body: Uint8Array) => inflate(body, mostBytes) : undefined;
  return inflateUpTo(packed, "zlib", () => mostBytes, whole);
}

/**
 * Adler-32 as zlib uses it.
 *
 * @see RFC 1950, section 8.2
 */
export function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  // 2000 bytes keep both sums below 2^31
  for (let start = 0; start < bytes.length; start += 2000) {
    const stop = Math.min(start + 2000, bytes.length);
    for (let at = start; at < stop; at++) {
      a += bytes[at]!;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}

/** Encodes a gzip member, at a level from 0 to 9. */
export function encodeGzip(bytes: Uint8Array, level: number): Uint8Array {
  const body = deflateEngine().deflate(bytes, level);
  const framed = new Uint8Array(gzipHeaderBytes + body.length + gzipTrailerBytes);
  // Deflate, no flags, no time, any operating system
  framed.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  framed.set(body, gzipHeaderBytes);
  const trailer = new DataView(framed.buffer, gzipHeaderBytes + body.length);
  trailer.setUint32(0, crc32(bytes), true);
  trailer.setUint32(4, bytes.length, true);
  return framed;
}

/** Encodes a zlib stream, at a level from 0 to 9. */
export function encodeZlib(bytes: Uint8Array, level: number): Uint8Array {
  const body = deflateEngine().deflate(bytes, level);
  const framed = new Uint8Array(zlibHeaderBytes + body.length + zlibTrailerBytes);
  // A window of 32 KiB; the lowest bits make the header a multiple of 31
  framed.set([0x78, level < 2 ? 0x01 : level < 6 ? 0x5e : level === 6 ? 0x9c : 0xda]);
  framed.set(body, zlibHeaderBytes);
  new DataView(framed.buffer).setUint32(zlibHeaderBytes + body.length, adler32(bytes));
  return framed;
}

function inflateBody(body: Uint8Array, byteCount: number, where: string): Uint8Array {
  let content: Uint8Array;
  try {
    content = deflateEngine().inflate(body, byteCount);
  } catch (cause) {
    throw corruptChunk(where, "a truncated or broken deflate stream", undefined, cause);
  }
  // An engine may return a part of a pooled buffer, or a kind of array whose slices do not copy
  if (content.length === byteCount) {
    const isWhole = content.byteLength === content.buffer.byteLength;
    return isWhole ? new Uint8Array(content.buffer) : new Uint8Array(content);
  }
  const found = content.length > byteCount ? "more bytes" : `${content.length} bytes`;
  throw corruptChunk(where, found, `${byteCount} bytes`);
}

/** Where the deflate stream begins, or -1 where there is no gzip header. */
function gzipBodyStart(bytes: Uint8Array): number {
  if (bytes.length < gzipHeaderBytes || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return -1;
  const flags = bytes[3]!;
  if (flags > 31) return -1;
  let at = gzipHeaderBytes;
  if (flags & extraField) {
    if (at + 2 > bytes.length) return -1;
    at += 2 + bytes[at]! + 256 * bytes[at + 1]!;
  }
  for (const flag of [fileName, comment]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return -1;
    at = end + 1;
  }
  return flags & headerChecksum ? at + 2 : at;
}

// The deflate engine behind gzip and zlib: fflate, which runs everywhere, until a faster one is set. Only raw
// deflate streams pass here; their framing and checksums are in `codecs/gzip.ts`.

/** Raw deflate, both directions. */
export interface DeflateEngine {
  /** Whether `inflate` fails at a stream of more than a byte beyond what it should hold. */
  readonly noticesMore?: boolean;
  /**
   * Inflates a raw deflate stream that should hold `expectedBytes` bytes. It may stop once it has these: checksums tell
   * what held more.
   *
   * @throws anything where the stream is truncated or broken
   */
  inflate(bytes: Uint8Array, expectedBytes: number): Uint8Array;
  /** Deflates to a raw stream, at a level from 0 to 9. */
  deflate(bytes: Uint8Array, level: number): Uint8Array;
}

const fflateEngine: DeflateEngine = {
  inflate: (bytes, expectedBytes) => inflateSync(bytes, { out: new Uint8Array(expectedBytes) }),
  deflate: (bytes, level) => deflateSync(bytes, { level: level as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 }),
};

let current = fflateEngine;

/** The engine in use. */
function deflateEngine(): DeflateEngine {
  return current;
}

/** Sets the engine for this thread; the one from fflate again where none is given. */
export function setDeflate(engine: DeflateEngine = fflateEngine): void {
  current = engine;
}
