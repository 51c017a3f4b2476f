/** The machine as Node sees it: worker threads and processes. */
import { hostname } from "node:os";
import { fitThreads } from "../estimate/basic/fit-threads-node.ts";
import type { BlockJob, BlockPool, BlockPoolHooks } from "./block-pool.ts";
import { collectGarbage } from "./collect-garbage-node.ts";
import type { ChannelEstimate, EstimateTask, TaskHooks } from "./estimate-channel.ts";
import type { SurveyJob, SurveyPool, SurveyPoolHooks } from "./estimate-pieces.ts";
import type { Platform } from "./platform.ts";
import { crashed, ThreadedWorker } from "./thread-node.ts";
import { ThreadPool } from "./thread-pool-node.ts";
import { ThreadStock } from "./thread-stock-node.ts";

/**
 * The platform of this process, with as many workers as it may have cores.
 * @param script what its worker threads run
 */
export function nodePlatform(
  availableWorkers: number,
  script: URL = new URL("./worker-node.js", import.meta.url),
): Platform {
  const stock = new ThreadStock(script);
  return {
    availableWorkers,
    processName: `${hostname()}:${process.pid}`,
    isRunning,
    collectGarbage,
    holdThreads: (count, source) => stock.hold(count, source),
    createBlockPool: (job, workers, hooks) => createBlockPool(stock, job, workers, hooks),
    createSurveyPool: (job, workers, hooks) => createSurveyPool(stock, job, workers, hooks),
    fitThreads,
    estimate: (task, hooks) => estimate(stock, task, hooks),
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
  stock: ThreadStock,
  job: BlockJob,
  count: number,
  { signal, onChunks, onLost }: BlockPoolHooks,
): Promise<BlockPool> {
  // Every thread has a journal of its own, also one that replaces another.
  const nameOf = (index: number, attempt: number) => (attempt === 0 ? String(index) : `${index}-${attempt}`);
  const threads = await ThreadPool.open(
    count,
    (index, attempt) => ({ kind: "blocks", job, name: nameOf(index, attempt) }),
    {
      stock,
      onReport: (report) => {
        if (report.kind === "chunks") onChunks?.(report.chunks, report.bytes);
      },
      onLost: (found) => onLost?.(found),
    },
    signal,
  );
  return {
    size: count,
    run: async (pass, index) => void (await threads.order({ pass, index })),
    close: () => threads.close(),
  };
}

async function createSurveyPool(
  stock: ThreadStock,
  job: SurveyJob,
  count: number,
  { signal, onRead, onLost }: SurveyPoolHooks,
): Promise<SurveyPool> {
  const hooks = { stock, onReport: () => onRead?.(), onLost: (found: string) => onLost?.(found) };
  const threads = await ThreadPool.open(count, () => ({ kind: "survey", job }), hooks, signal);
  return {
    size: count,
    isThreaded: true,
    async survey(order) {
      const report = await threads.order(order);
      if (report.kind === "survey") return report.survey;
      throw crashed(report.kind);
    },
    close: () => threads.close(),
  };
}

async function estimate(
  stock: ThreadStock,
  task: EstimateTask,
  { signal, onProgress, onLost }: TaskHooks,
): Promise<ChannelEstimate> {
  const worker = new ThreadedWorker(() => ({ kind: "estimate", task }), {
    stock,
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
