/** The camera's offset of profiles that are estimated in one run: found by all of them, before the first one is estimated. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { shareOffsets } from "../../estimate/refine/share-offsets.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { type Location, placeOf, type SourceLocation } from "../places/location.ts";
import type { EstimateTask } from "../profiles/estimate-channel.ts";
import type { EstimationPlan, PlannedEstimate } from "../profiles/plan-profiles.ts";
import { map, workplaceOf } from "../threads/executor.ts";
import type { Platform } from "../threads/platform.ts";
import { lostWorker } from "../threads/thread-messages.ts";

/** What offsets are found for, and in which image. */
interface OffsetSearch {
  readonly acquisition: Acquisition;
  readonly plan: EstimationPlan;
  readonly places: { readonly source: SourceLocation; readonly scratch: Location };
  readonly platform: Platform;
  readonly hooks: RunHooks;
}

/**
 * The estimates with the camera's offset, where several look for it: by the planes and overlaps of all of them, also of those
 * that are kept already, so that an interrupted run goes on with the same.
 */
export async function withOffsets(
  estimation: OffsetSearch,
  taskOf: (planned: PlannedEstimate, index: number) => EstimateTask,
): Promise<readonly PlannedEstimate[]> {
  const { acquisition, plan, places, platform, hooks } = estimation;
  const { estimates } = plan;
  const seeking = estimates.flatMap((planned, index) =>
    planned.refine?.offset.kind === "to-be-found" && planned.way.kind === "stack" ? [{ index, planned }] : [],
  );
  if (seeking.length < 2) return estimates;
  const tasks = seeking.map(({ index, planned }) => taskOf(planned, index));
  const signs = await map(platform, "offsets", { source: placeOf(places.source) }, [tasks], {
    threads: plan.atOnce > 1 ? plan.atOnce : 0,
    here: workplaceOf(acquisition, places.scratch.store, platform),
    signal: hooks.signal,
    onLost: (found) => hooks.report({ kind: "warning", text: lostWorker(found) }),
  });
  const offsets = shareOffsets(
    seeking.map(({ planned }, at) => ({ channel: planned.target.channel.label, signs: signs[at]! })),
  );
  const shared = new Map(seeking.map(({ index }, at) => [index, offsets[at]!]));
  return estimates.map((planned, index) => {
    const offset = shared.get(index);
    return offset === undefined ? planned : { ...planned, refine: { ...planned.refine!, offset } };
  });
}
