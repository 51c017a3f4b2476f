import { largestPixel, type PixelType } from "../shapes.ts";

/** Whether all pixels of a type are counted by their values. */
export function isCounted(type: PixelType): boolean {
  return type === "uint8" || type === "uint16";
}

/**
 * How often each value occurs among pixels, in bounded memory: values of uint8 and uint16 are counted, of all others
 * every so-many-th finite one is kept.
 */
export class ValueDistribution {
  private readonly counts: Uint32Array | undefined;
  private readonly keepEvery: number;
  private readonly kept: number[] = [];
  private seen = 0;

  /**
   * @param expected pixels that will be added
   * @param mostKept floating-point pixels to keep of these
   */
  constructor(type: PixelType, expected: number, mostKept: number) {
    this.counts = isCounted(type) ? new Uint32Array(largestPixel(type) + 1) : undefined;
    this.keepEvery = Math.max(1, Math.ceil(expected / mostKept));
  }

  add(value: number): void {
    if (this.counts !== undefined) this.counts[value]! += 1;
    else if (this.seen++ % this.keepEvery === 0 && Number.isFinite(value)) this.kept.push(value);
  }

  /**
   * The quantile `share` (0 to 1, linear between neighbours) of the values above `threshold`, of all by default;
   * `undefined` where there are none.
   */
  quantile(share: number, threshold = Number.NEGATIVE_INFINITY): number | undefined {
    const ranks = this.counts === undefined ? this.rankKept(threshold) : this.rankCounts(this.counts, threshold);
    if (ranks.total === 0) return undefined;
    const rank = share * (ranks.total - 1);
    const below = ranks.valueAt(Math.floor(rank));
    return below + (rank - Math.floor(rank)) * (ranks.valueAt(Math.ceil(rank)) - below);
  }

  private rankKept(threshold: number): Ranks {
    const sorted = Float64Array.from(this.kept.filter((value) => value > threshold)).sort();
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
