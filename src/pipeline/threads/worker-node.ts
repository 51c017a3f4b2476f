/**
 * The script of a worker thread of Node, which does one of the tasks, item by item. It may start before its task is
 * known, and meanwhile loads the kernels and opens the source. It loads only the code that its task needs.
 */
import { parentPort } from "node:worker_threads";
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { faultOf } from "../../errors.ts";
import { fitThreads } from "../../estimate/basic/fit-threads-node.ts";
import { useNodeKernels } from "../../kernels/kernel-source-node.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import { useNodeDeflate, useNodeDigest } from "../../zarr/deflate-node.ts";
import type { ObjectStore } from "../../zarr/store.ts";
import { openSource, storeAt } from "../places/find-places-node.ts";
import { openLocated, type Place } from "../places/location.ts";
import { type Item, type Progress, type TaskName, tasks, type Workplace } from "./tasks.ts";
import type { Assignment, SourceNotice, WorkerReport } from "./thread-messages.ts";

function report(message: WorkerReport, handedOver: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, handedOver);
}

/** Reports progress now and then: each message wakes the main thread, which takes processor time from workers. */
class ProgressReports<Name extends TaskName> {
  private readonly sum: (earlier: Progress<Name>, later: Progress<Name>) => Progress<Name>;
  private untold: Progress<Name> | undefined;
  private reportedAt = performance.now();

  constructor(sum: (earlier: Progress<Name>, later: Progress<Name>) => Progress<Name>) {
    this.sum = sum;
  }

  add(progress: Progress<Name>): void {
    this.untold = this.untold === undefined ? progress : this.sum(this.untold, progress);
    if (performance.now() - this.reportedAt >= reportEveryMs) this.report();
  }

  report(): void {
    if (this.untold !== undefined) report({ kind: "progress", progress: this.untold });
    [this.untold, this.reportedAt] = [undefined, performance.now()];
  }
}

const reportEveryMs = 100;

/** The source that was opened while this thread was idle. */
let ahead: { readonly source: Place; readonly acquisition: Promise<Acquisition> } | undefined;

/** Opens a source before it is needed; an error is thrown when it is. */
function openAhead(source: Place): void {
  ahead = { source, acquisition: open(source) };
  ahead.acquisition.catch(() => undefined);
}

function openAcquisition(source: Place): Promise<Acquisition> {
  return ahead !== undefined && isSamePlace(ahead.source, source) ? ahead.acquisition : open(source);
}

/** Whether two places, as {@link placeOf} gives them, are the same, by their names. */
function isSamePlace(one: Place, other: Place): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

async function open(source: Place): Promise<Acquisition> {
  return (await openLocated(await openSource(source))).acquisition;
}

/** The store of an output: a folder of this machine, or a bucket. */
async function openOutput(place: Place): Promise<ObjectStore> {
  if (place.locator?.kind !== "address") return storeAt(place);
  const { locateInBucket } = await import("../places/output-places-node.ts");
  return (await locateInBucket(place.locator.address)).store;
}

const here: Workplace = { openSource: openAcquisition, openOutput, storeAt, fitThreads };

/** Reports that it is ready, then processes one item after the other. */
async function work<Name extends TaskName>({ kind, job, name }: Assignment<Name>): Promise<void> {
  await loadKernels();
  const task = tasks[kind];
  const reports = new ProgressReports<Name>(task.sum);
  const answer = await task.begin(job, here, name, (progress) => reports.add(progress));
  const take = async (item: Item<Name>) => {
    const result = await answer(item);
    reports.report();
    report({ kind: "result", result }, task.handedOver?.(result));
  };
  parentPort?.on("message", (item: Item<Name>) => {
    take(item).catch((error: unknown) => report({ kind: "failed", fault: faultOf(error) }));
  });
  report({ kind: "ready" });
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
useNodeDigest();
useNodeKernels();
// A failure is reported when the kernels are needed
loadKernels().catch(() => undefined);
awaitAssignment();

/** The first message to a worker, except for a notice: its task. Its items follow, one by one. */
type WorkerAssignment = { readonly [Name in TaskName]: Assignment<Name> }[TaskName];
