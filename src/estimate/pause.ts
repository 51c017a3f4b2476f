/** Lets the event loop run within long computations, and stops them by a signal. */

import { IsoluxError } from "../errors.ts";
import { wait } from "../wait.ts";

/** How many milliseconds a computation may block the event loop. */
const patienceMs = 100;

/**
 * To be awaited often by a long computation: about ten times a second it lets the event loop run (to redraw a window,
 * to receive Ctrl-C), otherwise it returns at once. Resolves to whether it paused.
 */
export type Pause = () => Promise<boolean>;

/** A {@link Pause} that throws an {@link IsoluxError} of kind `interrupted` once the signal has aborted. */
export function createPause(signal: AbortSignal | undefined): Pause {
  let lastPause = performance.now();
  const stopWhenAborted = () => {
    if (!signal?.aborted) return;
    throw new IsoluxError({ kind: "interrupted", what: "The estimation was stopped", cause: signal.reason });
  };
  return async () => {
    stopWhenAborted();
    if (performance.now() - lastPause < patienceMs) return false;
    await wait(0);
    lastPause = performance.now();
    stopWhenAborted();
    return true;
  };
}
