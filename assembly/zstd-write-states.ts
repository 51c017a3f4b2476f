/**
 * Writes symbols by finite state entropy. The states of a table are numbered as readers do, and as many states stand for a
 * symbol as its share of the counts; what is written of each symbol is the part of the state that the next one does not tell.
 *
 * @see RFC 8878, section 4.1.1
 */
import { addBits, beginBits, storeBits } from "./zstd-bits";

const mostSymbols = 64;
/** A table: for each symbol what its bits are computed from and where its states begin, then the states of all. */
export const stateTableBytes: usize = 8 * mostSymbols + 2 * 512;
const statesAt: usize = 8 * mostSymbols;

const shares = memory.data(2 * mostSymbols, 16);
const starts = memory.data(2 * (mostSymbols + 1), 16);
const symbols = memory.data(512, 16);

function shareOf(symbol: i32): i32 {
  return <i32>load<u16>(shares + ((<usize>symbol) << 1));
}

/**
 * Gives each symbol its share of a table, at least one state where it is counted at all.
 *
 * @param counts of symbols, of four bytes each, `total` together
 * @param mostLog of the number of states
 * @returns the logarithm of the number of states
 */
export function shareStates(counts: usize, symbolCount: i32, total: i32, mostLog: i32): i32 {
  let present = 0;
  for (let symbol = 0; symbol < symbolCount; symbol++) present += i32(countOf(counts, symbol) > 0);
  // Of few symbols no fine shares are known, and these take more bytes to tell
  let log = min(mostLog, 30 - clz(total));
  while (1 << log < 2 * present) log++;
  log = max(log, 5);
  let left = 1 << log;
  let largest = 0;
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    const count = countOf(counts, symbol);
    const share = count === 0 ? 0 : max(1, <i32>((((<u64>count) << (<u64>log)) + (<u64>total >> 1)) / <u64>total));
    store<u16>(shares + ((<usize>symbol) << 1), <u16>share);
    left -= share;
    if (share > shareOf(largest)) largest = symbol;
  }
  for (; left < 0; left++) takeOne(symbolCount);
  store<u16>(shares + ((<usize>largest) << 1), <u16>(shareOf(largest) + left));
  return log;
}

function countOf(counts: usize, symbol: i32): i32 {
  return load<i32>(counts + ((<usize>symbol) << 2));
}

/** Takes a state from the symbol that has most of them. */
function takeOne(symbolCount: i32): void {
  let largest = 0;
  for (let symbol = 1; symbol < symbolCount; symbol++) if (shareOf(symbol) > shareOf(largest)) largest = symbol;
  store<u16>(shares + ((<usize>largest) << 1), <u16>(shareOf(largest) - 1));
}

/** Takes shares as they are usual for a kind of symbol, of which -1 stands for one state. */
export function takeShares(usual: usize, symbolCount: i32): void {
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    store<u16>(shares + ((<usize>symbol) << 1), <u16>abs(<i32>load<i16>(usual + ((<usize>symbol) << 1))));
  }
}

/** Writes the shares of symbols. @returns where they end */
export function writeShares(symbolCount: i32, log: i32, target: usize): usize {
  let to = target;
  let left = (1 << log) + 1;
  beginBits();
  addBits(log - 5, 4);
  let symbol = 0;
  while (left > 1 && symbol < symbolCount) {
    const share = shareOf(symbol++);
    writeShare(share + 1, left);
    to = storeBits(to);
    left -= share;
    if (share !== 0) continue;
    let zeros = 0;
    while (symbol + zeros < symbolCount && shareOf(symbol + zeros) === 0) zeros++;
    symbol += zeros;
    for (; zeros >= 3; zeros -= 3) {
      addBits(3, 2);
      to = storeBits(to);
    }
    addBits(zeros, 2);
    to = storeBits(to);
  }
  addBits(0, 7);
  return storeBits(to);
}

/** Values that are low enough to be told from others take a bit less. */
function writeShare(value: i32, left: i32): void {
  const width = 32 - clz(left);
  const most = (1 << width) - 1 - left;
  if (value < most) addBits(value, width - 1);
  else addBits(value < 1 << (width - 1) ? value : value + most, width);
}

/** Makes the table of shares that were given or taken last, where symbols from `rareFrom` on are rare ones: the last states. */
export function makeStates(table: usize, symbolCount: i32, log: i32, rareFrom: i32): void {
  const size = 1 << log;
  spread(symbolCount, size, rareFrom);
  let start = 0;
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    const share = shareOf(symbol);
    store<u16>(starts + ((<usize>symbol) << 1), <u16>start);
    if (share > 0) {
      const bits = share === 1 ? log : log - 31 + clz(share - 1);
      const entry = table + ((<usize>symbol) << 3);
      store<i32>(entry, (bits << 16) - (share << bits));
      store<i32>(entry, start - share, 4);
    }
    start += share;
  }
  for (let state = 0; state < size; state++) {
    const at = starts + ((<usize>load<u8>(symbols + <usize>state)) << 1);
    const place = load<u16>(at);
    store<u16>(at, <u16>(place + 1));
    store<u16>(table + statesAt + ((<usize>place) << 1), <u16>(size + state));
  }
}

/** Spreads symbols over states, as readers do. */
function spread(symbolCount: i32, size: i32, rareFrom: i32): void {
  const step = (size >> 1) + (size >> 3) + 3;
  const top = size - max(0, symbolCount - rareFrom);
  for (let symbol = rareFrom; symbol < symbolCount; symbol++) {
    store<u8>(symbols + <usize>(size - 1 - (symbol - rareFrom)), <u8>symbol);
  }
  let state = 0;
  for (let symbol = 0; symbol < min(symbolCount, rareFrom); symbol++) {
    for (let n = shareOf(symbol); n > 0; n--) {
      store<u8>(symbols + <usize>state, <u8>symbol);
      do state = (state + step) & (size - 1);
      while (state >= top);
    }
  }
}

/** The state that the last symbol leaves to begin with: of those for it, one from which readers take most bits. */
export function firstState(table: usize, symbol: i32): i32 {
  const entry = table + ((<usize>symbol) << 3);
  const base = load<i32>(entry);
  const bits = (base + (1 << 15)) >> 16;
  return stateAt(table, (((bits << 16) - base) >> bits) + load<i32>(entry, 4));
}

/** Adds the bits of a state that the one for the symbol before it does not tell. @returns that one */
export function nextState(table: usize, state: i32, symbol: i32): i32 {
  const bits = bitsOfState(table, state, symbol);
  addBits(state & ((1 << bits) - 1), bits);
  return stateBefore(table, state, bits, symbol);
}

/** How many bits of a state the one for the symbol before it does not tell. */
export function bitsOfState(table: usize, state: i32, symbol: i32): i32 {
  return (state + load<i32>(table + ((<usize>symbol) << 3))) >> 16;
}

/** The state for the symbol before, which tells all of a state but these bits. */
export function stateBefore(table: usize, state: i32, bits: i32, symbol: i32): i32 {
  return stateAt(table, (state >> bits) + load<i32>(table + ((<usize>symbol) << 3), 4));
}

function stateAt(table: usize, place: i32): i32 {
  return <i32>load<u16>(table + statesAt + ((<usize>place) << 1));
}
