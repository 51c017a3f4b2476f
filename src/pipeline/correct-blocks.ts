/** The pixels of a correction: workers that make blocks, as many as the plan says. */
import type { RunHooks } from "../parameters/run-events.ts";
import { arrayBytes, elementCount, type PixelType } from "../shapes.ts";
import { type BlockJob, type BlockPool, type BlockPurpose, type BlockWriting, inlineBlockPool } from "./block-pool.ts";
import type { ChannelFields } from "./correct-chunk.ts";
import type { ImageRecord } from "./journal.ts";
import { chunksPerObject, type LevelGeometry } from "./level-geometry.ts";
import { placeOf } from "./location.ts";
import { lostWorker } from "./lost-worker.ts";
import { chunkCount, geometries, outputType } from "./output-template.ts";
import type { Platform } from "./platform.ts";
import type { PreparedRun } from "./prepare-run.ts";
import { runPasses } from "./run-passes.ts";
import type { Workspace } from "./workspace.ts";

/** A run whose blocks can be made. */
export interface BlockParts {
  readonly run: PreparedRun;
  readonly workspace: Workspace;
  readonly fields: readonly ChannelFields[];
  readonly records: readonly ImageRecord[];
  readonly platform: Platform;
}

/** Ways to follow and to stop the workers. */
interface PoolUse {
  /** Stops the workers at once. */
  readonly signal: AbortSignal;
  readonly onChunks: (chunks: number, bytes: number) => void;
  readonly report: RunHooks["report"];
}

/** Makes all blocks that are not made yet. The workspace must be this process's alone. */
export async function correctBlocks(parts: BlockParts, { report, signal }: RunHooks): Promise<void> {
  const { request, acquisition, plan, template } = parts.run;
  const total = chunkCount(template);
  const images = template.images.map(geometries);
  const before = doneBefore(images, outputType(template), parts.records);
  let { bytes } = before;
  let done = Math.min(before.chunks, total);
  const verb = workingVerb(request);
  const onChunks = (chunks: number, chunkBytes: number) => {
    done = Math.min(done + chunks, total);
    bytes += chunkBytes;
    report({ kind: "progress", stage: verb, done, total, bytes });
  };
  report({ kind: "stage", text: `${verb} ${acquisition.location}` });
  const { lost } = await withPool(parts, writingOf(parts), { signal, onChunks, report }, (pool) =>
    runPasses(plan.rounds, pool, signal),
  );
  if (lost) await parts.workspace.image.store.sweep(parts.workspace.image.key);
}

/** What is done to pixels, for people. */
export function workingVerb({ profileSource }: PreparedRun["request"]): string {
  return profileSource.kind === "none" ? "Converting" : "Correcting";
}

/** What blocks are made for to be written: all but those that are made already. */
export function writingOf({ workspace, records }: Pick<BlockParts, "workspace" | "records">): BlockWriting {
  return {
    kind: "write",
    journal: placeOf(workspace.folder("journal")),
    runName: `${Date.now().toString(36)}-${crypto.randomUUID()}`,
    finished: records.map(({ finished }) => finished.bits),
  };
}

/**
 * Lets workers do something.
 * @returns whether one of them ended unexpectedly, and so may have left unfinished objects
 */
export async function withPool(
  { run, workspace, fields, platform }: Omit<BlockParts, "records">,
  purpose: BlockPurpose,
  { signal, onChunks, report }: PoolUse,
  use: (pool: BlockPool) => Promise<void>,
): Promise<{ readonly lost: boolean }> {
  const { request, acquisition, plan, template } = run;
  const job: BlockJob = {
    source: placeOf(request.places.source),
    output: placeOf(workspace.pixels),
    images: template.images.map(({ key, levels, source }) => ({ key, levels, source })),
    fields,
    cacheBytes: plan.cacheBytes,
    purpose,
  };
  // The notes of this process are where its workspace is.
  const stores = { output: workspace.pixels.store, storeAt: () => workspace.image.store };
  let lost = false;
  const onLost = (found: string) => {
    lost = true;
    report({ kind: "warning", text: lostWorker(found) });
  };
  const hooks = { signal, onChunks, onLost };
  // What finding the profiles left is none of what the plan of the pixels counts
  platform.collectGarbage?.();
  const inThreads = plan.workers > 1 ? platform.createBlockPool : undefined;
  await platform.holdThreads?.(inThreads === undefined ? 0 : plan.workers);
  const pool = (await inThreads?.(job, plan.workers, hooks)) ?? inlineBlockPool(acquisition, stores, job, hooks);
  try {
    await use(pool);
  } finally {
    await pool.close();
  }
  return { lost };
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
