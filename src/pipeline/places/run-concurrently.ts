/**
 * Runs an asynchronous function on all items, a few at a time.
 *
 * `await runConcurrently(4, keys, signal, async (key) => copy(key))`
 */

import { throwIfInterrupted } from "../../errors.ts";

/**
 * Works on all items, `workers` at a time: each worker takes the next item when it has finished one. The first error
 * stops all once the items in progress are done.
 * @throws IsoluxError `interrupted` when the signal aborts; whatever the work throws
 */
export async function runConcurrently<Item>(
  workers: number,
  items: Iterable<Item>,
  signal: AbortSignal | undefined,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = once(items);
  const takeItems = async () => {
    // All draw from one generator: an error in one worker ends it, so the others find nothing left.
    for (const item of queue) {
      throwIfInterrupted(signal);
      await work(item);
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: workers }, takeItems));
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

function* once<Item>(items: Iterable<Item>): Generator<Item> {
  yield* items;
}
