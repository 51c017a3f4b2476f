/**
 * A correction by processes that a scheduler starts alike, in any order and at any time, and that it may start again:
 * the first one prepares, each makes its unit, and who finds all blocks made finishes the output.
 */
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectSummary } from "../parameters/summaries.ts";
import type { CorrectRequest } from "./correct-request.ts";
import { finishImage } from "./finish-image.ts";
import { patiently } from "./patience.ts";
import type { Platform } from "./platform.ts";
import { prepareImage } from "./prepare-image.ts";
import { decisiveParameters } from "./provenance.ts";
import { type PlaceOpener, readSharedRun } from "./shared-run.ts";
import type { Unit } from "./units.ts";
import { workOnUnit } from "./work-on-unit.ts";
import { Workspace } from "./workspace.ts";

/** What one of the processes is to do. */
export interface TogetherOrder {
  readonly request: CorrectRequest;
  readonly unit: Unit;
  /** Digest of the source when all was planned: other work that lies there is not gone on with. */
  readonly source: string;
  /** Whether the output is complete, by this work or an earlier one. */
  readonly isDone: () => Promise<boolean>;
}

/** What came of it: the output is complete, or so many blocks are left to the other processes. */
export type TogetherResult =
  | {
      readonly kind: "complete";
      /** There where this process has completed it. */
      readonly summary?: CorrectSummary;
    }
  | { readonly kind: "left"; readonly blocks: number };

/**
 * Does a process's part of a correction.
 * @throws IsoluxError for everything that keeps it from that; what is done by then stays done
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
  const share = { output, memory, ...(workers === undefined ? {} : { workers }) };
  if (!(await prepareOnce(order, platform, hooks))) return { kind: "complete" };
  // An image that only needs its place has no use for blocks, and perhaps no source any more.
  if ((await new Workspace(output, platform).documents.readCompletion()) === undefined) {
    const { left } = await workOnUnit({ ...share, unit }, opener, platform, hooks);
    if (left > 0) return { kind: "left", blocks: left };
  }
  const summary = await finishImage(share, opener, platform, hooks);
  return { kind: "complete", ...(summary && { summary }) };
}

/** Sees to it that the work is prepared, by this process or another. @returns false where it is done altogether */
async function prepareOnce(order: TogetherOrder, platform: Platform, hooks: RunHooks): Promise<boolean> {
  const { request, unit } = order;
  const workspace = new Workspace(request.places.output, platform);
  const wait = patiently(platform, hooks);
  for (;;) {
    if (await isPrepared(workspace, order)) return true;
    const holder = await workspace.holder();
    if (holder !== undefined) {
      await wait(holder);
      continue;
    }
    // Who finishes holds the output until it is complete: with nobody there, it is complete or not begun.
    if (await order.isDone()) return false;
    const busy = new Busy();
    try {
      await prepareImage(request, unit.count, platform, hooks, busy.refuse);
      return true;
    } catch (error) {
      if (error !== busy) throw error;
      await wait(busy.found);
    }
  }
}

/** Thrown where another process has come first. */
class Busy extends Error {
  found = "";

  readonly refuse = async (found: string): Promise<void> => {
    this.found = found;
    throw this;
  };
}

/** Whether what is written down there is this work. */
async function isPrepared(workspace: Workspace, { request, source }: TogetherOrder): Promise<boolean> {
  // What another version has prepared is not; preparing tells so.
  const shared = await readSharedRun(workspace).catch(() => undefined);
  if (shared === undefined) return false;
  if (shared.asked.parameters.eraseSourceImage !== request.parameters.eraseSourceImage) return false;
  return (await workspace.documents.describeCompleted(decisiveParameters(request), source)) === undefined;
}
