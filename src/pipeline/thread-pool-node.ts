/** Worker threads that take orders, each from whoever finds it idle. */
import type { WorkerAssignment, WorkerReport } from "./thread-messages.ts";
import { ThreadedWorker, type ThreadHooks } from "./thread-node.ts";

/** A pool of workers; as many orders may be under way as it has workers. */
export class ThreadPool {
  private readonly workers: readonly ThreadedWorker[];
  private readonly idle: ThreadedWorker[] = [];
  private readonly signal: AbortSignal | undefined;
  private readonly onAbort = () => void this.stop();

  private constructor(workers: readonly ThreadedWorker[], signal: AbortSignal | undefined) {
    this.workers = workers;
    this.signal = signal;
    signal?.addEventListener("abort", this.onAbort);
  }

  /**
   * Starts the workers and waits until all are ready.
   * @param assign what worker `index` is for, at the first (0) or second (1) attempt
   * @throws IsoluxError where one cannot start
   */
  static async open(
    count: number,
    assign: (index: number, attempt: number) => WorkerAssignment,
    hooks: ThreadHooks,
    signal: AbortSignal | undefined,
  ): Promise<ThreadPool> {
    const start = (_: unknown, index: number) => new ThreadedWorker((attempt) => assign(index, attempt), hooks);
    const pool = new ThreadPool(Array.from({ length: count }, start), signal);
    try {
      for (const worker of pool.workers) {
        await worker.next();
        pool.idle.push(worker);
      }
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** Gives an order to an idle worker and waits for its answer. @throws IsoluxError whatever the worker meets */
  async order(order: object): Promise<WorkerReport> {
    const worker = this.idle.pop()!;
    const report = await worker.next(order);
    this.idle.push(worker);
    return report;
  }

  async close(): Promise<void> {
    this.signal?.removeEventListener("abort", this.onAbort);
    await this.stop();
  }

  private async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }
}
