/** The distribution of pixel values, in bounded memory, for medians and other quantiles. */

import { largestPixel, type PixelArray, type PixelType } from "../shapes.ts";

/** Whether pixels of a type are counted value by value. */
export function isCounted(type: PixelType): boolean {
  return type === "uint8" || type === "uint16";
}

/**
 * How often each value occurs among pixels, in bounded memory: values of uint8 and uint16 are counted where they are many,
 * of all others finite values are sampled at a regular step.
 */
export class ValueDistribution {
  private readonly counts: Uint32Array | undefined;
  private readonly keepEvery: number;
  private kept: Float64Array | Uint16Array;
  private keptCount = 0;
  private seen = 0;
  /** The values above a threshold, until another one is added. */
  private ranked: { readonly threshold: number; readonly ranks: Ranks } | undefined;

  /**
   * @param expected number of pixels that will be added
   * @param mostKept the most pixels to keep of these where they are not counted
   * @param mayCount whether values may be counted: that takes 256 kB for those of uint16
   */
  constructor(type: PixelType, expected: number, mostKept: number, mayCount = true) {
    // Few values take less memory and time as they are, and have the same quantiles
    const areFew = expected <= Math.min(mostKept, largestPixel(type) / 4);
    this.counts = mayCount && isCounted(type) && !areFew ? new Uint32Array(largestPixel(type) + 1) : undefined;
    this.kept = isCounted(type) ? new Uint16Array(0) : new Float64Array(0);
    this.keepEvery = Math.max(1, Math.ceil(expected / mostKept));
  }

  add(value: number): void {
    this.ranked = undefined;
    if (this.counts !== undefined) this.counts[value]! += 1;
    else if (this.seen++ % this.keepEvery === 0 && Number.isFinite(value)) this.keep(value);
  }

  /** Adds the values of `pixels` from index `from` up to `to`. */
  addAll(pixels: PixelArray, from: number, to: number): void {
    if (this.counts !== undefined) {
      for (let at = from; at < to; at++) this.add(pixels[at]!);
      return;
    }
    this.ranked = undefined;
    // The next one to be kept, as if each were added by itself
    const passed = this.seen % this.keepEvery;
    for (let at = from + (passed === 0 ? 0 : this.keepEvery - passed); at < to; at += this.keepEvery) {
      if (Number.isFinite(pixels[at]!)) this.keep(pixels[at]!);
    }
    this.seen += to - from;
  }

  /** Adds values by how often each occurs. */
  addCounts(counts: Uint32Array | undefined): void {
    for (const [value, count] of counts?.entries() ?? []) {
      if (this.counts !== undefined) this.counts[value]! += count;
      else for (let n = 0; n < count; n++) this.add(value);
    }
    this.ranked = undefined;
  }

  private keep(value: number): void {
    if (this.keptCount === this.kept.length) {
      const length = Math.max(1024, 2 * this.kept.length);
      const longer = this.kept instanceof Uint16Array ? new Uint16Array(length) : new Float64Array(length);
      longer.set(this.kept);
      this.kept = longer;
    }
    this.kept[this.keptCount++] = value;
  }

  /**
   * The quantile `share` (0 to 1, linear between neighbours) of the values above `threshold`, of all by default;
   * `undefined` where there are none.
   */
  quantile(share: number, threshold = Number.NEGATIVE_INFINITY): number | undefined {
    const ranks = this.above(threshold);
    if (ranks.total === 0) return undefined;
    const rank = share * (ranks.total - 1);
    const below = ranks.valueAt(Math.floor(rank));
    return below + (rank - Math.floor(rank)) * (ranks.valueAt(Math.ceil(rank)) - below);
  }

  private above(threshold: number): Ranks {
    if (this.ranked?.threshold !== threshold) {
      const ranks = this.counts === undefined ? this.rankKept(threshold) : this.rankCounts(this.counts, threshold);
      this.ranked = { threshold, ranks };
    }
    return this.ranked.ranks;
  }

  private rankKept(threshold: number): Ranks {
    const values = this.kept.slice(0, this.keptCount);
    const isAll = threshold === Number.NEGATIVE_INFINITY;
    const sorted = inOrder(isAll ? values : values.filter((value) => value > threshold));
    return { total: sorted.length, valueAt: (rank) => sorted[rank]! };
  }

  private rankCounts(counts: Uint32Array, threshold: number): Ranks {
    const first = Math.max(0, Math.floor(threshold) + 1);
    let total = 0;
    for (let value = first; value < counts.length; value++) total += counts[value]!;
    const valueAt = (rank: number) => {
      let value = first;
      for (let passed = counts[value]!; passed <= rank; passed += counts[value]!) value++;
      return value;
    };
    return { total, valueAt };
  }
}

/** Values in ascending order, by their rank from 0. */
interface Ranks {
  readonly total: number;
  readonly valueAt: (rank: number) => number;
}

/** What {@link inOrder} moves values to, and how many there are of each byte. */
let moved = new Uint16Array(0);
const places = new Uint32Array(256);

/** Sorts values: whole numbers byte by byte, the lower one first, which takes a fraction of the time. */
function inOrder<Values extends Float64Array | Uint16Array>(values: Values): Values {
  if (!(values instanceof Uint16Array)) return values.sort() as Values;
  if (moved.length < values.length) moved = new Uint16Array(values.length);
  moveByByte(values, moved, 0);
  moveByByte(moved.subarray(0, values.length), values, 8);
  return values;
}

function moveByByte(from: Uint16Array, to: Uint16Array, shift: 0 | 8): void {
  places.fill(0);
  for (let n = 0; n < from.length; n++) places[(from[n]! >> shift) & 255]!++;
  let place = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = places[byte]!;
    places[byte] = place;
    place += count;
  }
  for (let n = 0; n < from.length; n++) {
    const value = from[n]!;
    to[places[(value >> shift) & 255]!++] = value;
  }
}
