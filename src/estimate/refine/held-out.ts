/** Figures of pairs: how much two tiles differ at the same places, and what a fit changes in pairs that it did not use. */
import { randomStream } from "../../sample/choose-planes.ts";
import type { Yx } from "../../shapes.ts";
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

/** Light and dark of a place of the field, at its coarse pixels. */
export interface LitPlace {
  readonly light: Float64Array;
  readonly dark: Float64Array;
}

/** The size of a block in coarse pixels along either axis; its pixels are summed before two views are compared. */
const blockPixels = 3;

/**
 * The difference of a pair by shading after a correction: the sum over blocks of |sum (A' - B')| over that of the
 * recorded brightness of both; NaN where there is no light. Blocks are summed over their pixels and planes, so that
 * noise and small shifts average out.
 *
 * The figure must not depend on a constant or a scale that a correction adds: differences after a correction are in its
 * own scale, so they are converted to counts of the source by the mean of S at both places.
 * @param darkness the counts from which on brightness is counted
 */
export function pairFigure(
  planes: readonly { readonly first: Float32Array; readonly second: Float32Array }[],
  [rows, columns]: Yx,
  [placeA, placeB]: readonly [LitPlace, LitPlace],
  darkness = 0,
): number {
  const [down, across] = [Math.max(1, Math.floor(rows / blockPixels)), Math.max(1, Math.floor(columns / blockPixels))];
  const apart = new Float64Array(down * across);
  let both = 0;
  for (const { first, second } of planes) {
    for (let y = 0, i = 0; y < rows; y++) {
      const row = Math.floor((y * down) / rows) * across;
      for (let x = 0; x < columns; x++, i++) {
        const [lightA, lightB] = [placeA.light[i]!, placeB.light[i]!];
        const difference = (first[i]! - placeA.dark[i]!) / lightA - (second[i]! - placeB.dark[i]!) / lightB;
        if (Number.isNaN(difference)) continue;
        apart[row + Math.floor((x * across) / columns)]! += (difference * (lightA + lightB)) / 2;
        both += first[i]! + second[i]! - 2 * darkness;
      }
    }
  }
  if (!(both > 0)) return Number.NaN;
  return (2 * apart.reduce((sum, value) => sum + Math.abs(value), 0)) / both;
}
