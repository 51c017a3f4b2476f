/** Fits of smooth corrections, each judged by pairs that it did not see. */
import type { Shading } from "../correct-patches.ts";
import { applyCorrection, type CorrectionModel } from "./correction-model.ts";
import { type CorrectionFit, type CorrectionFreedom, fitCorrection } from "./fit-correction.ts";
import type { LinearPair } from "./linear-pairs.ts";
import { disagreement, type OverlapData, ofPairs } from "./overlap-data.ts";

/** What fits are judged by. */
export interface Judges {
  readonly data: OverlapData;
  /** In units of what this makes of the brightness. */
  readonly reference: Shading;
  readonly folds: readonly (readonly number[])[];
  /** Awaited after every fit. */
  readonly onFit: () => Promise<void>;
}

/** How far the tiles of every pair are apart with fits that did not see the pair. */
export interface HeldOutFigures {
  /** As a correction leaves them. */
  readonly plain: Float64Array;
  /** Less what gains of tiles explain; the same as `plain` without gains. */
  readonly levelled: Float64Array;
}

/** Judges fits of several freedoms, each of which begins with the one before. */
export async function heldOutFits(
  { data, reference, folds, onFit }: Judges,
  model: CorrectionModel,
  linear: readonly LinearPair[],
  freedoms: readonly CorrectionFreedom[],
): Promise<HeldOutFigures[]> {
  const empty = () => new Float64Array(data.pairCount).fill(Number.NaN);
  const figures = freedoms.map(() => ({ plain: empty(), levelled: empty() }));
  for (const held of folds) {
    const rest = linear.filter(({ pair }) => !held.includes(pair));
    const judged = ofPairs(data, new Set(held));
    let fit: CorrectionFit | undefined;
    for (const [index, freedom] of freedoms.entries()) {
      fit = fitCorrection(model, rest, freedom, fit);
      const shading = applyCorrection(model, fit.coefficients);
      const plain = disagreement(judged, shading, reference);
      const levelled = freedom.gainSpread > 0 ? disagreement(judged, shading, reference, fit.logGains) : plain;
      for (const pair of held) {
        figures[index]!.plain[pair] = plain[pair]!;
        figures[index]!.levelled[pair] = levelled[pair]!;
      }
      await onFit();
    }
  }
  return figures;
}
