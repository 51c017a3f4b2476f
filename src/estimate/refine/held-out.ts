/** Compares figures of held-out pairs: those that a fit did not use. */
import { randomStream } from "../../sample/choose-planes.ts";
import { meanOf } from "../../statistics.ts";

/** Divides items into `count` folds of sizes that differ by at most one, shuffled by the seed. */
export function foldsOf<Item>(items: readonly Item[], count: number, seed: number): Item[][] {
  const random = randomStream(seed, 0xf01d5);
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return Array.from({ length: count }, (_, fold) => shuffled.filter((_item, index) => index % count === fold));
}

/** How much smaller figures became, pair by pair. */
interface Improvement {
  readonly mean: number;
  /** Of the mean. */
  readonly standardError: number;
}

/** Compares figures of the same pairs; those that are NaN in either are left out. */
export function improvement(before: Float64Array, after: Float64Array, pairs: readonly number[]): Improvement {
  const gains = pairs.map((pair) => before[pair]! - after[pair]!).filter(Number.isFinite);
  const mean = meanOf(gains);
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / Math.max(1, gains.length - 1);
  return { mean, standardError: Math.sqrt(variance / gains.length) };
}

/** Whether figures became smaller by more than a number of standard errors of that. */
export function isBetter({ mean, standardError }: Improvement, errors = 1): boolean {
  return mean > errors * standardError;
}

/**
 * The first of several choices, the most careful first, that is within one standard error of the best one.
 * @param figures of every choice, by pair
 * @param alike figures whose means differ by less than this fraction count as equal, however surely they differ
 * @see T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning, section 7.10: the rule of one
 * standard error
 */
export function mostCareful(figures: readonly Float64Array[], pairs: readonly number[], alike = 0): number {
  const means = figures.map((values) => meanOver(values, pairs));
  // Where light is negative on average, as after background subtraction, there may be no figure
  const best = Math.max(0, means.indexOf(Math.min(...means.filter(Number.isFinite))));
  const isAsGood = (values: Float64Array, at: number) =>
    at === best ||
    (Number.isFinite(means[at]!) &&
      ((1 - alike) * means[at]! <= means[best]! || !isBetter(improvement(values, figures[best]!, pairs))));
  return figures.findIndex(isAsGood);
}

/** The mean of the figures of some pairs, without NaN. */
export function meanOver(figures: Float64Array, pairs: readonly number[]): number {
  const finite = pairs.map((pair) => figures[pair]!).filter(Number.isFinite);
  return meanOf(finite);
}
