/** Makes one unit of an output that several processes make together. */

import { IsoluxError } from "../../errors.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { UnitSummary } from "../../parameters/summaries.ts";
import { secondsSince } from "../../wait.ts";
import { joinKey } from "../../zarr/store.ts";
import { geometries } from "../blocks/chunk-maker.ts";
import { type CorrectionPlan, planSharing } from "../blocks/plan.ts";
import { blocksOfUnit } from "../blocks/units.ts";
import type { OutputPlace, PlaceOpener } from "../places/location.ts";
import type { CorrectRequest } from "../places/request.ts";
import { checksums, profileFields } from "../profiles/channel-profile.ts";
import { type Unit, wholeWork } from "../record/claims.ts";
import type { ImageRecord } from "../record/journal.ts";
import type { Lease } from "../record/lease.ts";
import type { RunIdentity } from "../record/run-documents.ts";
import { Workspace, waitForLock } from "../record/workspace.ts";
import { obtainProfiles } from "../run/begin-run.ts";
import { count, doneBefore, mapBlocks, missingBlocks, workingVerb, writingOf } from "../run/make-blocks.ts";
import { openRun, planPixels, type Run, type RunPlan } from "../run/plan-run.ts";
import type { Platform } from "../threads/platform.ts";
import {
  checkNothingLeft,
  checkSharable,
  type MachineShare,
  readSharedRun,
  requestOf,
  type SharedRun,
} from "./shared-run.ts";

/** Which unit of an output to work on, and the resources for it. */
interface UnitOrder extends MachineShare {
  readonly output: OutputPlace;
  /** All blocks that are left where not given. Without a count, one of as many units as were prepared. */
  readonly unit?: { readonly index: number; readonly count?: number };
}

/**
 * Makes the blocks of a unit that are not made yet. Other processes may do the same for other units, or for the same
 * one: then some blocks are made twice, with the same bytes.
 * @throws IsoluxError for everything that prevents that; finished work is kept
 */
