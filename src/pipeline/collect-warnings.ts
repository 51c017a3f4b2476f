import type { RunHooks } from "../parameters/run-events.ts";

/** Hooks that pass everything on and keep the warnings for the summary. */
export function collectWarnings(hooks: RunHooks): { readonly told: RunHooks; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const report: RunHooks["report"] = (event) => {
    if (event.kind === "warning") warnings.push(event.text);
    hooks.report(event);
  };
  return { told: { ...hooks, report }, warnings };
}
