/** The second step in which several processes correct an image: each makes its unit of the blocks. */
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { UnitSummary } from "../parameters/summaries.ts";
import { joinKey } from "../zarr/store.ts";
import { doneBefore, withPool, workingVerb, writingOf } from "./correct-blocks.ts";
import type { ImageRecord } from "./journal.ts";
import type { OutputPlace } from "./location.ts";
import { count, missingBlocks } from "./missing-blocks.ts";
import { geometries } from "./output-template.ts";
import type { Pass } from "./passes.ts";
import { patiently } from "./patience.ts";
import type { Platform } from "./platform.ts";
import { prepareKernels } from "./prepare-kernels.ts";
import { joinRun } from "./prepare-run.ts";
import { profileFields } from "./profile-fields.ts";
import { obtainProfiles, type ReadyRun } from "./ready-run.ts";
import {
  checkNothingLeft,
  checkSharable,
  type MachineShare,
  type PlaceOpener,
  readSharedRun,
  requestOf,
  type SharedRun,
} from "./shared-run.ts";
import { takeTurns } from "./take-turns.ts";
import type { UnitLease } from "./unit-leases.ts";
import { blocksOfUnit, type Unit, wholeWork } from "./units.ts";
import { Workspace } from "./workspace.ts";

/** Which unit of an output to work on, and what with. */
export interface UnitOrder extends MachineShare {
  readonly output: OutputPlace;
  /** Without a unit, all that is left. Without a count, one of as many as were prepared. */
  readonly unit?: { readonly index: number; readonly count?: number };
}

/**
 * Makes the blocks of a unit that are not made yet. Other processes may do the same for other units, or the same one:
 * then some blocks are made twice, with the same bytes.
 * @throws IsoluxError for everything that keeps it from that; what is done by then stays done
 */
export async function workOnUnit(
  order: UnitOrder,
  opener: PlaceOpener,
  platform: Platform,
  hooks: RunHooks,
): Promise<UnitSummary> {
  const startedMs = Date.now();
  checkSharable(order.output);
  await prepareKernels(hooks);
  const workspace = new Workspace(order.output, platform);
  const begun = await begin(order, workspace, platform, hooks);
  if (begun === undefined) return { ...nothingToDo(order), seconds: (Date.now() - startedMs) / 1000 };
  const { shared, unit, lease } = begun;
  try {
    const made = await makeUnit({ order, shared, unit, lease, workspace, opener, platform }, hooks);
    if (!(await lease.lease.beat())) throw workspace.taken();
    await workspace.units.tell(lease, { ended: "done" });
    return {
      output: outputOf(order),
      unit: unit.index,
      units: unit.count,
      ...made,
      seconds: (Date.now() - startedMs) / 1000,
    };
  } catch (error) {
    if (lease.lease.lost.aborted) throw workspace.taken();
    const ended = error instanceof Error ? error.message : String(error);
    await workspace.units.tell(lease, { ended }).catch(() => undefined);
    throw error;
  }
}

function outputOf({ output: { store, key } }: UnitOrder): string {
  return joinKey(store.location, key);
}

function nothingToDo(order: UnitOrder): Omit<UnitSummary, "seconds"> {
  const { index = 0, count = 1 } = order.unit ?? {};
  return { output: outputOf(order), unit: index, units: count, made: 0, skipped: 0, bytes: 0, left: 0 };
}

interface Begun {
  readonly shared: SharedRun;
  readonly unit: Unit;
  readonly lease: UnitLease;
}

/** Says that this process is at work, as soon as no other has the output for itself; nothing where all is done. */
async function begin(
  order: UnitOrder,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
): Promise<Begun | undefined> {
  const wait = patiently(platform, hooks);
  for (;;) {
    const shared = await readSharedRun(workspace);
    const unit = shared && unitOf(order, shared);
    const lease = unit && (await workspace.units.begin(unit));
    // Who takes the output looks for units after that, so one of both sees the other.
    const holder = await workspace.holder();
    if (holder === undefined && lease !== undefined) return { shared: shared!, unit: unit!, lease };
    if (lease !== undefined) await workspace.units.withdraw(lease);
    if (holder === undefined) {
      await checkNothingLeft(order.output);
      hooks.report({ kind: "note", text: "The output is complete: there is nothing left to do." });
      return undefined;
    }
    await wait(holder);
  }
}

function unitOf({ unit }: UnitOrder, { units }: SharedRun): Unit {
  if (unit === undefined) return wholeWork;
  const { index, count = units } = unit;
  if (index < count) return { index, count };
  throw new IsoluxError({
    kind: "usage",
    what: "There is no such unit",
    where: "--unit",
    found: `${index} of ${count}`,
    expected: `0 to ${count - 1}`,
  });
}

interface UnitWork extends Begun {
  readonly order: UnitOrder;
  readonly workspace: Workspace;
  readonly opener: PlaceOpener;
  readonly platform: Platform;
}

async function makeUnit(
  work: UnitWork,
  hooks: RunHooks,
): Promise<Pick<UnitSummary, "made" | "skipped" | "bytes" | "left">> {
  const { order, shared, unit, lease, workspace, opener, platform } = work;
  const request = await requestOf(shared, order.output, opener, order);
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
      bytes += await makeBlocks({ ready, round, unit, records, missing, lost: lease.lease.lost }, hooks);
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
  const onChunk = (chunkBytes: number) => {
    bytes += chunkBytes;
    report({ kind: "progress", stage, done, total: missing, bytes });
  };
  const atOnce = AbortSignal.any([delayed(signal, graceMs), lost]);
  report({ kind: "stage", text: `${stage} ${ready.run.acquisition.location}` });
  await withPool(ready, writingOf({ ...ready, records }), { signal: atOnce, onChunk, report }, (pool) =>
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
