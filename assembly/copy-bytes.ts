/** From this length on, the engine's own copy beats a loop. */
const longCopy: usize = 512;

/** Copies between places that do not overlap; 16 bytes at a time, and so up to 16 too many, where both ends allow it. */
export function copyApart(from: usize, to: usize, length: usize, sourceStop: usize, targetStop: usize): void {
  if (length >= longCopy) {
    memory.copy(to, from, length);
  } else if (length + 16 <= sourceStop - from && length + 16 <= targetStop - to) {
    for (let at: usize = 0; at < length; at += 16) v128.store(to + at, v128.load(from + at));
  } else {
    for (let at: usize = 0; at < length; at++) store<u8>(to + at, load<u8>(from + at));
  }
}
