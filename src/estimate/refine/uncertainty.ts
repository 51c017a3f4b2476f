/** How well overlaps tell a fit: the jackknife over folds of pairs. */
import { lightTerms, termOverField } from "./light-terms.ts";
import type { OverlapFit } from "./overlap-model.ts";

/** The field is looked at in so many places along either axis. */
const places = 16;

/**
 * The standard error of the flat-field, as a share, on average over the field: from how fits without one fold each
 * differ.
 * @see B. Efron, C. Stein, The jackknife estimate of variance, Annals of Statistics 9 (1981), 586-596
 */
export function uncertaintyOf(fit: OverlapFit, ofFolds: readonly OverlapFit[]): number {
  const factor = (ofFolds.length - 1) / ofFolds.length;
  const variance = new Float64Array(places ** 2);
  const terms = lightTerms.map((term) => termOverField(term, [places, places]));
  for (const fold of ofFolds) {
    for (let i = 0; i < variance.length; i++) {
      let change = 0;
      for (const [k, term] of terms.entries()) change += (fold.light[k]! - fit.light[k]!) * term[i]!;
      variance[i]! += factor * change * change;
    }
  }
  return variance.reduce((sum, value) => sum + Math.sqrt(value), 0) / variance.length;
}
