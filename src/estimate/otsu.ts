/** Otsu's threshold, which separates background from brighter pixels. */

import type { Numbers } from "./basic/ladmap-passes.ts";
import { rangeOf } from "./vectors.ts";

/** Counts of values in bins of equal width. */
interface Histogram {
  readonly counts: Float64Array;
  /** The centre of the first bin. */
  readonly first: number;
  /** The distance between the centres. */
  readonly step: number;
}

const binsOfFractions = 256;

/**
 * The histogram for Otsu's method: for whole numbers one bin for each value between the smallest and the largest, else
 * 256 bins over the range.
 */
export function histogramOf(values: Numbers, wholeNumbers: boolean): Histogram {
  const [smallest, largest] = rangeOf(values);
  const bins = wholeNumbers ? largest - smallest + 1 : binsOfFractions;
  const width = wholeNumbers ? 1 : (largest - smallest) / bins;
  const counts = new Float64Array(bins);
  for (let i = 0; i < values.length; i++) {
    const bin = width === 0 ? 0 : Math.floor((values[i]! - smallest) / width);
    counts[Math.min(bin, bins - 1)]! += 1;
  }
  return { counts, first: wholeNumbers ? smallest : smallest + width / 2, step: width };
}

/**
 * Otsu's threshold: the bin centre at which the variance between the values up to it and those beyond it is largest,
 * the first of them where several are equal.
 *
 * @see N. Otsu, A threshold selection method from gray-level histograms, IEEE Trans. SMC 9 (1979), 62-66
 */
export function otsuThreshold({ counts, first, step }: Histogram): number {
  let total = 0;
  let totalSum = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    total += counts[bin]!;
    totalSum += counts[bin]! * bin;
  }
  let [best, bestVariance, below, belowSum] = [0, -1, 0, 0];
  for (let bin = 0; bin < counts.length - 1; bin++) {
    below += counts[bin]!;
    belowSum += counts[bin]! * bin;
    const above = total - below;
    const apart = belowSum / below - (totalSum - belowSum) / above;
    const variance = below * above * apart * apart;
    if (variance > bestVariance) [best, bestVariance] = [bin, variance];
  }
  return first + best * step;
}
