/** The checksums that end gzip and zlib streams. */

const crcTables = makeCrcTables();

/** Gives the CRC-32 of bytes that follow others, whose CRC-32 is `before`. */
export type Crc32Engine = (bytes: Uint8Array, before: number) => number;

let current: Crc32Engine = portableCrc32;

/** Sets a faster CRC-32 for this thread; the portable one again where none is given. */
export function setCrc32(engine: Crc32Engine = portableCrc32): void {
  current = engine;
}

/**
 * CRC-32 as gzip and zip use it; of bytes in several parts where the CRC-32 of those before is given.
 *
 * @see RFC 1952, section 8
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  return current(bytes, before);
}

/** Four bytes at a time. */
function portableCrc32(bytes: Uint8Array, before: number): number {
  const [t0, t1, t2, t3] = crcTables;
  const wholeWords = bytes.length & ~3;
  let crc = ~before;
  let at = 0;
  for (; at < wholeWords; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc = t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[crc >>> 24]!;
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
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

function makeCrcTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const tables = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)] as const;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[0][byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let table = 1; table < 4; table++) {
      const before = tables[table - 1]![byte]!;
      tables[table]![byte] = (before >>> 8) ^ tables[0][before & 255]!;
    }
  }
  return tables;
}
