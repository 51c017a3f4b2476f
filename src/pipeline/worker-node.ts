/**
 * A worker thread of Node: makes blocks as it is told, or surveys pieces, or estimates one profile. It may start before
 * it is known what for; meanwhile the kernels are made ready and the source is opened. It loads only what its task needs.
 */
import { parentPort } from "node:worker_threads";
import type { Acquisition } from "../acquisition/acquisition.ts";
import { useNodeKernels } from "../kernels/kernel-source-node.ts";
import { loadKernels } from "../kernels/load-kernels.ts";
import type { ObjectStore } from "../zarr/store.ts";
import type { BlockJob } from "./block-pool.ts";
import { useNodeDeflate } from "./deflate-node.ts";
import type { EstimateTask } from "./estimate-channel.ts";
import type { PieceOrder, SurveyJob } from "./estimate-pieces.ts";
import { isSamePlace, type Place } from "./location.ts";
import { openLocated } from "./open-located.ts";
import { openSource, storeAt } from "./open-place-node.ts";
import {
  type BlockOrder,
  faultOf,
  type SourceNotice,
  type WorkerAssignment,
  type WorkerReport,
} from "./thread-messages.ts";

function report(message: WorkerReport, handedOver: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, handedOver);
}

/** Answers one order after the other, and says at first that it is ready. */
function takeOrders<Order>(answer: (order: Order) => Promise<void>): void {
  parentPort?.on("message", (order: Order) => {
    answer(order).catch((error: unknown) => report({ kind: "failed", fault: faultOf(error) }));
  });
  report({ kind: "ready" });
}

/** Tells of finished chunks now and then: whoever hears of it is woken, and takes time from those who work. */
class BlockProgress {
  private chunks = 0;
  private bytes = 0;
  private toldAt = performance.now();

  /** A chunk is done. */
  add(bytes: number): void {
    this.chunks++;
    this.bytes += bytes;
    if (performance.now() - this.toldAt >= tellEveryMs) this.tell();
  }

  tell(): void {
    if (this.chunks > 0) report({ kind: "chunks", chunks: this.chunks, bytes: this.bytes });
    [this.chunks, this.bytes, this.toldAt] = [0, 0, performance.now()];
  }
}

const tellEveryMs = 100;

/** What was opened while this thread waited. */
let ahead: { readonly source: Place; readonly acquisition: Promise<Acquisition> } | undefined;

/** Opens a source before it is asked for; what is wrong with it shows when it is. */
function openAhead(source: Place): void {
  ahead = { source, acquisition: open(source) };
  ahead.acquisition.catch(() => undefined);
}

function openAcquisition(source: Place): Promise<Acquisition> {
  return ahead !== undefined && isSamePlace(ahead.source, source) ? ahead.acquisition : open(source);
}

async function open(source: Place): Promise<Acquisition> {
  return (await openLocated(await openSource(source))).acquisition;
}

/** The store of an output: a folder of this machine, or a bucket. */
async function openOutput(place: Place): Promise<ObjectStore> {
  if (place.locator?.kind !== "address") return storeAt(place);
  const { locateInBucket } = await import("./output-places-node.ts");
  return (await locateInBucket(place.locator.address)).store;
}

async function makeBlocks(job: BlockJob, name: string): Promise<void> {
  const { blockMaker } = await import("./block-pool.ts");
  const acquisition = await openAcquisition(job.source);
  const progress = new BlockProgress();
  const onChunk = (bytes: number) => progress.add(bytes);
  const stores = { output: await openOutput(job.output), storeAt };
  const makeBlock = blockMaker(acquisition, stores, job, name, { onChunk });
  takeOrders(async ({ pass, index }: BlockOrder) => {
    await makeBlock(pass, index);
    progress.tell();
    report({ kind: "blockDone" });
  });
}

async function surveyPieces({ source }: SurveyJob): Promise<void> {
  const { PieceSurveyor } = await import("./estimate-pieces.ts");
  const acquisition = await openAcquisition(source);
  const surveyor = new PieceSurveyor(acquisition);
  takeOrders(async (order: PieceOrder) => {
    const onChunk = (done: number, total: number) => report({ kind: "progress", done, total });
    const survey = await surveyor.survey(order, { onChunk });
    const buffers = [survey.median, survey.background, survey.sums, survey.counts].map(({ buffer }) => buffer);
    // What is shared is not handed over
    report(
      { kind: "survey", survey },
      buffers.filter((buffer) => buffer instanceof ArrayBuffer),
    );
  });
}

async function estimate(task: EstimateTask): Promise<void> {
  const { estimateChannel } = await import("./estimate-channel.ts");
  const { fitThreads } = await import("../estimate/basic/fit-threads-node.ts");
  const acquisition = await openAcquisition(task.source);
  const onProgress = (done: number, total: number) => report({ kind: "progress", done, total });
  report({
    kind: "estimate",
    estimate: await estimateChannel(acquisition, storeAt(task.scratch), task, { onProgress, fitThreads }),
  });
}

async function work(assignment: WorkerAssignment): Promise<void> {
  await loadKernels();
  if (assignment.kind === "blocks") await makeBlocks(assignment.job, assignment.name);
  else if (assignment.kind === "survey") await surveyPieces(assignment.job);
  else await estimate(assignment.task);
}

function awaitAssignment(): void {
  parentPort?.once("message", (message: SourceNotice | WorkerAssignment) => {
    if (message.kind === "source") {
      openAhead(message.source);
      awaitAssignment();
    } else {
      work(message).catch((error: unknown) => report({ kind: "failed", fault: faultOf(error) }));
    }
  });
}

useNodeDeflate();
useNodeKernels();
void loadKernels();
awaitAssignment();
