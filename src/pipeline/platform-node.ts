/** The machine as Node sees it: worker threads and processes. */
import { hostname } from "node:os";
import { Worker } from "node:worker_threads";
import { IsoluxError } from "../errors.ts";
import type { BlockJob, BlockPool, BlockPoolHooks } from "./block-pool.ts";
import type { ChannelEstimate, EstimateTask, TaskHooks } from "./estimate-channel.ts";
import type { Pass } from "./plan.ts";
import type { Platform } from "./platform.ts";
import type { WorkerAssignment, WorkerReport } from "./thread-messages.ts";

/** The platform of this process, with as many workers as it may have cores. */
export function nodePlatform(availableWorkers: number): Platform {
  return { availableWorkers, processName: `${hostname()}:${process.pid}`, isRunning, createBlockPool, estimate };
}

/** Processes of other machines cannot be asked: they count as running. */
function isRunning(processName: string): boolean {
  const separator = processName.lastIndexOf(":");
  if (processName.slice(0, separator) !== hostname()) return true;
  const pid = Number(processName.slice(separator + 1));
  // A lock of this very process number is that of a dead process whose number was given out again.
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A worker thread and the report that somebody waits for. */
class Thread {
  private readonly worker: Worker;
  private readonly onReport: (report: WorkerReport) => void;
  private waiting: { resolve: (report: WorkerReport) => void; reject: (error: unknown) => void } | undefined;
  private failure: unknown;
  /** Answers that came before anybody asked. */
  private readonly early: WorkerReport[] = [];

  constructor(assignment: WorkerAssignment, onReport: (report: WorkerReport) => void) {
    this.onReport = onReport;
    this.worker = new Worker(new URL("./worker-node.js", import.meta.url), { workerData: assignment });
    this.worker.on("message", (report: WorkerReport) => this.receive(report));
    this.worker.on("error", (error) => this.fail(crashed(error.message)));
    this.worker.on("exit", (code) => this.fail(crashed(`exit code ${code}`)));
  }

  /** Sends an order, if any, and waits for the report that answers it. */
  async next(order?: object): Promise<WorkerReport> {
    if (this.failure !== undefined) throw this.failure;
    const early = this.early.shift();
    if (early !== undefined) return early;
    const answer = new Promise<WorkerReport>((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
    if (order !== undefined) this.worker.postMessage(order);
    return answer;
  }

  async stop(): Promise<void> {
    this.fail(new IsoluxError({ kind: "interrupted", what: "The run was interrupted" }));
    await this.worker.terminate();
  }

  private receive(report: WorkerReport): void {
    if (report.kind === "chunk" || report.kind === "progress") {
      this.onReport(report);
    } else if (report.kind === "failed") {
      this.fail(new IsoluxError(report.fault));
    } else if (this.waiting === undefined) {
      this.early.push(report);
    } else {
      this.waiting.resolve(report);
      this.waiting = undefined;
    }
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = undefined;
  }
}

function crashed(found: string): IsoluxError {
  return new IsoluxError({
    kind: "storage",
    what: "A worker thread ended unexpectedly",
    found,
    advice: "Run the same command again: it goes on where it stopped. If memory ran out, give fewer --workers",
  });
}

async function createBlockPool(
  job: BlockJob,
  workers: number,
  { signal, onChunk }: BlockPoolHooks,
): Promise<BlockPool> {
  const onReport = (report: WorkerReport) => {
    if (report.kind === "chunk") onChunk?.(report.bytes);
  };
  const threads = Array.from(
    { length: workers },
    (_, index) => new Thread({ kind: "blocks", job, name: String(index) }, onReport),
  );
  const stopAll = () => Promise.all(threads.map((thread) => thread.stop())).then(() => undefined);
  const onAbort = () => void stopAll();
  signal?.addEventListener("abort", onAbort);
  const close = () => {
    signal?.removeEventListener("abort", onAbort);
    return stopAll();
  };
  const idle: Thread[] = [];
  try {
    for (const thread of threads) {
      await thread.next();
      idle.push(thread);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    size: workers,
    async run(pass: Pass, index: number) {
      const thread = idle.pop()!;
      await thread.next({ pass, index });
      idle.push(thread);
    },
    close,
  };
}

async function estimate(task: EstimateTask, { signal, onProgress }: TaskHooks): Promise<ChannelEstimate> {
  const thread = new Thread({ kind: "estimate", task }, (report) => {
    if (report.kind === "progress") onProgress?.(report.done, report.total);
  });
  const onAbort = () => void thread.stop();
  signal?.addEventListener("abort", onAbort);
  try {
    const report = await thread.next();
    if (report.kind === "estimate") return report.estimate;
    throw crashed(report.kind);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await thread.stop();
  }
}
