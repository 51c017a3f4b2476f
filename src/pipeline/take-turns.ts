import { throwIfInterrupted } from "../errors.ts";

/**
 * Works on all items, `workers` at a time: who has finished one takes the next. The first error stops all once the items
 * under way are done.
 * @throws IsoluxError `interrupted` when the signal aborts; whatever the work throws
 */
export async function takeTurns<Item>(
  workers: number,
  items: Iterable<Item>,
  signal: AbortSignal | undefined,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = once(items);
  const takeItems = async () => {
    // All draw from one generator: an error in one of them ends it, and so leaves nothing for the others.
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
