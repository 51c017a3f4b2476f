/** Waits for some time, and measures it. */

/** Seconds since a time; 0 where clocks differ, or were set back. */
export function secondsSince(startMs: number): number {
  return Math.max(0, (Date.now() - startMs) / 1000);
}

/** Waits for a number of milliseconds, or until the signal is aborted; 0 lets other pending work run first. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
