/** Fits a stack where no overlaps tell how good a fit is: again without a dark-field where the first one is impossible. */
import { type BasicFit, fitBasic } from "../../estimate/basic/fit.ts";
import {
  doubtDarkfield,
  doubtFlatfield,
  doubtPlanes,
  impossibleFlatfield,
  mayShift,
} from "../../estimate/basic/fit-guards.ts";
import { fitThreads } from "../../estimate/basic/fit-threads-node.ts";
import { lessOffset } from "../../estimate/basic/less-offset.ts";
import type { ImageStack } from "../../estimate/basic/parameters.ts";
import { basicParameters } from "../../parameters/basic-fields.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { FitParameters } from "../../parameters/schema.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";

/** A fit with the parameters that it has in the end, and reasons to doubt it. */
interface GuardedFit extends Pick<FitParameters, "basic"> {
  readonly fit: BasicFit;
  readonly doubts: readonly string[];
}

/**
 * Fits the counts above the camera offset; again without a dark-field where the fit is impossible, or where a
 * dark-field may have changed it much. The second fit is taken where the first is impossible.
 * @param isNamed whether a method was asked for: then it is used as asked
 */
export async function fitGuarded(
  stack: ImageStack,
  parameters: FitParameters,
  isNamed: boolean,
  hooks: RunHooks,
): Promise<GuardedFit> {
  const { basic } = parameters;
  const fit = await fitLight(stack, parameters, hooks);
  const ofPlanes = doubtPlanes(stack);
  const darkDoubt = basic.getDarkfield ? doubtDarkfield(singles(fit)) : undefined;
  const impossible = impossibleFlatfield(singles(fit));
  const isLeft = isNamed || !basic.getDarkfield;
  if (isLeft || !(darkDoubt ?? impossible ?? mayShift(singles(fit), fit.baseline))) {
    return { fit, basic, doubts: stated(darkDoubt && `${darkDoubt} Try --no-get-darkfield.`, impossible, ofPlanes) };
  }
  const without = { ...basic, getDarkfield: false };
  const again = await fitLight(stack, { ...parameters, basic: without }, hooks);
  const difference = doubtFlatfield(singles(fit), singles(again));
  const stillImpossible = impossibleFlatfield(singles(again));
  const reason = darkDoubt ?? (stillImpossible === undefined ? impossible : undefined);
  if (reason === undefined) return { fit, basic, doubts: stated(difference, impossible, ofPlanes) };
  const taken = `${reason} The profile is fitted without a dark-field; --get-darkfield keeps it.`;
  return { fit: again, basic: without, doubts: stated(taken, difference, stillImpossible, ofPlanes) };
}

function stated(...doubts: readonly (string | undefined)[]): string[] {
  return doubts.filter((doubt) => doubt !== undefined);
}

function singles({ flatfield, darkfield }: BasicFit) {
  return { flatfield: Float32Array.from(flatfield), darkfield: Float32Array.from(darkfield) };
}

/** Fits the counts above the camera offset. */
async function fitLight(
  stack: ImageStack,
  { basic, cameraOffset = 0 }: FitParameters,
  { report, signal }: RunHooks,
): Promise<BasicFit> {
  return fitBasic({ ...stack, pixels: lessOffset(stack.pixels, cameraOffset) }, basicParameters(basic), {
    signal,
    threads: fitThreads(withWorkers({ workers: basic.maxWorkers }).workers),
    onProgress: ({ phase, reweighting, iteration, share }) =>
      report({
        kind: "progress",
        stage: `Fitting ${phase}: round ${reweighting}, iteration ${iteration}`,
        done: share,
        total: 1,
      }),
  });
}
