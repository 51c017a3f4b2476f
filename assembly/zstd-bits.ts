/**
 * Bits that zstd writes forwards and readers take from their end on. A place is the number of bits that are left: below 0
 * more was taken than there is, which callers look for. Of what lies before the bits up to sixteen bytes are loaded then,
 * and not used: the module's own data lie before all arrays.
 *
 * @see RFC 8878, section 4.1
 */

/** The bits that are left of a stream whose last byte ends with a 1 bit and zeros; -1 where it has none. */
export function bitsIn(start: usize, stop: usize): i32 {
  if (stop <= start) return -1;
  const last = <i32>load<u8>(stop - 1);
  return last === 0 ? -1 : ((<i32>(stop - start)) << 3) - clz(last) + 23;
}

/** The bits before a place: the next ones are the highest; 57 at least are right. */
export function bitsBefore(start: usize, place: i32): u64 {
  const bytes = (place + 7) >> 3;
  return load<u64>(start + bytes - 8) << (<u64>(-place & 7));
}

/** The highest `count` bits, 57 at most. */
export function highest(bits: u64, count: i32): u32 {
  return <u32>((bits >>> 1) >>> <u64>(63 - count));
}

/** Bits to be written, the first ones lowest; whole bytes of them are stored by {@link storeBits}. */
let held: u64 = 0;
let heldCount: i32 = 0;

/** Begins a stream. */
export function beginBits(): void {
  held = 0;
  heldCount = 0;
}

/** Adds bits, at most until 64 are held; what is above them must be 0. */
export function addBits(bits: u32, count: i32): void {
  held |= (<u64>bits) << (<u64>heldCount);
  heldCount += count;
}

/** Stores what is held, up to eight bytes, and keeps the bits of the last byte that is not full. @returns where that is */
export function storeBits(to: usize): usize {
  store<u64>(to, held);
  const bytes = heldCount >> 3;
  held = bytes === 8 ? 0 : held >>> <u64>(bytes << 3);
  heldCount &= 7;
  return to + <usize>bytes;
}

/** Ends a stream by a 1 bit. @returns where it ends */
export function endBits(to: usize): usize {
  addBits(1, 1);
  const at = storeBits(to);
  return at + <usize>(heldCount > 0);
}
