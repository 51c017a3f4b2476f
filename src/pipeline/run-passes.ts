import { IsoluxError } from "../errors.ts";
import type { BlockPool } from "./block-pool.ts";
import type { Pass } from "./plan.ts";

/**
 * Makes all blocks of all passes, pass by pass: every worker takes the next block when it has finished one. The first
 * error stops the run once the blocks under way have ended.
 */
export async function runPasses(passes: readonly Pass[], pool: BlockPool, signal: AbortSignal): Promise<void> {
  for (const pass of passes) {
    let next = 0;
    let failed = false;
    const takeBlocks = async () => {
      while (next < pass.blockCount && !failed) {
        if (signal.aborted) throw new IsoluxError({ kind: "interrupted", what: "The run was interrupted" });
        const index = next++;
        await pool.run(pass, index);
      }
    };
    const workers = Array.from({ length: pool.size }, () =>
      takeBlocks().catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    );
    const outcomes = await Promise.allSettled(workers);
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }
}
