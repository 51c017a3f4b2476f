/** The third stage of a run, its pixels: workers that make blocks, as many as the plan says. */
import { arrayBytes, elementCount, type PixelType } from "../../shapes.ts";
import type { BlockJob, BlockPurpose, BlockWriting } from "../blocks/block-maker.ts";
import { OutputObjects } from "../blocks/output-objects.ts";
import { blockObject } from "../blocks/passes.ts";
import type { CorrectionPlan } from "../blocks/plan.ts";
import { type Block, blocksOfUnit } from "../blocks/units.ts";
import { chunksPerObject, type LevelGeometry } from "../output/level-geometry.ts";
import { outputLevels } from "../output/template.ts";
import { placeOf } from "../places/location.ts";
import { wholeWork } from "../record/claims.ts";
import { type ImageRecord, JournalWriter } from "../record/journal.ts";
import type { Workspace } from "../record/workspace.ts";
import { type MapHooks, map, workplaceOf } from "../threads/executor.ts";
import type { Platform } from "../threads/platform.ts";
import { lostWorker } from "../threads/thread-messages.ts";
import { PartsInOrder } from "./parts-in-order.ts";
import type { Run, RunPlan } from "./plan-run.ts";

/** All blocks of a plan, round by round. */
export function allBlocks({ rounds }: CorrectionPlan): Iterable<Block>[] {
  return rounds.map((round) => blocksOfUnit(round, wholeWork));
}

/** What is done to pixels, for people. */
export function workingVerb({ profileSource }: RunPlan["request"]): string {
  return profileSource.kind === "none" ? "Converting" : "Correcting";
}

/**
 * What blocks are made for to be written: all but those that are made already.
 * @param counted of each image whether the values of its coarsest level are counted; of none by default
 */
export function writingOf(
  workspace: Workspace,
  records: readonly ImageRecord[],
  counted: readonly boolean[] = [],
): BlockWriting {
  return {
    kind: "write",
    journal: placeOf(workspace.folder("journal")),
    runName: `${Date.now().toString(36)}-${crypto.randomUUID()}`,
    finished: records.map(({ finished }) => finished.bits),
    counted,
  };
}

/**
 * Lets workers, as many as the plan says, make blocks of a run.
 * @returns whether one of them ended unexpectedly, and so may have left unfinished objects
 */
export async function mapBlocks(
  { request, acquisition, plan, template, workspace, fields, platform, hooks: { report } }: Run,
  purpose: BlockPurpose,
  rounds: Iterable<Iterable<Block>>,
  hooks: Pick<MapHooks<"blocks">, "signal" | "stop" | "onProgress" | "onDone">,
): Promise<{ readonly lost: boolean }> {
  const job: BlockJob = {
    source: placeOf(request.places.source),
    output: placeOf(workspace.pixels),
    images: template.images.map(({ key, levels, source }) => ({ key, levels, source })),
    fields,
    cacheBytes: plan.cacheBytes,
    purpose,
  };
  let lost = false;
  const onLost = (found: string) => {
    lost = true;
    report({ kind: "warning", text: lostWorker(found) });
  };
  // What finding the profiles left is none of what the plan of the pixels counts
  platform.collectGarbage?.();
  const threads = plan.workers > 1 ? plan.workers : 0;
  // The notes of this process are where its workspace is.
  const here = workplaceOf(acquisition, workspace.image.store, platform, workspace.pixels.store);
  const how = { ...hooks, threads, here, onLost };
  if (!plan.rounds.flat().some(({ parts }) => parts !== undefined)) await map(platform, "blocks", job, rounds, how);
  else await mapParts(workspace, platform, job, rounds, { ...how, workers: plan.workers });
  return { lost };
}

/** The same where blocks are made in parts: what workers make of an object comes together in this thread. */
async function mapParts(
  workspace: Workspace,
  platform: Platform,
  job: BlockJob,
  rounds: Iterable<Iterable<Block>>,
  { workers, ...how }: MapHooks<"blocks"> & { readonly workers: number },
): Promise<void> {
  const { pixels } = workspace;
  const { purpose, images } = job;
  const openObjects = (image: number) => {
    const { store, key } = workspace.folder("journal");
    const { runName } = purpose as BlockWriting;
    const levels = outputLevels(images[image]!, pixels.store, pixels.key);
    return new OutputObjects(levels, pixels.store, new JournalWriter(store, key, `${runName}-parts`), image);
  };
  const parts = new PartsInOrder(openObjects, workers, how.signal);
  const divided = Array.from(rounds, (blocks) => parts.divided(blocks));
  try {
    await map(platform, "blocks", job, divided, {
      ...how,
      onDone: async (made, block) => {
        await parts.take(block, made);
        how.onDone?.(made, block);
      },
      onFailed: (error) => parts.fail(error),
      onRoundDone: () => parts.flush(),
    });
  } catch (error) {
    await parts.giveUp();
    throw error;
  }
}

/**
 * The chunks of the full resolution that are made, and the bytes of their pixels.
 * @param images the levels of every image
 */
export function doneBefore(
  images: readonly (readonly LevelGeometry[])[],
  type: PixelType,
  records: readonly ImageRecord[],
): { readonly chunks: number; readonly bytes: number } {
  let [chunks, bytes] = [0, 0];
  for (const [index, [full]] of images.entries()) {
    const made = records[index]!.finished.count(0) * elementCount(chunksPerObject(full!));
    chunks += made;
    bytes += made * arrayBytes(type, full!.chunkShapeCzyx);
  }
  return { chunks, bytes };
}

// Which blocks are still to be made.

/** Of some blocks those that no journal says are made. */
export function* missingBlocks(blocks: Iterable<Block>, records: readonly ImageRecord[]): Generator<Block> {
  for (const block of blocks) if (!isMade(block, records)) yield block;
}

/** A block is made when its top object is, which comes last. */
function isMade({ pass, index }: Block, records: readonly ImageRecord[]): boolean {
  return records[pass.image]!.finished.has(pass.topLevel, blockObject(pass, index));
}

/** How many of them there are. */
export function count(items: Iterable<unknown>): number {
  let number = 0;
  for (const _ of items) number++;
  return number;
}
