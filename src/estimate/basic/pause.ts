import { IsoluxError } from "../../errors.ts";

/** How long a computation may keep the event loop waiting. */
const patienceMs = 100;

/**
 * What a long computation awaits often: about ten times a second it lets the event loop run (a window redraws, Ctrl-C
 * is heard), otherwise it returns at once. The result tells whether it paused.
 */
export type Pause = () => Promise<boolean>;

/**
 * A {@link Pause} that throws an {@link IsoluxError} of kind `interrupted` once the signal has been given.
 */
export function createPause(signal: AbortSignal | undefined): Pause {
  let lastPause = performance.now();
  const stopWhenAborted = () => {
    if (!signal?.aborted) return;
    throw new IsoluxError({ kind: "interrupted", what: "The estimation was stopped", cause: signal.reason });
  };
  return async () => {
    stopWhenAborted();
    if (performance.now() - lastPause < patienceMs) return false;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    lastPause = performance.now();
    stopWhenAborted();
    return true;
  };
}
