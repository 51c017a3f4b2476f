/**
 * What a run tells whoever started it while it works. The engine reports events; a door shows them as it can.
 */

/** Something that happened during a run. */
export type RunEvent =
  /** The next part of the work has begun: `text` says which, as in "fitting MBP". */
  | { readonly kind: "stage"; readonly text: string }
  /**
   * How far a stage is: `done` of `total` units (0 where nobody knows how many there are), and the bytes of pixels that
   * the stage has worked on so far.
   */
  | {
      readonly kind: "progress";
      readonly stage: string;
      readonly done: number;
      readonly total: number;
      readonly bytes?: number;
    }
  /** Something worth knowing that needs no action. */
  | { readonly kind: "note"; readonly text: string }
  /** Something that may make the result worse than expected. */
  | { readonly kind: "warning"; readonly text: string };

/** What every run is given besides its parameters. */
export interface RunHooks {
  readonly report: (event: RunEvent) => void;
  /** Aborts when the user wants the run to stop; the run then ends cleanly with an `interrupted` error. */
  readonly signal: AbortSignal;
}
