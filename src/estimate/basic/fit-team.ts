/**
 * Threads that do the parts of one job together, on a memory that they share. The thread that runs the fit publishes a
 * job and does parts itself; the helper threads are woken and take parts until none is left. A helper that has taken no
 * part is never waited for.
 */
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import { bindKernels, type KernelMemory, type SharedKernels } from "../../kernels/kernel-memory.ts";
import { doubles, integers, layoutOf } from "../../kernels/layout.ts";
import { wait } from "../../wait.ts";
import { doPart, jobNumbers, partsOf, type TeamJob, writeJob } from "./team-job.ts";

/** What a helper thread needs. */
export interface HelperPost extends SharedKernels {
  /** The address of the counters by which the threads synchronise. */
  readonly control: number;
  readonly job: number;
}

/** A thread that was started to help: it calls {@link helpWithParts}. */
export interface HelperThread {
  /** The error if it ended by itself; `undefined` until then. */
  readonly failure: unknown;
  /** Ends it at once. */
  stop(): Promise<void>;
}

/** The threads that a fit may use. */
export interface FitThreads {
  /** The number of threads that work at once, with the one that runs the fit; at most {@link mostFitThreads}. */
  readonly count: number;
  /** Starts another one. */
  start(post: HelperPost): HelperThread;
}

/** With more threads, waiting and memory bandwidth cost more than they gain. */
export const mostFitThreads = 8;

/** Indices in `control`: remaining parts (-1: shut down), and parts that are done. */
const [left, done] = [0, 1];
/**
 * How often a thread polls before it sleeps or lets the event loop run: waking takes longer than most steps between two
 * jobs.
 */
const glances = 5000;
/** Milliseconds to wait before checking whether a thread was lost. */
const patienceMs = 50;

/** What a thread works with. */
interface Workplace {
  readonly kernels: KernelFunctions;
  readonly control: Int32Array;
  readonly job: Float64Array;
}

function workplaceAt(kernels: KernelFunctions, buffer: ArrayBufferLike, control: number, job: number): Workplace {
  return {
    kernels,
    control: new Int32Array(buffer, control, 2),
    job: new Float64Array(buffer, job, jobNumbers),
  };
}

/** Does parts until the fit ends: the loop of a helper thread. */
export function helpWithParts(post: HelperPost): void {
  const place = workplaceAt(bindKernels(post), post.memory.buffer, post.control, post.job);
  for (;;) {
    takeParts(place);
    let found = 0;
    for (let glance = 0; glance < glances && found === 0; glance++) found = Atomics.load(place.control, left);
    if (found < 0) return;
    if (found === 0) Atomics.wait(place.control, left, 0);
  }
}

/**
 * Takes and does parts until none is left. The job changes only when all of its parts are done, so a thread that has
 * taken a part always reads the right job.
 */
function takeParts({ kernels, control, job }: Workplace): void {
  for (;;) {
    const found = Atomics.load(control, left);
    if (found <= 0) return;
    if (Atomics.compareExchange(control, left, found, found - 1) !== found) continue;
    const parts = partsOf(job);
    doPart(kernels, job, parts - found);
    if (Atomics.add(control, done, 1) + 1 === parts) Atomics.notify(control, done);
  }
}

/** What {@link FitTeam.start} allocates in its memory. */
export const teamLayout = layoutOf({ control: integers(2), job: doubles(jobNumbers) });

/** The helper threads of one fit. */
export class FitTeam {
  readonly #memory: KernelMemory;
  readonly #place: Workplace;
  readonly #helpers: readonly HelperThread[];

  /** Starts the threads; `undefined` where the memory is not shared or no other thread is wanted. */
  static start(memory: KernelMemory, threads: FitThreads): FitTeam | undefined {
    if (memory.shared === undefined || threads.count < 2) return undefined;
    const { control, job } = teamLayout.take(memory);
    return new FitTeam(memory, memory.shared, control, job, threads);
  }

  private constructor(
    memory: KernelMemory,
    shared: SharedKernels,
    control: Int32Array,
    job: Float64Array,
    threads: FitThreads,
  ) {
    control.fill(0);
    this.#memory = memory;
    const post = { ...shared, control: control.byteOffset, job: job.byteOffset };
    this.#place = workplaceAt(memory.functions, shared.memory.buffer, post.control, post.job);
    this.#helpers = Array.from({ length: Math.min(threads.count, mostFitThreads) - 1 }, () => threads.start(post));
  }

  /** Does all parts of a job. @throws the error of a thread that ended by itself: the planes are then undefined */
  async run(job: TeamJob): Promise<void> {
    const { control } = this.#place;
    this.#checkHelpers();
    const memory = writeJob(job, this.#place.job);
    if (memory !== this.#memory) throw new RangeError("The arrays of a job have to lie in the memory of its threads");
    Atomics.store(control, done, 0);
    Atomics.store(control, left, job.parts);
    Atomics.notify(control, left);
    takeParts(this.#place);
    for (let glance = 0; glance < glances; glance++) if (Atomics.load(control, done) === job.parts) return;
    for (;;) {
      const found = Atomics.load(control, done);
      if (found === job.parts) return;
      await changed(control, done, found);
      this.#checkHelpers();
    }
  }

  /** Stops the helper threads. */
  async close(): Promise<void> {
    Atomics.store(this.#place.control, left, -1);
    Atomics.notify(this.#place.control, left);
    await Promise.all(this.#helpers.map((helper) => helper.stop()));
  }

  #checkHelpers(): void {
    for (const { failure } of this.#helpers) if (failure !== undefined) throw failure;
  }
}

/** Waits until a number changes, or for some time; the event loop runs meanwhile. */
async function changed(numbers: Int32Array, index: number, was: number): Promise<void> {
  // Some engines lack it, and a fit must not block the event loop, which reports lost threads.
  const { waitAsync } = Atomics as { waitAsync?: WaitAsync };
  if (waitAsync === undefined) await wait(0);
  else await waitAsync(numbers, index, was, patienceMs).value;
}

type WaitAsync = (
  numbers: Int32Array,
  index: number,
  value: number,
  timeoutMs: number,
) => { readonly value: string | Promise<string> };
