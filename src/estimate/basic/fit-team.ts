/**
 * Threads that do the parts of one job together, on a memory that they share. The thread that runs the fit puts up a
 * job and does parts itself; the others are woken and take parts until none is left. Nobody waits for a thread that has
 * taken none.
 */
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import { bindKernels, type KernelMemory, type SharedKernels } from "../../kernels/kernel-memory.ts";
import { doPart, jobNumbers, partsOf, type TeamJob, writeJob } from "./team-job.ts";

/** What a thread needs to know to help. */
export interface HelperPost extends SharedKernels {
  /** The addresses where the team meets. */
  readonly control: number;
  readonly job: number;
}

/** A thread that was started to help: it calls {@link helpWithParts}. */
export interface HelperThread {
  /** Why it ended by itself; `undefined` as long as it did not. */
  readonly failure: unknown;
  /** Ends it, whatever it does. */
  stop(): Promise<void>;
}

/** The threads that a fit may use. */
export interface FitThreads {
  /** How many work at once, the one that runs the fit included; {@link mostFitThreads} at most do. */
  readonly count: number;
  /** Starts another one. */
  start(post: HelperPost): HelperThread;
}

/** More threads would wait for each other, and for the memory. */
export const mostFitThreads = 8;

/** Places in `control`: parts that nobody has taken (-1: go home), parts that are done. */
const [left, done] = [0, 1];
/**
 * How often a thread looks whether something happened before it sleeps, or lets the event loop run: it takes longer to wake
 * than most steps between two jobs.
 */
const glances = 5000;
/** So long it waits before it looks whether a thread was lost. */
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

/** Does parts as they come, until the fit ends: the work of a helping thread. */
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
 * Takes and does parts until none is left. A job changes only when all of its parts are done, so whoever has taken one
 * reads the job that it belongs to.
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

/** The bytes that a team needs in its memory. */
export const teamBytes = 8 + 8 * jobNumbers + 2 * 64;

/** A team at work on one fit. */
export class FitTeam {
  readonly #place: Workplace;
  readonly #helpers: readonly HelperThread[];

  /** Starts the threads; `undefined` where the memory is not shared or no other thread is wanted. */
  static start(memory: KernelMemory, threads: FitThreads): FitTeam | undefined {
    if (memory.shared === undefined || threads.count < 2) return undefined;
    const [control, job] = [memory.integers(2), memory.doubles(jobNumbers)];
    return control && job && new FitTeam(memory, memory.shared, control, job, threads);
  }

  private constructor(
    { functions }: KernelMemory,
    shared: SharedKernels,
    control: Int32Array,
    job: Float64Array,
    threads: FitThreads,
  ) {
    control.fill(0);
    const post = { ...shared, control: control.byteOffset, job: job.byteOffset };
    this.#place = workplaceAt(functions, shared.memory.buffer, post.control, post.job);
    this.#helpers = Array.from({ length: Math.min(threads.count, mostFitThreads) - 1 }, () => threads.start(post));
  }

  /** Does a job, all of its parts. @throws what ended a thread by itself: the planes are of no use then */
  async run(job: TeamJob): Promise<void> {
    const { control } = this.#place;
    this.#checkHelpers();
    writeJob(job, this.#place.job);
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

  /** Sends the threads home. */
  async close(): Promise<void> {
    Atomics.store(this.#place.control, left, -1);
    Atomics.notify(this.#place.control, left);
    await Promise.all(this.#helpers.map((helper) => helper.stop()));
  }

  #checkHelpers(): void {
    for (const { failure } of this.#helpers) if (failure !== undefined) throw failure;
  }
}

/** Waits until a number is no longer what it was, or some time; the event loop runs meanwhile. */
async function changed(numbers: Int32Array, index: number, was: number): Promise<void> {
  // Not every engine has it, and a fit must not block the event loop: it tells of threads that are lost.
  const { waitAsync } = Atomics as { waitAsync?: WaitAsync };
  if (waitAsync === undefined) await new Promise((resolve) => setTimeout(resolve, 0));
  else await waitAsync(numbers, index, was, patienceMs).value;
}

type WaitAsync = (
  numbers: Int32Array,
  index: number,
  value: number,
  timeoutMs: number,
) => { readonly value: string | Promise<string> };
