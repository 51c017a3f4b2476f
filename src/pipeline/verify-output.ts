import type { RunHooks } from "../parameters/run-events.ts";
import { type BlockParts, withPool } from "./correct-blocks.ts";
import { chunkCount } from "./output-template.ts";
import { runPasses } from "./run-passes.ts";

/**
 * Reads the whole output back and compares it with the correction made once more from the source, by all workers of the
 * run: nothing else proves that the source is no longer needed.
 * @throws IsoluxError `corrupt` naming a chunk that differs
 */
export async function verifyOutput(parts: Omit<BlockParts, "records">, { report, signal }: RunHooks): Promise<void> {
  const { plan, template } = parts.run;
  const total = chunkCount(template);
  let [done, bytes] = [0, 0];
  report({ kind: "stage", text: "Verifying the output before the source is erased" });
  const onChunks = (chunks: number, chunkBytes: number) => {
    done += chunks;
    bytes += chunkBytes;
    report({ kind: "progress", stage: "Verifying", done, total, bytes });
  };
  await withPool(parts, { kind: "compare" }, { signal, onChunks, report }, (pool) =>
    runPasses(plan.rounds, pool, signal),
  );
}
