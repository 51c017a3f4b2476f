/** The checksums of chunks and of streams: CRC-32C, and those that end gzip and zlib streams. */

/** Eight tables: bytes are checked eight at a time. */
type Tables = readonly Int32Array[];

/**
 * Makes the check of a polynomial, its bits from the lowest power on; of bytes in several parts where the check of those
 * before is given.
 * @see M. E. Kounavis, F. L. Berry, A systematic approach to building high performance software-based CRC generators (2005)
 */
function makeCrc(polynomial: number): (bytes: Uint8Array, before?: number) => number {
  const tables = makeTables(polynomial);
  return (bytes, before = 0) => checkOf(tables, bytes, before);
}

function checkOf(tables: Tables, bytes: Uint8Array, before: number): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as Int32Array[] & { length: 8 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeWords = bytes.length & ~7;
  let crc = ~before;
  let at = 0;
  for (; at < wholeWords; at += 8) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      t7![low & 255]! ^
      t6![(low >>> 8) & 255]! ^
      t5![(low >>> 16) & 255]! ^
      t4![low >>> 24]! ^
      t3![high & 255]! ^
      t2![(high >>> 8) & 255]! ^
      t1![(high >>> 16) & 255]! ^
      t0![high >>> 24]!;
  }
  for (; at < bytes.length; at++) crc = t0![(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The effect of a byte on the check, and in the later tables after one, two and more bytes of zero. */
function makeTables(polynomial: number): Tables {
  const made = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    made[0]![byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let table = 1; table < 8; table++) {
      const before = made[table - 1]![byte]!;
      made[table]![byte] = (before >>> 8) ^ made[0]![before & 255]!;
    }
  }
  return made;
}

const portableCrc32 = makeCrc(0xedb88320);

/** Gives the CRC-32 of bytes that follow others, whose CRC-32 is `before`. */
type Crc32Engine = (bytes: Uint8Array, before: number) => number;

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

const castagnoli = makeCrc(0x82f63b78);

/**
 * CRC-32C (Castagnoli).
 *
 * @see RFC 3720, appendix B.4
 */
export function crc32c(bytes: Uint8Array): number {
  return castagnoli(bytes);
}
