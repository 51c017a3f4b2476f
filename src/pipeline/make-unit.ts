/** The blocks of a unit, round by round. */
import type { RunHooks } from "../parameters/run-events.ts";
import type { UnitSummary } from "../parameters/summaries.ts";
import { doneBefore, withPool, workingVerb, writingOf } from "./correct-blocks.ts";
import type { ImageRecord } from "./journal.ts";
import type { Lease } from "./lease.ts";
import type { OutputPlace } from "./location.ts";
import { count, missingBlocks } from "./missing-blocks.ts";
import { geometries } from "./output-template.ts";
import type { Pass } from "./passes.ts";
import type { Platform } from "./platform.ts";
import { joinRun } from "./prepare-run.ts";
import { profileFields } from "./profile-fields.ts";
import { obtainProfiles, type ReadyRun } from "./ready-run.ts";
import { type MachineShare, type PlaceOpener, requestOf, type SharedRun } from "./shared-run.ts";
import { takeTurns } from "./take-turns.ts";
import { blocksOfUnit, type Unit, wholeWork } from "./units.ts";
import type { Workspace } from "./workspace.ts";

/** A unit that this process is at work on. */
export interface BegunUnit {
  readonly shared: SharedRun;
  readonly unit: Unit;
  readonly lease: Lease;
}

/** All that a unit is made with. */
export interface UnitWork extends BegunUnit {
  readonly output: OutputPlace;
  /** What this process may spend. */
  readonly machine: MachineShare;
  readonly workspace: Workspace;
  readonly opener: PlaceOpener;
  readonly platform: Platform;
}

/** Makes the blocks of a unit that are not made yet. @returns how many there were, and what other units have left */
export async function makeUnit(
  work: UnitWork,
  hooks: RunHooks,
): Promise<Pick<UnitSummary, "made" | "skipped" | "bytes" | "left">> {
  const { output, machine, shared, unit, lease, workspace, opener, platform } = work;
  const request = await requestOf(shared, output, opener, machine);
  const identity = await workspace.documents.readIdentity();
  if (identity === undefined) throw workspace.taken();
  const run = await joinRun(request, { rounds: shared.rounds, identity }, platform, hooks);
  const images = run.template.images.map(geometries);
  let records = await workspace.documents.readRecords(images);
  await workspace.units.tell(lease, { bytesBefore: doneBefore(images, shared.type, records).bytes });
  // They were made and told of when the correction was prepared.
  const profiles = await obtainProfiles(run, workspace, platform, { ...hooks, report: () => {} });
  const fields = profileFields(run.acquisition, profiles, request.parameters.background);
  const ready = { run, workspace, profiles, fields, platform };
  let [made, skipped, bytes, left] = [0, 0, 0, 0];
  for (const round of unit.count === 1 ? shared.rounds : shared.rounds.slice(0, shared.sharedRounds)) {
    const missing = count(missingBlocks(blocksOfUnit(round, unit), records));
    skipped += count(blocksOfUnit(round, unit)) - missing;
    if (missing > 0) {
      bytes += await makeBlocks({ ready, round, unit, records, missing, lost: lease.lost }, hooks);
      made += missing;
      records = await workspace.documents.readRecords(images);
    }
    left = count(missingBlocks(blocksOfUnit(round, wholeWork), records));
    // What comes next is made from this round, which others have not done with.
    if (left > 0) break;
  }
  return { made, skipped, bytes, left };
}

interface RoundWork {
  readonly ready: ReadyRun;
  readonly round: readonly Pass[];
  readonly unit: Unit;
  readonly records: readonly ImageRecord[];
  readonly missing: number;
  readonly lost: AbortSignal;
}

/** Blocks under way may take so long to end when a run is interrupted: clusters wait for half a minute. */
const graceMs = 20_000;

async function makeBlocks(
  { ready, round, unit, records, missing, lost }: RoundWork,
  { report, signal }: RunHooks,
): Promise<number> {
  let [done, bytes] = [0, 0];
  const stage = workingVerb(ready.run.request);
  const onChunks = (_: number, chunkBytes: number) => {
    bytes += chunkBytes;
    report({ kind: "progress", stage, done, total: missing, bytes });
  };
  const atOnce = AbortSignal.any([delayed(signal, graceMs), lost]);
  report({ kind: "stage", text: `${stage} ${ready.run.acquisition.location}` });
  await withPool(ready, writingOf({ ...ready, records }), { signal: atOnce, onChunks, report }, (pool) =>
    takeTurns(
      pool.size,
      missingBlocks(blocksOfUnit(round, unit), records),
      AbortSignal.any([signal, lost]),
      async ({ pass, index }) => {
        await pool.run(pass, index);
        report({ kind: "progress", stage, done: ++done, total: missing, bytes });
      },
    ),
  );
  return bytes;
}

/** A signal that follows another after a while. */
function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const controller = new AbortController();
  const follow = () => {
    const timer = setTimeout(() => controller.abort(signal.reason), ms);
    // Nothing waits for it where all has ended before.
    if (typeof timer === "object" && "unref" in timer) timer.unref();
  };
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow, { once: true });
  return controller.signal;
}
