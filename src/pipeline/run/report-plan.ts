/** What a run says of itself before it begins. */
import { type Acquisition, describeMissingTable } from "../../acquisition/acquisition.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import { formatBound, formatBytes, formatCount } from "../../quantities.ts";
import { describeCoverage } from "../../tiles/coverage.ts";
import type { CorrectionPlan } from "../blocks/plan.ts";
import type { ProfilePlan } from "../profiles/plan-profiles.ts";
import { recordTiles } from "../record/tiles-record.ts";
import type { Platform, VerdictSubject } from "../threads/platform.ts";

/** A run as it is planned, and the bytes of the pixels of its output. */
interface PlannedRun {
  readonly acquisition: Acquisition;
  readonly plan: CorrectionPlan;
  readonly profilePlan: ProfilePlan;
  readonly bytes: number;
}

/** Tells what a run will do: the tiles and what lies outside of them, the workers, the memory. */
export async function reportPlan(
  planned: PlannedRun,
  platform: Platform,
  parameters: CorrectParameters,
  { report }: RunHooks,
): Promise<void> {
  const { acquisition, plan, profilePlan, bytes } = planned;
  const { hasTileTable, tiles } = acquisition;
  if (!hasTileTable) {
    report({ kind: "note", text: describeMissingTable(acquisition) });
  }
  if (profilePlan.kind !== "none") {
    const { coverage, rest } = await recordTiles(acquisition, parameters);
    for (const remark of describeCoverage(coverage, rest)) report(remark);
  }
  const { workers } = plan;
  if (parameters.workers !== undefined && workers < parameters.workers) {
    report({
      kind: "note",
      text: `${workers} of ${parameters.workers} workers ${workers === 1 ? "is" : "are"} used: more do not fit into the memory budget or have no work.`,
    });
  }
  const counts = `${formatCount(tiles.length, "tile")}, ${formatCount(workers, "worker")}`;
  const memory = `at most ${formatBound(await mostMemory(planned, platform, parameters))} of memory`;
  report({ kind: "note", text: `${formatBytes(bytes)} of pixels in ${counts}; ${memory}.` });
}

/** An upper bound of the memory of a run, whatever it does at the time. */
async function mostMemory(
  { acquisition, plan, profilePlan }: PlannedRun,
  platform: Platform,
  { seed, memory }: CorrectParameters,
): Promise<number> {
  if (profilePlan.kind === "none") return plan.projectedBytes;
  const estimation = profilePlan.kind === "estimated" ? profilePlan.projectedBytes : 0;
  return Math.max(plan.projectedBytes, estimation, await verdictBytes(platform, { acquisition, seed }, memory));
}

/** The memory of the verdict on a run's profiles; 0 where it is left out, as it takes more than there is. */
export async function verdictBytes(
  { verdicts }: Platform,
  subject: Pick<VerdictSubject, "acquisition" | "seed">,
  memoryBytes: number,
): Promise<number> {
  const bytes = (await verdicts?.projectedBytes(subject)) ?? 0;
  return bytes > memoryBytes ? 0 : bytes;
}
