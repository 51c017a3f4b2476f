/** Runs the program in a worker thread, while the main thread only handles signals, so that these end a run in time. */
import { getHeapStatistics } from "node:v8";
import { parentPort, SHARE_ENV, Worker } from "node:worker_threads";

/** How long a program may take to end by itself, in ms. */
const graceMs = 1500;
/**
 * What asks a program to stop: schedulers of clusters send the last three before they kill. By the first of these Node
 * would open itself to debuggers of anybody on the machine.
 */
const stopping: readonly NodeJS.Signals[] =
  process.platform === "win32" ? ["SIGINT", "SIGTERM"] : ["SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGXCPU"];
/** How long ending a thread may take, in ms; one that waits for a disk that hangs does not end. */
const endingMs = 250;
const interruptedCode = 130;

/** How a program is run. */
interface Supervision {
  /** The program's module. */
  readonly program: URL;
  readonly args: readonly string[];
  /** Given to the program as `workerData`. */
  readonly data?: unknown;
  readonly onMessage?: (message: unknown) => void;
  /** Called when the program does not end by itself. */
  readonly tellInterrupted: () => void;
}

/**
 * Runs a program in a thread. The first signal to stop asks it to, and ends it where it does not; a second one
 * ends it at once. A terminal that is closed ends nothing: Node takes back what `nohup` has set.
 * @returns its exit code
 */
export async function supervise({ program, args, data, onMessage, tellInterrupted }: Supervision): Promise<number> {
  const worker = new Worker(program, {
    argv: [...args],
    env: SHARE_ENV,
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(getHeapStatistics().heap_size_limit / 2 ** 20) },
  });
  heedSignals(worker, tellInterrupted);
  return await new Promise((resolve, reject) => {
    worker.on("message", (message) => onMessage?.(message));
    worker.on("error", reject);
    worker.on("exit", resolve);
  });
}

function heedSignals(worker: Worker, tellInterrupted: () => void): void {
  let isAsked = false;
  const end = (signal: NodeJS.Signals) => {
    // The system ends at once what does not end: by the signal's own effect
    setTimeout(() => {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }, endingMs);
    worker.removeAllListeners("exit");
    void worker.terminate().then(() => process.exit(interruptedCode));
  };
  const stop = (signal: NodeJS.Signals) => {
    if (isAsked) return end(signal);
    isAsked = true;
    worker.postMessage(stopRequest);
    setTimeout(() => {
      tellInterrupted();
      end(signal);
    }, graceMs).unref();
  };
  for (const signal of stopping) process.on(signal, stop);
  process.on("SIGHUP", () => undefined);
}

const stopRequest = "stop";

/** In a supervised program: aborts when it is to stop. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  parentPort?.on("message", (message) => {
    if (message === stopRequest) controller.abort();
  });
  parentPort?.unref();
  return controller.signal;
}
