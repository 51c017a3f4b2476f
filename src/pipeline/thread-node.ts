/** Worker threads of Node, and what happens when one dies. */
import type { Worker } from "node:worker_threads";
import { IsoluxError, interruption } from "../errors.ts";
import type { WorkerAssignment, WorkerReport } from "./thread-messages.ts";
import type { ThreadStock } from "./thread-stock-node.ts";

/** Where the worker threads of a task come from, and who hears of them. */
export interface ThreadHooks {
  readonly stock: ThreadStock;
  /** Told what happens on the way to an answer. */
  readonly onReport: (report: WorkerReport) => void;
  /** Told that a thread died and was replaced, and what was found. */
  readonly onLost: (found: string) => void;
}

/**
 * A worker that answers one order after the other. Where its thread dies (of memory that ran out, say) the order goes to
 * a new thread, once; the death of that one is an error.
 */
export class ThreadedWorker {
  private readonly assign: (attempt: number) => WorkerAssignment;
  private readonly hooks: ThreadHooks;
  private thread: Thread;
  private attempt = 0;

  /** @param assign what the first (0) and the second thread (1) are for */
  constructor(assign: (attempt: number) => WorkerAssignment, hooks: ThreadHooks) {
    this.assign = assign;
    this.hooks = hooks;
    this.thread = new Thread(assign(0), hooks);
  }

  /** Sends an order, if any, and waits for the report that answers it. @throws IsoluxError whatever the worker meets */
  async next(order?: object): Promise<WorkerReport> {
    try {
      return await this.thread.next(order);
    } catch (error) {
      if (!this.thread.hasDied || this.attempt > 0) throw error;
      this.attempt++;
      this.thread = new Thread(this.assign(this.attempt), this.hooks);
      this.hooks.onLost((error as IsoluxError).found ?? "");
      // One that takes orders says first that it is ready.
      if (order !== undefined) await this.thread.next();
      return this.thread.next(order);
    }
  }

  /** Ends the thread, whatever it does. Who waits for an answer gets an `interrupted` error. */
  stop(): Promise<void> {
    return this.thread.stop();
  }
}

/** A worker thread and the report that somebody waits for. */
class Thread {
  private readonly worker: Worker;
  private readonly onReport: (report: WorkerReport) => void;
  private waiting: { resolve: (report: WorkerReport) => void; reject: (error: unknown) => void } | undefined;
  private failure: unknown;
  private died = false;
  /** Answers that came before anybody asked. */
  private readonly early: WorkerReport[] = [];

  constructor(assignment: WorkerAssignment, { stock, onReport }: ThreadHooks) {
    this.onReport = onReport;
    this.worker = stock.take();
    this.worker.on("message", (report: WorkerReport) => this.receive(report));
    this.worker.on("error", (error) => this.die(error.message));
    this.worker.on("exit", (code) => this.die(`exit code ${code}`));
    this.worker.postMessage(assignment);
  }

  /** Whether it ended by itself: it neither reported what went wrong nor was it stopped. */
  get hasDied(): boolean {
    return this.died;
  }

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
    this.fail(interruption());
    await this.worker.terminate();
  }

  private receive(report: WorkerReport): void {
    if (report.kind === "chunks" || report.kind === "progress") {
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

  private die(found: string): void {
    this.died ||= this.failure === undefined;
    this.fail(crashed(found));
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = undefined;
  }
}

/** The error for a worker thread that is no more, or speaks out of turn. */
export function crashed(found: string): IsoluxError {
  return new IsoluxError({
    kind: "storage",
    what: "A worker thread ended unexpectedly",
    found,
    advice: "Run the same command again: it goes on where it stopped. If memory ran out, give fewer --workers",
  });
}
