import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import { IdleWorkers } from "../../../src/pipeline/threads/threads-node.ts";

/** Threads that answer each message with how many of them have been started, or that end at once. */
const script = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const answering = script(`
  import { parentPort, threadId } from "node:worker_threads";
  parentPort.on("message", (message) => parentPort.postMessage([threadId, message]));
`);
const taken: Worker[] = [];

afterEach(() => Promise.all(taken.splice(0).map((worker) => worker.terminate())));

function take(stock: IdleWorkers): Worker {
  const worker = stock.take();
  taken.push(worker);
  return worker;
}

async function ask(worker: Worker, question: string): Promise<unknown> {
  worker.postMessage(question);
  return (await once(worker, "message"))[0];
}

it("gives away the threads that wait before it starts others", async () => {
  const stock = new IdleWorkers(answering);
  await stock.hold(2);
  const [first, second, third] = [take(stock), take(stock), take(stock)];
  const ids = [first, second, third].map(({ threadId }) => threadId);
  expect(new Set(ids).size).toBe(3);
  expect(ids[2]).toBe(Math.max(...ids));
  expect(await ask(third, "task")).toEqual([ids[2], "task"]);
  // What is said before a thread has come so far waits for it.
  expect(await ask(first, "task")).toEqual([ids[0], "task"]);
});

it("ends the threads that wait for nothing", async () => {
  const stock = new IdleWorkers(answering);
  await stock.hold(2);
  const kept = take(stock);
  await stock.hold(0);
  const fresh = take(stock);
  expect(fresh.threadId).toBeGreaterThan(kept.threadId + 1);
  expect(await ask(kept, "still there")).toEqual([kept.threadId, "still there"]);
});

it("forgets a thread that dies while it waits, and is not hurt by it", async () => {
  const stock = new IdleWorkers(script('throw new Error("broken")'));
  await stock.hold(1);
  const marker = new IdleWorkers(answering);
  const before = take(marker).threadId;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(take(stock).on("error", () => undefined).threadId).toBeGreaterThan(before);
});
