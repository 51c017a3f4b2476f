/**
 * zstd's tables of finite state entropy. An entry has eight bytes: where the next state is counted from (two), how many
 * bits are added to that, how many further bits a value has, and the value without these (four).
 *
 * @see RFC 8878, section 4.1.1
 */

const counts = memory.data(2 * 256, 16);
const nextStates = memory.data(2 * 256, 16);

/** What {@link readCounts} found beside the counts: how many there are, and the logarithm of their sum. */
let symbolCount: i32 = 0;
export let tableLog: i32 = 0;

/**
 * Reads the counts of symbols, at most `mostLog` bits in sum.
 *
 * @returns where they end; 0 where they are broken
 */
function readCounts(source: usize, stop: usize, mostLog: i32, largestSymbol: i32): usize {
  if (source >= stop) return 0;
  const bitCount = <i32>(min<usize>(stop - source, 1 << 20) << 3);
  const log = (<i32>load<u8>(source) & 15) + 5;
  if (log > mostLog) return 0;
  let place = 4;
  let left = (1 << log) + 1;
  let symbol = 0;
  while (left > 1) {
    if (symbol > largestSymbol) return 0;
    // One bit less is taken where the value is low enough to tell it from others
    const width = 32 - clz(left);
    const most = (1 << width) - 1 - left;
    const bits = bitsFrom(source, stop, place);
    let value = bits & ((1 << (width - 1)) - 1);
    place += width - 1;
    if (value >= most) {
      value = bits & ((1 << width) - 1);
      if (value >= 1 << (width - 1)) value -= most;
      place += 1;
    }
    const count = value - 1;
    if (place > bitCount) return 0;
    left -= count < 0 ? -count : count;
    store<i16>(counts + ((<usize>symbol) << 1), <i16>count);
    symbol++;
    if (count !== 0) continue;
    let repeat = 3;
    while (repeat === 3) {
      repeat = bitsFrom(source, stop, place) & 3;
      place += 2;
      if (place > bitCount || symbol + repeat > largestSymbol + 1) return 0;
      for (let n = 0; n < repeat; n++, symbol++) store<i16>(counts + ((<usize>symbol) << 1), 0);
    }
  }
  if (left !== 1) return 0;
  symbolCount = symbol;
  tableLog = log;
  return source + <usize>((place + 7) >> 3);
}

/** Sixteen bits or more from a place on, counted from the lowest; 0 beyond the end. */
function bitsFrom(source: usize, stop: usize, place: i32): i32 {
  let bits: u32 = 0;
  const from = source + <usize>(place >> 3);
  for (let byte: usize = 0; byte < 4 && from + byte < stop; byte++) {
    bits |= (<u32>load<u8>(from + byte)) << ((<u32>byte) << 3);
  }
  return <i32>(bits >>> (place & 7));
}

/** Takes the counts that are usual for a kind of symbol. */
export function takeCounts(source: usize, count: i32, log: i32): void {
  memory.copy(counts, source, (<usize>count) << 1);
  symbolCount = count;
  tableLog = log;
}

/**
 * Reads counts and makes a table of them.
 *
 * @param values for each symbol its value and, in the upper byte, how many bits are added to it; 0 for symbols alone
 * @returns where the counts end; 0 where they are broken
 */
export function readTable(
  source: usize,
  stop: usize,
  mostLog: i32,
  largestSymbol: i32,
  values: usize,
  table: usize,
): usize {
  const end = readCounts(source, stop, mostLog, largestSymbol);
  if (end !== 0) makeTable(values, table);
  return end;
}

/** Makes a table of the counts that were read or taken last. */
export function makeTable(values: usize, table: usize): void {
  const size = 1 << tableLog;
  let top = size;
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    const count = <i32>load<i16>(counts + ((<usize>symbol) << 1));
    store<u16>(nextStates + ((<usize>symbol) << 1), <u16>(count < 0 ? 1 : count));
    if (count >= 0) continue;
    top--;
    store<u32>(table + ((<usize>top) << 3), symbol);
  }
  spread(table, size, top);
  for (let state = 0; state < size; state++) {
    const entry = table + ((<usize>state) << 3);
    const symbol = load<u32>(entry);
    const next = nextStates + ((<usize>symbol) << 1);
    const number = <i32>load<u16>(next);
    store<u16>(next, <u16>(number + 1));
    const bits = tableLog - 31 + clz(number);
    const value = values === 0 ? symbol : load<u32>(values + ((<usize>symbol) << 2));
    storeEntry(entry, (number << bits) - size, bits, value);
  }
}

/** A table of one symbol, which takes no bits. */
export function makeSingle(symbol: i32, values: usize, table: usize): void {
  storeEntry(table, 0, 0, load<u32>(values + ((<usize>symbol) << 2)));
}

function storeEntry(entry: usize, base: i32, bits: i32, value: u32): void {
  store<u16>(entry, <u16>base);
  store<u8>(entry, <u8>bits, 2);
  store<u8>(entry, <u8>(value >>> 24), 3);
  store<u32>(entry, value & 0xffffff, 4);
}

/** Spreads symbols over the states that no rare symbol has. */
function spread(table: usize, size: i32, top: i32): void {
  const step = (size >> 1) + (size >> 3) + 3;
  let state = 0;
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    const count = <i32>load<i16>(counts + ((<usize>symbol) << 1));
    for (let n = 0; n < count; n++) {
      store<u32>(table + ((<usize>state) << 3), symbol);
      do state = (state + step) & (size - 1);
      while (state >= top);
    }
  }
}
