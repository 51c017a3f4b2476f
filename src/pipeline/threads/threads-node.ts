/** Worker threads of Node: idle ones, busy ones, and their replacement when one dies. */
import { Worker } from "node:worker_threads";
import { IsoluxError, interruption } from "../../errors.ts";
import type { Place } from "../places/location.ts";
import type { Team, TeamHooks, Threads } from "./executor.ts";
import type { Item, Job, Progress, Result, TaskName } from "./tasks.ts";
import type { Assignment, SourceNotice, WorkerReport } from "./thread-messages.ts";

/** How the worker threads of a task are obtained, and what is called about them. */
interface ThreadHooks<Name extends TaskName> extends TeamHooks<Name> {
  readonly idleWorkers: IdleWorkers;
}

/**
 * A worker that processes one item after the other. Where its thread dies (out of memory, say) the item goes to a new
 * thread, once; if that one dies too, that is an error.
 */
class ThreadedWorker<Name extends TaskName> {
  private readonly assign: (attempt: number) => Assignment<Name>;
  private readonly hooks: ThreadHooks<Name>;
  private thread: Thread<Name>;
  private attempt = 0;

  /** @param assign the assignment of the first (0) and the second thread (1) */
  constructor(assign: (attempt: number) => Assignment<Name>, hooks: ThreadHooks<Name>) {
    this.assign = assign;
    this.hooks = hooks;
    this.thread = new Thread(assign(0), hooks);
  }

  /** Resolves when the worker is ready for its first item. @throws IsoluxError where it cannot begin */
  ready(): Promise<WorkerReport<Name>> {
    return this.next();
  }

  /** Gives it an item and waits for the result. @throws IsoluxError whatever the worker throws */
  async work(item: Item<Name>): Promise<Result<Name>> {
    const report = await this.next(item);
    if (report.kind === "result") return report.result;
    throw crashed(report.kind);
  }

  private async next(item?: Item<Name>): Promise<WorkerReport<Name>> {
    try {
      return await this.thread.next(item);
    } catch (error) {
      if (!this.thread.hasDied || this.attempt > 0) throw error;
      this.attempt++;
      this.thread = new Thread(this.assign(this.attempt), this.hooks);
      this.hooks.onLost?.((error as IsoluxError).found ?? "");
      // Its first message says that it is ready.
      if (item !== undefined) await this.thread.next();
      return this.thread.next(item);
    }
  }

  /** Ends the thread at once. A pending result is rejected with an `interrupted` error. */
  stop(): Promise<void> {
    return this.thread.stop();
  }
}

/** A worker thread, and the promise of its next report. */
class Thread<Name extends TaskName> {
  private readonly worker: Worker;
  private readonly onProgress: ((progress: Progress<Name>) => void) | undefined;
  private waiting: { resolve: (report: WorkerReport<Name>) => void; reject: (error: unknown) => void } | undefined;
  private failure: unknown;
  private died = false;
  /** Reports that came before they were awaited. */
  private readonly early: WorkerReport<Name>[] = [];

  constructor(assignment: Assignment<Name>, { idleWorkers, onProgress }: ThreadHooks<Name>) {
    this.onProgress = onProgress;
    this.worker = idleWorkers.take();
    this.worker.on("message", (report: WorkerReport<Name>) => this.receive(report));
    this.worker.on("error", (error) => this.die(error.message));
    this.worker.on("exit", (code) => this.die(`exit code ${code}`));
    this.worker.postMessage(assignment);
  }

  /** Whether it crashed: it ended without an error report and was not stopped. */
  get hasDied(): boolean {
    return this.died;
  }

