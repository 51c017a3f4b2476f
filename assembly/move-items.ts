/** Items of arrays moved, their bytes turned round, or their differences summed. */

const reversed = memory.data<u8>([
  1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 7, 6, 5,
  4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8,
]);

/** Reverses the bytes of each item of 2, 4 or 8 bytes, in place. */
export function reverseItems(target: usize, itemBytes: i32, count: i32): void {
  const order = v128.load(reversed + (itemBytes === 2 ? 0 : itemBytes === 4 ? 16 : 32));
  const stop = target + <usize>count * <usize>itemBytes;
  let at = target;
  for (; at + 16 <= stop; at += 16) v128.store(at, i8x16.swizzle(v128.load(at), order));
  for (; at < stop; at += <usize>itemBytes) {
    for (let low = at, high = at + <usize>itemBytes - 1; low < high; low++, high--) {
      const byte = load<u8>(low);
      store<u8>(low, load<u8>(high));
      store<u8>(high, byte);
    }
  }
}

/** Columns that are moved of each row before the next: their source is then still in the first cache. */
const columnsAtOnce: i32 = 32;

/** Moves items of 1, 2, 4 or 8 bytes into rows that follow each other, from where rows and columns lie any number of items apart. */
export function gatherRows(
  source: usize,
  itemBytes: i32,
  rows: i32,
  rowStride: i32,
  columns: i32,
  columnStride: i32,
  target: usize,
): void {
  if (itemBytes === 1) gather<u8>(source, rows, rowStride, columns, columnStride, target);
  else if (itemBytes === 2) gather<u16>(source, rows, rowStride, columns, columnStride, target);
  else if (itemBytes === 4) gather<u32>(source, rows, rowStride, columns, columnStride, target);
  else gather<u64>(source, rows, rowStride, columns, columnStride, target);
}

function gather<T>(source: usize, rows: i32, rowStride: i32, columns: i32, columnStride: i32, target: usize): void {
  const width = sizeof<T>();
  const step = <usize>columnStride * width;
  for (let first = 0; first < columns; first += columnsAtOnce) {
    const stop = min(columns, first + columnsAtOnce);
    for (let row = 0; row < rows; row++) {
      let from = source + (<usize>row * <usize>rowStride + <usize>first * <usize>columnStride) * width;
      let to = target + (<usize>row * <usize>columns + <usize>first) * width;
      for (let column = first; column < stop; column++, from += step, to += width) store<T>(to, load<T>(from));
    }
  }
}

/** Adds to each whole number of 1, 2 or 4 bytes those before it, in place; sums wrap around. */
export function sumDifferences(target: usize, itemBytes: i32, count: i32): void {
  if (itemBytes === 1) sumUp<u8>(target, count);
  else if (itemBytes === 2) sumUp<u16>(target, count);
  else sumUp<u32>(target, count);
}

function sumUp<T>(target: usize, count: i32): void {
  let sum: u32 = 0;
  const stop = target + <usize>count * sizeof<T>();
  for (let at = target; at < stop; at += sizeof<T>()) {
    sum += <u32>load<T>(at);
    store<T>(at, <T>sum);
  }
}

/** Takes from each whole number of 1, 2 or 4 bytes the one before it, in place; differences wrap around. */
export function takeDifferences(target: usize, itemBytes: i32, count: i32): void {
  if (itemBytes === 1) differences<u8>(target, count);
  else if (itemBytes === 2) differences<u16>(target, count);
  else differences<u32>(target, count);
}

function differences<T>(target: usize, count: i32): void {
  for (let at = target + <usize>(count - 1) * sizeof<T>(); at > target; at -= sizeof<T>()) {
    store<T>(at, <T>(load<T>(at) - load<T>(at - sizeof<T>())));
  }
}
