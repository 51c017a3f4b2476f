/**
 * The two wrappers around a deflate stream, gzip and zlib, with their checksums verified.
 *
 * @see RFC 1950 (zlib), RFC 1952 (gzip)
 */

import { corruptChunk } from "../corrupt-chunk.ts";
import { deflateEngine } from "../deflate.ts";
import { adler32, crc32 } from "./checksums.ts";

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
