/**
 * The lengths of Huffman codes, none longer than a reader of zstd takes.
 *
 * @see RFC 8878, section 4.2.1
 */

const mostBits = 11;
/** Symbols with their counts above, in the order of these. */
const order = memory.data(8 * 256, 16);
/** Of the nodes of the tree, leaves first: their counts, then their depths. */
const nodeCounts = memory.data(4 * 512, 16);
const parents = memory.data(2 * 512, 16);
/** For each symbol the length of its code; 0 where it is not there. */
export const lengths: usize = memory.data(256, 16);

/** Chooses the lengths of codes by how often symbols are there, of which there must be two kinds. @returns the longest */
export function chooseLengths(counts: usize): i32 {
  const present = sortSymbols(counts);
  return limitLengths(present, growTree(present));
}

/** Puts the symbols that are there in the order of their counts. @returns their number */
function sortSymbols(counts: usize): i32 {
  let present = 0;
  for (let symbol: u64 = 0; symbol < 256; symbol++) {
    const entry = ((<u64>load<u32>(counts + ((<usize>symbol) << 2))) << 32) | symbol;
    if (entry >>> 32 === 0) continue;
    let at = order + ((<usize>present) << 3);
    present++;
    for (; at > order && load<u64>(at - 8) > entry; at -= 8) store<u64>(at, load<u64>(at - 8));
    store<u64>(at, entry);
  }
  return present;
}

/** Joins the two rarest again and again, and takes depths as lengths. @returns the longest */
function growTree(present: i32): i32 {
  let leaf = 0;
  let node = present;
  const root = 2 * present - 2;
  for (let n = 0; n < present; n++) {
    store<u32>(nodeCounts + ((<usize>n) << 2), <u32>(load<u64>(order + ((<usize>n) << 3)) >>> 32));
  }
  for (let next = present; next <= root; next++) {
    let sum: u32 = 0;
    for (let child = 0; child < 2; child++) {
      const isLeaf = leaf < present && (node >= next || countAt(leaf) <= countAt(node));
      const taken = isLeaf ? leaf++ : node++;
      sum += countAt(taken);
      store<u16>(parents + ((<usize>taken) << 1), <u16>next);
    }
    store<u32>(nodeCounts + ((<usize>next) << 2), sum);
  }
  // From the root down, the depth of each node takes the place of its count
  store<u32>(nodeCounts + ((<usize>root) << 2), 0);
  for (let n = root - 1; n >= 0; n--) {
    const parent = <i32>load<u16>(parents + ((<usize>n) << 1));
    store<u32>(nodeCounts + ((<usize>n) << 2), countAt(parent) + 1);
  }
  return <i32>countAt(0);
}

function countAt(node: i32): u32 {
  return load<u32>(nodeCounts + ((<usize>node) << 2));
}

/**
 * Shortens codes that are too long, and makes others longer, rare ones first, until all have a place; what that leaves
 * goes to the most frequent that it is enough for.
 *
 * @returns the longest
 */
function limitLengths(present: i32, longest: i32): i32 {
  const bits = min(longest, mostBits);
  let room = 1 << bits;
  for (let n = 0; n < present; n++) {
    const length = min(<i32>countAt(n), bits);
    store<u32>(nodeCounts + ((<usize>n) << 2), length);
    room -= 1 << (bits - length);
  }
  for (let n = 0; room < 0; n = n + 1 === present ? 0 : n + 1) {
    const length = <i32>countAt(n);
    if (length >= bits) continue;
    store<u32>(nodeCounts + ((<usize>n) << 2), length + 1);
    room += 1 << (bits - length - 1);
  }
  for (let n = present - 1; room > 0; n = n === 0 ? present - 1 : n - 1) {
    const length = <i32>countAt(n);
    if (length === 1 || 1 << (bits - length) > room) continue;
    store<u32>(nodeCounts + ((<usize>n) << 2), length - 1);
    room -= 1 << (bits - length);
  }
  memory.fill(lengths, 0, 256);
  let most = 0;
  for (let n = 0; n < present; n++) {
    const length = <i32>countAt(n);
    store<u8>(lengths + <usize>load<u8>(order + ((<usize>n) << 3)), <u8>length);
    most = max(most, length);
  }
  return most;
}
