/** The processes that may see the same folders: their names, and how they show that they are alive. */

/** How often a process gives a sign of life, and after how long without one it counts as dead. */
export interface LeaseTiming {
  readonly beatMs: number;
  readonly staleMs: number;
}

/** File systems on a network may show a file as it was a minute ago; a busy process may be late with a sign or two. */
export const usualTiming: LeaseTiming = { beatMs: 15_000, staleMs: 120_000 };

/** This process among all that may see the same folders. */
export interface Processes {
  readonly processName: string;
  /** Whether the process of that name still runs; `undefined` where that cannot be known, as on another machine. */
  isRunning(processName: string): boolean | undefined;
  /**
   * For how long this machine has been up, where the process may have run on it before it was started; `undefined` for
   * all others. A sign of life from before that is a dead process's.
   */
  upSince?(processName: string): number | undefined;
  /** How signs of life are given and checked, where not in the usual way. */
  readonly leaseTiming?: LeaseTiming;
}
