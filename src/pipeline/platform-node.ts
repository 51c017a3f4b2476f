/** The machine as Node sees it: worker threads and processes. */
import { hostname } from "node:os";
import type { BlockJob, BlockPool, BlockPoolHooks } from "./block-pool.ts";
import type { ChannelEstimate, EstimateTask, TaskHooks } from "./estimate-channel.ts";
import type { Pass } from "./plan.ts";
import type { Platform } from "./platform.ts";
import type { WorkerReport } from "./thread-messages.ts";
import { crashed, ThreadedWorker } from "./thread-node.ts";

/**
 * The platform of this process, with as many workers as it may have cores.
 * @param script what its worker threads run
 */
export function nodePlatform(
  availableWorkers: number,
  script: URL = new URL("./worker-node.js", import.meta.url),
): Platform {
  return {
    availableWorkers,
    processName: `${hostname()}:${process.pid}`,
    isRunning,
    createBlockPool: (job, workers, hooks) => createBlockPool(script, job, workers, hooks),
    estimate: (task, hooks) => estimate(script, task, hooks),
  };
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

async function createBlockPool(
  script: URL,
  job: BlockJob,
  count: number,
  { signal, onChunk, onLost }: BlockPoolHooks,
): Promise<BlockPool> {
  const hooks = {
    script,
    onReport: (report: WorkerReport) => {
      if (report.kind === "chunk") onChunk?.(report.bytes);
    },
    onLost: (found: string) => onLost?.(found),
  };
  // Every thread has a journal of its own, also one that replaces another.
  const workers = Array.from({ length: count }, (_, index) => {
    const name = (attempt: number) => (attempt === 0 ? String(index) : `${index}-${attempt}`);
    return new ThreadedWorker((attempt) => ({ kind: "blocks", job, name: name(attempt) }), hooks);
  });
  const stopAll = () => Promise.all(workers.map((worker) => worker.stop())).then(() => undefined);
  const onAbort = () => void stopAll();
  signal?.addEventListener("abort", onAbort);
  const close = () => {
    signal?.removeEventListener("abort", onAbort);
    return stopAll();
  };
  const idle: ThreadedWorker[] = [];
  try {
    for (const worker of workers) {
      await worker.next();
      idle.push(worker);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    size: count,
    async run(pass: Pass, index: number) {
      const worker = idle.pop()!;
      await worker.next({ pass, index });
      idle.push(worker);
    },
    close,
  };
}

async function estimate(
  script: URL,
  task: EstimateTask,
  { signal, onProgress, onLost }: TaskHooks,
): Promise<ChannelEstimate> {
  const worker = new ThreadedWorker(() => ({ kind: "estimate", task }), {
    script,
    onReport: (report) => {
      if (report.kind === "progress") onProgress?.(report.done, report.total);
    },
    onLost: (found) => onLost?.(found),
  });
  const onAbort = () => void worker.stop();
  signal?.addEventListener("abort", onAbort);
  try {
    const report = await worker.next();
    if (report.kind === "estimate") return report.estimate;
    throw crashed(report.kind);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await worker.stop();
  }
}
