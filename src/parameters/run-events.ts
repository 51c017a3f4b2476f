/**
 * Progress events of a run. The engine reports them; the command line, the tasks and callers of the library show them.
 */

/** Something that happened during a run. */
export type RunEvent =
  /** The next part of the work has begun: `text` says which, as in "fitting MBP". */
  | { readonly kind: "stage"; readonly text: string }
  /**
   * How far a stage is: `done` of `total` units (0 where the number is not known), and the bytes of pixels that
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

/** Hooks that pass everything on and keep the warnings for the summary. @param earlier warnings of earlier steps */
export function collectWarnings(
  hooks: RunHooks,
  earlier: readonly string[] = [],
): { readonly collecting: RunHooks; readonly warnings: readonly string[] } {
  const warnings = [...earlier];
  const report: RunHooks["report"] = (event) => {
    if (event.kind === "warning" && !earlier.includes(event.text)) warnings.push(event.text);
    hooks.report(event);
  };
  return { collecting: { ...hooks, report }, warnings };
}
