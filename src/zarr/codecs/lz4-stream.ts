/**
 * The stream of lz4-java, which N5 writes as `lz4`: LZ4 blocks, each with its sizes and a checksum, and an empty one at
 * the end.
 *
 * @see https://github.com/lz4/lz4-java (`LZ4BlockInputStream`)
 */
import { loadKernels } from "../../kernels/load-kernels.ts";
import { corruptChunk } from "./corrupt-chunk.ts";
import { decodeLz4 } from "./lz4.ts";

/** `LZ4Block`, how a block is stored, its bytes as stored and as content, and a checksum of the content. */
const headerBytes = 8 + 1 + 4 + 4 + 4;
const magic = new TextEncoder().encode("LZ4Block");
/** The high half of the byte that says how a block is stored. */
const [stored, compressed] = [0x10, 0x20];
const checksumSeed = 0x9747b28c;
/** The checksum is kept without its highest four bits. */
const checksumMask = 0x0fffffff;

/** Decodes a stream of `byteCount` bytes, into `buffer` or a new array. @throws IsoluxError `corrupt` */
export async function decodeLz4Stream(
  bytes: Uint8Array,
  byteCount: number,
  where: string,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  await loadKernels();
  const content = buffer ?? new Uint8Array(byteCount);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let filled = 0;
  while (at + headerBytes <= bytes.length) {
    if (magic.some((byte, index) => bytes[at + index] !== byte)) break;
    const method = bytes[at + 8]! & 0xf0;
    const [storedBytes, contentBytes] = [view.getUint32(at + 9, true), view.getUint32(at + 13, true)];
    const checksum = view.getUint32(at + 17, true);
    const [start, stop] = [at + headerBytes, at + headerBytes + storedBytes];
    at = stop;
    if (contentBytes === 0) break;
    if (stop > bytes.length || filled + contentBytes > byteCount) throw broken(where, byteCount);
    const into = content.subarray(filled, filled + contentBytes);
    if (method === stored && storedBytes === contentBytes) into.set(bytes.subarray(start, stop));
    else if (method !== compressed || decodeLz4(bytes, start, stop, into, 0, contentBytes) !== contentBytes) {
      throw broken(where, byteCount);
    }
    if ((xxHash32(into, checksumSeed) & checksumMask) !== checksum) {
      throw corruptChunk(where, "an LZ4 block whose checksum does not match");
    }
    filled += contentBytes;
  }
  if (filled === byteCount && at === bytes.length) return content;
  throw broken(where, byteCount);
}

function broken(where: string, byteCount: number) {
  return corruptChunk(where, "a truncated or broken stream of LZ4 blocks", `${byteCount} bytes`);
}

const [prime1, prime2, prime3, prime4, prime5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1];

/**
 * The hash XXH32 of bytes.
 *
 * @see https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function xxHash32(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = (seed + prime5) | 0;
  if (bytes.length >= 16) {
    let [a, b, c, d] = [(seed + prime1 + prime2) | 0, (seed + prime2) | 0, seed | 0, (seed - prime1) | 0];
    for (; at + 16 <= bytes.length; at += 16) {
      a = mixed(a, view.getUint32(at, true));
      b = mixed(b, view.getUint32(at + 4, true));
      c = mixed(c, view.getUint32(at + 8, true));
      d = mixed(d, view.getUint32(at + 12, true));
    }
    hash = (rotated(a, 1) + rotated(b, 7) + rotated(c, 12) + rotated(d, 18)) | 0;
  }
  hash = (hash + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotated(hash + Math.imul(view.getUint32(at, true), prime3), 17), prime4);
  }
  for (; at < bytes.length; at++) hash = Math.imul(rotated(hash + Math.imul(bytes[at]!, prime5), 11), prime1);
  hash = Math.imul(hash ^ (hash >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixed(sum: number, word: number): number {
  return Math.imul(rotated(sum + Math.imul(word, prime2), 13), prime1);
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
