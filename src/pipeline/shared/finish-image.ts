/**
 * Finishes an output that several processes made: makes remaining blocks, writes metadata, and moves the output to its
 * place.
 */
import { passOver } from "../../errors.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { CorrectSummary } from "../../parameters/summaries.ts";
import { completeOutput } from "../correct-image.ts";
import type { OutputPlace, PlaceOpener } from "../places/location.ts";
import { chosenRequest, type OpenRequest } from "../places/request.ts";
import type { Unit } from "../record/claims.ts";
import { Workspace, waitForLock } from "../record/workspace.ts";
import { identityParameters } from "../run/provenance.ts";
import type { Platform } from "../threads/platform.ts";
import { prepareImage } from "./prepare-image.ts";
import { checkNothingLeft, checkSharable, type MachineShare, readSharedRun, requestOf } from "./shared-run.ts";
import { workOnUnit } from "./work-on-unit.ts";

/** Which output to finish, and the resources for it. */
interface FinishOrder extends MachineShare {
  readonly output: OutputPlace;
}

/**
 * Finishes an output that was prepared: makes the blocks that no unit has made, and moves it to its place. Waits for
 * processes that still work on it.
 * @returns what was done, or `undefined` where the output is complete already
 * @throws IsoluxError for everything that prevents that; finished work is kept
 */
export async function finishImage(
  order: FinishOrder,
  opener: PlaceOpener,
  platform: Platform,
  hooks: RunHooks,
): Promise<CorrectSummary | undefined> {
  checkSharable(order.output);
  const wait = waitForLock(platform, hooks);
  const workspace = new Workspace(order.output, platform, wait);
  for (let holder = await workspace.holder(); (await readSharedRun(workspace)) === undefined; ) {
    if (holder === undefined) return await checkNothingLeft(order.output).then(() => undefined);
    await wait(holder);
    holder = await workspace.holder();
  }
  await workspace.lock();
  try {
    // The process that was waited for may have finished it.
    const shared = await readSharedRun(workspace);
    if (shared === undefined) {
      await workspace.unlock();
      return await checkNothingLeft(order.output).then(() => undefined);
    }
    const request = await requestOf(shared, order.output, opener, order);
    return await completeOutput(request, workspace, platform, hooks, shared);
  } catch (error) {
    await workspace.unlock().catch(() => undefined);
    throw error;
  }
}

// A correction by equal processes that a scheduler starts in any order and at any time, and may restart: the first one
// prepares, each makes its unit, and the one that finds all blocks made finishes the output.

/** The part of one of the processes. */
interface TogetherOrder extends OpenRequest {
  readonly unit: Unit;
  /** Digest of the source when all was planned: work on another source is not continued. */
  readonly source: string;
  /** Whether the output is complete, by this run or an earlier one. */
  readonly isDone: () => Promise<boolean>;
}

/** The result: the output is complete, or a number of blocks is left to other processes. */
export type TogetherResult =
  | {
      readonly kind: "complete";
      /** Present where this process has completed it. */
      readonly summary?: CorrectSummary;
    }
  | { readonly kind: "left"; readonly blocks: number };

/**
 * Does a process's part of a correction.
 * @throws IsoluxError for everything that prevents that; finished work is kept
 */
export async function correctTogether(
  order: TogetherOrder,
  opener: PlaceOpener,
  platform: Platform,
  hooks: RunHooks,
): Promise<TogetherResult> {
  const { request, unit } = order;
  const { output } = request.places;
  const { workers, memory } = request.parameters;
  const share = { output, memory, workers };
  if (!(await prepareOnce(order, platform, hooks))) return { kind: "complete" };
  // An image that only has to be moved to its place needs no blocks, and its source may be gone.
  if ((await new Workspace(output, platform).documents.readCompletion()) === undefined) {
    const { left } = await workOnUnit({ ...share, unit }, opener, platform, hooks);
    if (left > 0) return { kind: "left", blocks: left };
  }
  const summary = await finishImage(share, opener, platform, hooks);
  return { kind: "complete", summary };
}

/** Makes sure that the run is prepared, by this process or another. @returns false where the output is complete */
async function prepareOnce(order: TogetherOrder, platform: Platform, hooks: RunHooks): Promise<boolean> {
  const busy = new Busy();
  const workspace = new Workspace(order.request.places.output, platform, busy.refuse);
  const wait = waitForLock(platform, hooks);
  for (;;) {
    if (await isPrepared(workspace, order)) return true;
    const holder = await workspace.holder();
    if (holder !== undefined) {
      await wait(holder);
      continue;
    }
    // The finishing process holds the lock until the output is complete: without a lock, it is complete or not begun.
    if (await order.isDone()) return false;
    try {
      await prepareAlone(order, workspace, platform, hooks);
      return true;
    } catch (error) {
      if (error !== busy) throw error;
      await wait(busy.found);
    }
  }
}

/** Prepares the run while others wait, so that the way to the profiles is chosen once. */
async function prepareAlone(
  order: TogetherOrder,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
): Promise<void> {
  await workspace.lock();
  try {
    // Another process may have prepared it just before.
    if (await isPrepared(workspace, order)) return await workspace.unlock();
    const request = await chosenRequest(order, await order.choice?.make());
    await prepareImage(request!, order.unit.count, platform, hooks, workspace);
  } catch (error) {
    if (workspace.isTaken) await workspace.unlock().catch(() => undefined);
    throw error;
  }
}

/** Thrown where another process was first. */
class Busy extends Error {
  found = "";

  readonly refuse = async (found: string): Promise<void> => {
    this.found = found;
    throw this;
  };
}

/** Whether the prepared run in the workspace is this one. */
async function isPrepared(workspace: Workspace, order: TogetherOrder): Promise<boolean> {
  // A run that another version prepared is not; preparing reports that.
  const shared = await readSharedRun(workspace).catch(passOver);
  const request = shared && (await chosenRequest(order, shared.asked.advice));
  if (shared === undefined || request === undefined) return false;
  if (shared.asked.parameters.eraseSourceImage !== request.parameters.eraseSourceImage) return false;
  return (await workspace.documents.describeCompleted(identityParameters(request), order.source)) === undefined;
}
