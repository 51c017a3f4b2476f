import { loadKernels } from "../kernels/load-kernels.ts";
import type { RunHooks } from "../parameters/run-events.ts";

/** Loads the kernels for a run; says so where there are none. */
export async function prepareKernels({ report }: Pick<RunHooks, "report">): Promise<void> {
  if (await loadKernels()) return;
  const text =
    "WebAssembly with SIMD is not available here: the slower TypeScript kernels do the work, with the same result.";
  report({ kind: "note", text });
}
