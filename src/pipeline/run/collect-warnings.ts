import type { RunHooks } from "../../parameters/run-events.ts";

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
