/** What bytes are like, before they are compressed. */
import { areLikeFirst } from "./alike";

const counts = memory.data(4 * 256);

/** Of these bytes, the first `sampled` are examined. */
const stretch = 256;
const sampled = 64;

/**
 * Two bytes drawn from noise are the same one time in 256. Bytes that an ideal code makes shorter by 1.5 %, because their
 * bits are a little uneven, are the same so much more often.
 */
const mostAlike = 1.19;

/**
 * Whether bytes are all alike (0), look like noise (1), or neither (2).
 *
 * @param length one at least
 */
export function kindOfBytes(source: usize, length: i32): i32 {
  if (areLikeFirst<u8>(source, length)) return 0;
  if (length < 16 * stretch) return 2;
  memory.fill(counts, 0, 4 * 256);
  let drawn = 0;
  const stop = source + <usize>length;
  for (let start = source; start + sampled <= stop; start += stretch, drawn += sampled) {
    for (let at = start; at < start + sampled; at++) {
      const count = counts + ((<usize>load<u8>(at)) << 2);
      store<u32>(count, load<u32>(count) + 1);
    }
  }
  let pairs: f64 = 0;
  for (let value: usize = 0; value < 256; value++) {
    const count = <f64>load<u32>(counts + (value << 2));
    pairs += count * (count - 1);
  }
  return 256 * pairs < mostAlike * <f64>drawn * <f64>(drawn - 1) ? 1 : 2;
}
