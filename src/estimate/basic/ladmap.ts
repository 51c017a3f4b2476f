/** The iterations of a LADMAP fit. */
import { addStep } from "./ladmap-path.ts";
import type { Ladmap } from "./ladmap-state.ts";
import {
  normalizeBaselines,
  sweepResiduals,
  updateBaselines,
  updateDarkfield,
  updateFlatfield,
  updateRemainder,
} from "./ladmap-steps.ts";
import { distance } from "./vectors.ts";

/** How far a fit has come after an iteration. */
export interface LadmapProgress {
  /** Iterations done. */
  readonly iteration: number;
  /** mu for the next iteration. */
  readonly mu: number;
  /** What flat-field, dark-field and residual leave over, relative to the planes. */
  readonly remainder: number;
  /** The largest change of a variable, relative to the planes. */
  readonly change: number;
  readonly converged: boolean;
}

/** A fit gives up after so many iterations. */
export const mostIterations = 500;
const remainderTolerance = 1e-3;
const changeTolerance = 1e-2;

/** One iteration: flat-field, residual, baselines, dark-field, multipliers. */
export async function iterateLadmap(fit: Ladmap): Promise<LadmapProgress> {
  const previousBaselines = fit.baselines;
  const flatfieldChange = updateFlatfield(fit);
  const residualChange = await sweepResiduals(fit);
  updateBaselines(fit);
  normalizeBaselines(fit);
  const darkfieldChange = fit.settings.getDarkfield ? updateDarkfield(fit) : 0;
  const baselineChange = distance(fit.baselines, previousBaselines);
  return finishIteration(fit, Math.max(flatfieldChange, residualChange, baselineChange, darkfieldChange));
}

/** One iteration with flat-field and dark-field fixed: residual, baselines, multipliers. */
export async function iterateBaselines(fit: Ladmap): Promise<LadmapProgress> {
  const previousBaselines = fit.baselines;
  const residualChange = await sweepResiduals(fit);
  updateBaselines(fit);
  return finishIteration(fit, Math.max(residualChange, distance(fit.baselines, previousBaselines)));
}

async function finishIteration(fit: Ladmap, largestChange: number): Promise<LadmapProgress> {
  if (fit.path) addStep(fit.path, fit);
  const remainder = (await updateRemainder(fit)) / fit.scale.imageNorm;
  const change = largestChange / fit.scale.imageNorm;
  fit.iteration += 1;
  const converged = remainder <= remainderTolerance && change <= changeTolerance;
  return { iteration: fit.iteration, mu: fit.mu, remainder, change, converged };
}
