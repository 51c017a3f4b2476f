/** Gains of tiles by the brightness ratios of pairs alone, with which a fit of gains begins. */

import type { LitPlace } from "./held-out.ts";
import type { ModelledPair, OverlapFit, OverlapModel } from "./overlap-model.ts";
import { GainElimination, placesOf } from "./pair-equations.ts";

/** Regularisation of gains by pairs alone: a pair counts as 1. */
const gainPenaltyOfPairs = 0.01;

/**
 * The fit before its first step: no change of the light and, where gains are fitted, gains that explain the brightness ratios of pairs: without them, what large gains leave counts as noise, which
 * then hides the gains.
 */
export function firstFit(
  model: OverlapModel,
  gainSpread: number,
  pairs: readonly ModelledPair[] = model.pairs,
): OverlapFit {
  const fit = noChange(model);
  if (gainSpread === 0) return fit;
  const sidesOf = placesOf(model.geometries, fit);
  const gains = new GainElimination(pairs, fit.logGains, 0, gainPenaltyOfPairs);
  for (const [index, pair] of pairs.entries()) {
    const residual = logRatio(pair, sidesOf(pair));
    if (Number.isFinite(residual)) gains.add(index, pair.tiles, { coupling: noCoupling, squares: 1, residual });
  }
  const steps = gains.solve(noCoupling, noCoupling);
  return { ...fit, logGains: fit.logGains.map((gain, tile) => gain - steps[tile]!) };
}

const noCoupling = new Float64Array(0);

/** The log ratio of the light of both views of a pair, over all pixels and planes. */
function logRatio({ planes }: ModelledPair, [a, b]: readonly [LitPlace, LitPlace]): number {
  let [sumA, sumB] = [0, 0];
  for (const { first, second } of planes) {
    for (let i = 0; i < first.length; i++) {
      const [lightA, lightB] = [(first[i]! - a.dark[i]!) / a.light[i]!, (second[i]! - b.dark[i]!) / b.light[i]!];
      if (Number.isNaN(lightA + lightB)) continue;
      sumA += lightA;
      sumB += lightB;
    }
  }
  return Math.log(sumA / sumB);
}

/** A fit before its first step. */
function noChange({ pairs, terms }: OverlapModel): OverlapFit {
  const tileCount = pairs.reduce((most, { tiles }) => Math.max(most, tiles[0] + 1, tiles[1] + 1), 0);
  return { light: new Float64Array(terms.length), logGains: new Float64Array(tileCount) };
}
