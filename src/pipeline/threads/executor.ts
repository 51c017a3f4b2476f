/**
 * Spreads work over workers: the items of a task, by worker threads or, where there are none, in the calling thread.
 *
 * `await map(platform, "blocks", job, rounds, { threads: 4, here })`
 */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { ObjectStore, WritableStore } from "../../zarr/store.ts";
import type { Place } from "../places/location.ts";
import { runConcurrently } from "../places/run-concurrently.ts";
import { type Item, type Job, type Progress, type Result, type TaskName, tasks, type Workplace } from "./tasks.ts";

// Some browsers lack it.
(Symbol as { asyncDispose?: symbol }).asyncDispose ??= Symbol.for("Symbol.asyncDispose");

/** The worker threads of a platform. */
export interface Threads {
  /**
   * Keeps a number of idle threads ready, as starting one takes a while; further idle threads are ended.
   * @param source what they will read, so that threads which start now open it meanwhile
   */
  hold(count: number, source?: Place): Promise<void>;
  /** Starts workers on a job, each in a thread. @throws IsoluxError where one cannot start */
  open<Name extends TaskName>(task: Name, job: Job<Name>, count: number, hooks: TeamHooks<Name>): Promise<Team<Name>>;
}

/** Workers on one job; at most as many items as workers may be in progress. Disposing of the team ends them. */
export interface Team<Name extends TaskName> extends AsyncDisposable {
  readonly size: number;
  /** Gives an item to an idle worker and waits for its result. @throws IsoluxError whatever the worker throws */
  work(item: Item<Name>): Promise<Result<Name>>;
}

/** Hooks to follow and to stop workers. */
export interface TeamHooks<Name extends TaskName> {
  /** Stops the workers at once, even within an item. */
  readonly stop?: AbortSignal;
  /** Called now and then with the workers' progress. */
  readonly onProgress?: (progress: Progress<Name>) => void;
  /** Called when a thread ended unexpectedly and was replaced, with a description. */
  readonly onLost?: (found: string) => void;
}

/** How items are worked on. */
export interface MapHooks<Name extends TaskName> extends TeamHooks<Name> {
  /** Number of threads; 0 to work in the calling thread. */
  readonly threads: number;
  /** What the calling thread works with if it does the work. */
  readonly here: Omit<Workplace, "signal">;
  /** Once aborted, no more items are begun; unless `stop` is given, it stops the workers as well. */
  readonly signal?: AbortSignal;
  /** Called when an item is done; then results are not kept. The worker waits for what it returns. */
  readonly onDone?: (result: Result<Name>, item: Item<Name>) => void | Promise<void>;
  /** Called when an item failed, as others that wait for it would wait for ever. */
  readonly onFailed?: (error: unknown) => void;
  /** Awaited when all items of a round are done. */
  readonly onRoundDone?: () => Promise<void>;
}

/**
 * Works on all items: a worker that has finished one takes the next. The items of a round begin when all of the round
 * before are done. The first error ends the work once the items in progress are done.
 * @param rounds items, drawn one by one as workers become idle
 * @returns the results, item by item of all rounds; nothing for tasks without results
 * @throws IsoluxError `interrupted` when the signal aborts; whatever the workers throw
 */
export async function map<Name extends TaskName>(
  { threads }: { readonly threads?: Threads | undefined },
  task: Name,
  job: Job<Name>,
  rounds: Iterable<Iterable<Item<Name>>>,
  { threads: wanted, here, signal, onDone, onFailed, onRoundDone, ...hooks }: MapHooks<Name>,
): Promise<Result<Name>[]> {
  const teamHooks = { ...hooks, stop: hooks.stop ?? signal };
  await using team = await openTeam({ threads }, task, job, wanted, here, teamHooks);
  const results: Result<Name>[] = [];
  let begun = 0;
  for (const items of rounds) {
    await runConcurrently(team.size, items, signal, async (item) => {
      const index = begun++;
      const result = await team.work(item).catch((error: unknown) => {
        onFailed?.(error);
        throw error;
      });
      if (onDone !== undefined) await onDone(result, item);
      else if (result !== undefined) results[index] = result;
    });
    await onRoundDone?.();
  }
  return results;
}

/**
 * Starts workers on a job whose items are not known yet.
 * @param wanted number of threads; 0 to work in the calling thread
 * @throws IsoluxError where a worker cannot begin
 */
export async function openTeam<Name extends TaskName>(
  { threads }: { readonly threads?: Threads | undefined },
  task: Name,
  job: Job<Name>,
  wanted: number,
  here: Omit<Workplace, "signal">,
  hooks: TeamHooks<Name>,
): Promise<Team<Name>> {
  const count = threads === undefined ? 0 : wanted;
  await threads?.hold(count);
  if (threads === undefined || count === 0) return openHere(task, job, here, hooks);
  return threads.open(task, job, count, hooks);
}

/**
 * What the calling thread works with where an image is open, and one store has all else. @param pixels the store of an
 * output
 */
export function workplaceOf(
  acquisition: Acquisition,
  store: WritableStore,
  { fitThreads }: Pick<Workplace, "fitThreads">,
  pixels: ObjectStore = store,
): Omit<Workplace, "signal"> {
  return {
    openSource: async () => acquisition,
    openOutput: async () => pixels,
    storeAt: () => store,
    fitThreads,
  };
}

/** One worker in the calling thread, which uses the same functions as worker threads. */
async function openHere<Name extends TaskName>(
  task: Name,
  job: Job<Name>,
  here: Omit<Workplace, "signal">,
  { stop, onProgress = () => {} }: TeamHooks<Name>,
): Promise<Team<Name>> {
  const work = await tasks[task].begin(job, { ...here, signal: stop }, "0", onProgress);
  return { size: 1, work, [Symbol.asyncDispose]: async () => {} };
}
