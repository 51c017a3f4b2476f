import { expect, it } from "vitest";
import { wait } from "../src/wait.ts";

it("waits at least as long as it was told, or until it is stopped", async () => {
  const start = performance.now();
  await wait(30);
  expect(performance.now() - start).toBeGreaterThan(28);
  const stop = new AbortController();
  const stopped = wait(1e6, stop.signal);
  stop.abort();
  await stopped;
  await wait(1e6, stop.signal);
});
