/** Plans by which overlaps the estimates of a run are refined, and where their camera offset comes from. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { fewestPairs } from "../../estimate/refine/cross-validate.ts";
import { planOverlaps } from "../../sample/plan-overlaps.ts";
import type { SamplePlan } from "../../sample/plan-sample.ts";
import { type ProfileTarget, targetName } from "./channel-profile.ts";
import type { RefineOrder } from "./estimate-channel.ts";
import { type EstimateMethod, hasDarkfield } from "./estimate-stack.ts";

/** The parameters of refinements. */
interface RefinementRequest {
  readonly refine: "off" | "auto";
  readonly seed: number;
  readonly cameraOffset?: number;
}

/** The refinements of all targets, `undefined` where a channel is not refined; and warnings of those without pairs. */
export function planRefinements(
  acquisition: Acquisition,
  targets: readonly ProfileTarget[],
  samples: readonly SamplePlan[],
  request: RefinementRequest,
  method: EstimateMethod,
): { readonly refinements: readonly (RefineOrder | undefined)[]; readonly warnings: readonly string[] } {
  const orders = samples.map((sample, index) => {
    return planRefinement(acquisition, targets[index]!, sample, request, method);
  });
  // A side with few pairs is not refined, but has the offset that the others of its channel show.
  const hasPairs = ({ channel }: ProfileTarget) =>
    orders.some((order, at) => targets[at]!.channel.index === channel.index && isRefinable(order));
  const refinements = orders.map((order, index) => (hasPairs(targets[index]!) ? order : undefined));
  const unrefined = targets.filter((_, at) => request.refine === "auto" && !isRefinable(orders[at]));
  return { refinements, warnings: unrefined.map(tooFewOverlaps) };
}

/** Planes of every pair of neighbours that a refinement reads. */
export const planesPerPair = 12;

function planRefinement(
  acquisition: Acquisition,
  { tiles }: ProfileTarget,
  { level }: SamplePlan,
  { refine, seed, cameraOffset }: RefinementRequest,
  method: EstimateMethod,
): RefineOrder | undefined {
  if (refine === "off") return undefined;
  const overlaps = planOverlaps(acquisition, { level, planesPerPair, seed, among: tiles });
  const offset =
    cameraOffset !== undefined ? "given" : hasDarkfield(method) ? ("in-darkfield" as const) : "to-be-found";
  return { overlaps, seed, offset: { kind: offset } };
}

/** Whether there are enough pairs to hold some out. */
function isRefinable(refine: RefineOrder | undefined): boolean {
  return refine !== undefined && refine.overlaps.pairs.length >= fewestPairs;
}

/** The warning where there are not. */
function tooFewOverlaps(target: ProfileTarget): string {
  return (
    `The profile of channel ${targetName(target)} is not refined: fewer than ${fewestPairs} pairs of tiles overlap on ` +
    "the stage, or their positions there are not known."
  );
}
