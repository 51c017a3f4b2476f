/** The second step in which several processes correct an image: each makes its unit of the blocks. */

import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { UnitSummary } from "../parameters/summaries.ts";
import { joinKey } from "../zarr/store.ts";
import type { OutputPlace } from "./location.ts";
import { type BegunUnit, makeUnit } from "./make-unit.ts";
import { patiently } from "./patience.ts";
import type { Platform } from "./platform.ts";
import { prepareKernels } from "./prepare-kernels.ts";
import {
  checkNothingLeft,
  checkSharable,
  type MachineShare,
  type PlaceOpener,
  readSharedRun,
  type SharedRun,
} from "./shared-run.ts";
import { type Unit, wholeWork } from "./units.ts";
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
  const { unit, lease } = begun;
  try {
    const made = await makeUnit({ ...begun, output: order.output, machine: order, workspace, opener, platform }, hooks);
    if (!(await lease.beat())) throw workspace.taken();
    await workspace.units.tell(lease, { ended: "done" });
    return {
      output: outputOf(order),
      unit: unit.index,
      units: unit.count,
      ...made,
      seconds: (Date.now() - startedMs) / 1000,
    };
  } catch (error) {
    if (lease.lost.aborted) throw workspace.taken();
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

/** Says that this process is at work, as soon as no other has the output for itself; nothing where all is done. */
async function begin(
  order: UnitOrder,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
): Promise<BegunUnit | undefined> {
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