export async function workOnUnit(
  order: UnitOrder,
  opener: PlaceOpener,
  platform: Platform,
  hooks: RunHooks,
): Promise<UnitSummary> {
  const startedMs = Date.now();
  checkSharable(order.output);
  await loadKernels();
  const workspace = new Workspace(order.output, platform);
  const begun = await begin(order, workspace, platform, hooks);
  if (begun === undefined) return { ...nothingToDo(order), seconds: secondsSince(startedMs) };
  const { unit, lease } = begun;
  try {
    const made = await makeUnit({ ...begun, output: order.output, machine: order, workspace, opener, platform }, hooks);
    if (!(await lease.beat())) throw workspace.taken();
    await workspace.units.amend(lease, { ended: "done" });
    return {
      output: outputOf(order),
      unit: unit.index,
      units: unit.count,
      ...made,
      seconds: secondsSince(startedMs),
    };
  } catch (error) {
    if (lease.lost.aborted) throw workspace.taken();
    const ended = error instanceof Error ? error.message : String(error);
    await workspace.units.amend(lease, { ended }).catch(() => undefined);
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

/**
 * Announces that this process works on a unit, as soon as no other holds the lock on the output; `undefined` where all
 * is done.
 */
async function begin(
  order: UnitOrder,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
): Promise<BegunUnit | undefined> {
  const wait = waitForLock(platform, hooks);
  for (;;) {
    const shared = await readSharedRun(workspace);
    const unit = shared && unitOf(order, shared);
    await workspace.checkOurs();
    const lease = unit && (await workspace.units.begin(unit));
    // A process that takes the lock looks for units afterwards, so one of the two sees the other.
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

// The blocks of a unit, round by round.

/** A unit that this process has begun. */
interface BegunUnit {
  readonly shared: SharedRun;
  readonly unit: Unit;
  readonly lease: Lease;
}

/** All that is needed to make a unit. */
interface UnitWork extends BegunUnit {
  readonly output: OutputPlace;
  /** The resources of this process. */
  readonly machine: MachineShare;
  readonly workspace: Workspace;
  readonly opener: PlaceOpener;
  readonly platform: Platform;
}

/**
 * Makes the blocks of a unit that are not made yet. @returns how many there were, and how many other units have left
 */
async function makeUnit(
  work: UnitWork,
  hooks: RunHooks,
): Promise<Pick<UnitSummary, "made" | "skipped" | "bytes" | "left">> {
  const { output, machine, shared, unit, lease, workspace, opener, platform } = work;
  const request = await requestOf(shared, output, opener, machine);
  const identity = await workspace.documents.readIdentity();
  if (identity === undefined) throw workspace.taken();
  const plan = await joinRun(request, { rounds: shared.rounds, identity }, platform, hooks);
  const images = plan.template.images.map(geometries);
  let records = await workspace.documents.readRecords(images);
  await workspace.units.amend(lease, { bytesBefore: doneBefore(images, shared.type, records).bytes });
  // The profiles were made and reported when the correction was prepared.
  const profiles = await obtainProfiles(plan, workspace, platform, { ...hooks, report: () => {} });
  const fields = profileFields(plan.acquisition, profiles, request.parameters.background);
  const run: Run = { ...plan, identity, workspace, platform, hooks, profiles, fields };
  let [made, skipped, bytes, left] = [0, 0, 0, 0];
  for (const round of unit.count === 1 ? shared.rounds : shared.rounds.slice(0, shared.sharedRounds)) {
    const missing = count(missingBlocks(blocksOfUnit(round, unit), records));
    skipped += count(blocksOfUnit(round, unit)) - missing;
    if (missing > 0) {
      bytes += await makeBlocks({ run, round, unit, records, missing, lost: lease.lost });
      made += missing;
      records = await workspace.documents.readRecords(images);
    }
    left = count(missingBlocks(blocksOfUnit(round, wholeWork), records));
    // The next round is made from this one, which other units have not finished.
    if (left > 0) break;
  }
  return { made, skipped, bytes, left };
}

/**
 * Opens a run that another process has checked and planned.
 * @param rounds as that process has planned them
 * @param identity as that process has written it down
 */
async function joinRun(
  request: CorrectRequest,
  { rounds, identity }: { readonly rounds: CorrectionPlan["rounds"]; readonly identity: RunIdentity },
  platform: Platform,
  hooks: RunHooks,
): Promise<RunPlan> {
  const run = await openRun(request, hooks);
  const { profilePlan, template, given, planRequest } = await planPixels(run, request, platform, hooks);
  if (checksums(given).join() !== (identity.parameters.givenProfiles as unknown[] | undefined)?.join()) {
    throw new IsoluxError({
      kind: "invalid",
      what: "The given profiles have changed since the correction was prepared",
      where: joinKey(request.places.models?.store.location ?? "", request.places.models?.key ?? ""),
      advice: "Put the old ones back, or prepare the correction again with --overwrite",
    });
  }
  const plan = planSharing(planRequest, rounds);
  return {
    request,
    acquisition: run.acquisition,
    channels: run.channels,
    profilePlan,
    given,
    plan,
    template,
  };
}

interface RoundWork {
  readonly run: Run;
  readonly round: CorrectionPlan["rounds"][number];
  readonly unit: Unit;
  readonly records: readonly ImageRecord[];
  readonly missing: number;
  readonly lost: AbortSignal;
}

/** How long blocks under way may take to end when a run is interrupted. */
const graceMs = 1000;

async function makeBlocks({ run, round, unit, records, missing, lost }: RoundWork): Promise<number> {
  const { report, signal } = run.hooks;
  let [done, bytes] = [0, 0];
  const stage = workingVerb(run.request);
  const reportProgress = () => report({ kind: "progress", stage, done, total: missing, bytes });
  report({ kind: "stage", text: `${stage} ${run.acquisition.location}` });
  const blocks = missingBlocks(blocksOfUnit(round, unit), records);
  await mapBlocks(run, writingOf(run.workspace, records), [blocks], {
    signal: AbortSignal.any([signal, lost]),
    stop: AbortSignal.any([delayed(signal, graceMs), lost]),
    onProgress: (made) => {
      bytes += made.bytes;
      reportProgress();
    },
    onDone: () => {
      done++;
      reportProgress();
    },
  });
  return bytes;
}

/** A signal that aborts some time after another. */
function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const controller = new AbortController();
  const follow = () => {
    const timer = setTimeout(() => controller.abort(signal.reason), ms);
    // The timer keeps no process alive.
    if (typeof timer === "object" && "unref" in timer) timer.unref();
  };
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow, { once: true });
  return controller.signal;
}
