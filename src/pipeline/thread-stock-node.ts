/** Worker threads of Node, some of them started before it is known what for. */
import { Worker } from "node:worker_threads";
import type { Place } from "./location.ts";
import type { SourceNotice } from "./thread-messages.ts";

/**
 * Threads that all run the same script and are told by a message what they are for. To start one takes a tenth of a
 * second, which passes while the image is opened where it is started early.
 */
export class ThreadStock {
  private readonly script: URL;
  private readonly waiting = new Set<Worker>();

  /** @param script what the threads run */
  constructor(script: URL) {
    this.script = script;
  }

  /**
   * Starts or ends threads until so many wait for a task. They keep no process alive.
   * @param source what those that start now may open meanwhile
   */
  async hold(count: number, source?: Place): Promise<void> {
    while (this.waiting.size < count) this.start(source);
    const surplus = [...this.waiting].slice(count);
    for (const worker of surplus) this.waiting.delete(worker);
    await Promise.all(surplus.map((worker) => worker.terminate()));
  }

  /** A thread that nobody else has, nor listens to: one that waits or, where none does, a new one. */
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

  /** Its data are empty, and there: geotiff's `web-worker` takes them apart in every thread that loads it. */
  private newThread(): Worker {
    return new Worker(this.script, { workerData: {} });
  }
}
