/** How often a process gives a sign of life, and after how long without one it counts as dead. */
export interface LeaseTiming {
  readonly beatMs: number;
  readonly staleMs: number;
}

/** File systems on a network may show a file as it was a minute ago; a busy process may be late with a sign or two. */
export const usualTiming: LeaseTiming = { beatMs: 15_000, staleMs: 120_000 };
