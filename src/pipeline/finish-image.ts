/** The last step in which several processes correct an image: what is left, metadata, and the output in its place. */
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectSummary } from "../parameters/summaries.ts";
import { completeOutput } from "./correct-image.ts";
import type { OutputPlace } from "./location.ts";
import { patiently } from "./patience.ts";
import type { Platform } from "./platform.ts";
import {
  checkNothingLeft,
  checkSharable,
  type MachineShare,
  type PlaceOpener,
  readSharedRun,
  requestOf,
} from "./shared-run.ts";
import { Workspace } from "./workspace.ts";

/** Which output to finish, and what with. */
export interface FinishOrder extends MachineShare {
  readonly output: OutputPlace;
}

/**
 * Finishes an output that was prepared: makes what no unit has made, and puts it in its place. Waits for processes that
 * are at work on it.
 * @returns what was done, or `undefined` where the output is complete already
 * @throws IsoluxError for everything that keeps it from that; what is done by then stays done
 */
export async function finishImage(
  order: FinishOrder,
  opener: PlaceOpener,
  platform: Platform,
  hooks: RunHooks,
): Promise<CorrectSummary | undefined> {
  checkSharable(order.output);
  const wait = patiently(platform, hooks);
  const workspace = new Workspace(order.output, platform, wait);
  for (let holder = await workspace.holder(); (await readSharedRun(workspace)) === undefined; ) {
    if (holder === undefined) return await checkNothingLeft(order.output).then(() => undefined);
    await wait(holder);
    holder = await workspace.holder();
  }
  await workspace.lock();
  try {
    // Who was waited for may have done it.
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