  async next(item?: Item<Name>): Promise<WorkerReport<Name>> {
    if (this.failure !== undefined) throw this.failure;
    const early = this.early.shift();
    if (early !== undefined) return early;
    const answer = new Promise<WorkerReport<Name>>((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
    if (item !== undefined) this.worker.postMessage(item);
    return answer;
  }

  async stop(): Promise<void> {
    this.fail(interruption());
    await this.worker.terminate();
  }

  private receive(report: WorkerReport<Name>): void {
    if (report.kind === "progress") {
      this.onProgress?.(report.progress);
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

/** The error for a crashed worker or an unexpected message. */
function crashed(found: string): IsoluxError {
  return new IsoluxError({
    kind: "storage",
    what: "A worker thread ended unexpectedly",
    found,
    advice: "Run the same command again: it resumes. If memory ran out, give fewer --workers",
  });
}

// A team: workers on one job; an idle one takes the next item.

class ThreadTeam<Name extends TaskName> implements Team<Name> {
  private readonly workers: readonly ThreadedWorker<Name>[];
  private readonly idle: ThreadedWorker<Name>[] = [];
  private readonly signal: AbortSignal | undefined;
  private readonly onAbort = () => void this.stop();

  constructor(workers: readonly ThreadedWorker<Name>[], signal: AbortSignal | undefined) {
    this.workers = workers;
    this.signal = signal;
    signal?.addEventListener("abort", this.onAbort);
  }

  get size(): number {
    return this.workers.length;
  }

  /** Resolves when all are ready. @throws IsoluxError where one cannot start; then all are ended */
  async begin(): Promise<void> {
    try {
      for (const worker of this.workers) {
        await worker.ready();
        this.idle.push(worker);
      }
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async work(item: Item<Name>): Promise<Result<Name>> {
    const worker = this.idle.pop()!;
    const result = await worker.work(item);
    this.idle.push(worker);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal?.removeEventListener("abort", this.onAbort);
    await this.stop();
  }

  private async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }
}

// The worker threads of a process, some of which are started before their task is known.

/**
 * Threads that all run the same script and receive their task by a message. Starting one takes a tenth of a second,
 * which overlaps with opening the image if it is started early.
 */
export class IdleWorkers implements Threads {
  private readonly script: URL;
  private readonly waiting = new Set<Worker>();

  /** @param script what the threads run */
  constructor(script: URL) {
    this.script = script;
  }

  /**
   * Starts or ends threads until `count` are idle. They keep no process alive.
   * @param source what those that start now may open meanwhile
   */
  async hold(count: number, source?: Place): Promise<void> {
    while (this.waiting.size < count) this.start(source);
    const surplus = [...this.waiting].slice(count);
    for (const worker of surplus) this.waiting.delete(worker);
    await Promise.all(surplus.map((worker) => worker.terminate()));
  }

  async open<Name extends TaskName>(
    task: Name,
    job: Job<Name>,
    count: number,
    hooks: TeamHooks<Name>,
  ): Promise<Team<Name>> {
    // Every thread has a unique name, also one that replaces another.
    const nameOf = (index: number, attempt: number) => (attempt === 0 ? String(index) : `${index}-${attempt}`);
    const start = (_: unknown, index: number) =>
      new ThreadedWorker<Name>((attempt) => ({ kind: task, job, name: nameOf(index, attempt) }), {
        ...hooks,
        idleWorkers: this,
      });
    const team = new ThreadTeam(Array.from({ length: count }, start), hooks.stop);
    await team.begin();
    return team;
  }

  /** A thread without a task: an idle one or, where there is none, a new one. */
  take(): Worker {
    const [worker] = this.waiting;
    if (worker === undefined) return this.newThread();
    this.waiting.delete(worker);
    worker.removeAllListeners();
    worker.ref();
    return worker;
  }

  private start(source: Place | undefined): void {
    const worker = this.newThread();
    if (source !== undefined) worker.postMessage({ kind: "source", source } satisfies SourceNotice);
    const forget = () => void this.waiting.delete(worker);
    worker.unref();
    worker.once("error", forget).once("exit", forget);
    this.waiting.add(worker);
  }

  /**
   * Its data are an empty object, not undefined: geotiff's `web-worker` destructures them in every thread that loads
   * it.
   */
  private newThread(): Worker {
    return new Worker(this.script, { workerData: {} });
  }
}
