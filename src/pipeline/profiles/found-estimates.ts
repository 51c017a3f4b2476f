/** Keeps the estimates that were made while a way to the profiles was chosen, for the run that needs the same ones. */
import type { SamplePlan } from "../../sample/plan-sample.ts";
import type { ProfileTarget } from "./channel-profile.ts";
import type { EstimateMethod, ProfileEstimate } from "./estimate-stack.ts";

/** All that an estimate depends on, beside the image and its version. */
interface EstimateKey {
  readonly target: ProfileTarget;
  readonly method: EstimateMethod;
  readonly sample: SamplePlan;
  readonly isRefined: boolean;
}

/** Estimates by what they depend on. */
export class FoundEstimates {
  private readonly estimates = new Map<string, ProfileEstimate>();

  set(key: EstimateKey, estimate: ProfileEstimate): void {
    this.estimates.set(textOf(key), estimate);
  }

  get(key: EstimateKey): ProfileEstimate | undefined {
    return this.estimates.get(textOf(key));
  }
}

function textOf({ target, method, sample: { level, planes }, isRefined }: EstimateKey): string {
  const { channel, side, tiles } = target;
  const seen = planes.map(({ tileNumber, plane }) => [tileNumber, plane]);
  const { parameters = {}, ...rest } = method as EstimateMethod & { readonly parameters?: object };
  const settings = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  const numbers = tiles.map(({ number }) => number);
  return JSON.stringify([channel.index, side, numbers, rest.kind, rest.cameraOffset, settings, level, seen, isRefined]);
}
