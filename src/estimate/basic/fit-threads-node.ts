/** Starts threads of Node that help with a fit. */
import { Worker } from "node:worker_threads";
import { IsoluxError } from "../../errors.ts";
import type { FitThreads, HelperPost, HelperThread } from "./fit-team.ts";

/**
 * The threads for one fit, the caller's included in the count.
 * @param script what the others run; tests replace it
 */
export function fitThreads(count: number, script: URL = new URL("./fit-helper-node.js", import.meta.url)): FitThreads {
  return { count, start: (post) => startHelper(script, post) };
}

function startHelper(script: URL, post: HelperPost): HelperThread {
  const worker = new Worker(script, { workerData: post });
  let failure: unknown;
  const fail = (found: string) => {
    failure ??= lostHelper(found);
  };
  worker.on("error", (error) => fail(error.message));
  worker.on("exit", (code) => fail(`exit code ${code}`));
  return {
    get failure() {
      return failure;
    },
    stop: async () => void (await worker.terminate()),
  };
}

function lostHelper(found: string): IsoluxError {
  return new IsoluxError({
    kind: "estimation",
    what: "A thread of the BaSiC fit ended unexpectedly",
    found,
    advice: "Run the same command again. If memory ran out, give fewer --workers or --max-workers",
  });
}
