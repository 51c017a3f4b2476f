/**
 * The codes of lengths and offsets in zstd's sequences: the values that they begin with, and how often each is counted where
 * a block does not say it.
 *
 * @see RFC 8878, sections 3.1.1.3.2.1.1 and 3.1.1.3.2.2
 */

/** For each code its value, and above 24 bits how many bits are added to it. */
// biome-ignore format: a table
export const literalValues: usize = memory.data<u32>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
  14, 15, 16777232, 16777234, 16777236, 16777238, 33554456, 33554460, 50331680, 50331688, 67108912, 100663360, 117440640, 134217984,
  150995456, 167773184, 184551424, 201330688, 218112000, 234897408, 251691008, 268500992,
]);
// biome-ignore format: a table
export const matchValues: usize = memory.data<u32>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
  17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
  31, 32, 33, 34, 16777251, 16777253, 16777255, 16777257, 33554475, 33554479, 50331699, 50331707, 67108931, 67108947,
  83886179, 117440643, 134217987, 150995459, 167773187, 184551427, 201330691, 218112003, 234897411, 251691011, 268500995,
]);
/** Of an offset the code is the number of bits. */
// biome-ignore format: a table
export const offsetValues: usize = memory.data<u32>([
  0, 16777217, 33554434, 50331651, 67108868, 83886085, 100663302, 117440519, 134217736, 150994953, 167772170, 184549387, 201326604, 218103821,
  234881038, 251658255, 268435472, 285212689, 301989906, 318767123, 335544340, 352321557, 369098774, 385875991, 402653208, 419430425, 436207642, 452984859,
  469762076, 486539293, 503316510, 520093727,
]);

// biome-ignore format: a table
export const literalCounts: usize = memory.data<i16>([
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
]);
// biome-ignore format: a table
export const matchCounts: usize = memory.data<i16>([
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
]);
// biome-ignore format: a table
export const offsetCounts: usize = memory.data<i16>([
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, -1, -1, -1, -1, -1,
]);
