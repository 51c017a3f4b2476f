import { IsoluxError } from "../errors.ts";
import type { BlockPool } from "./block-pool.ts";
import type { Pass } from "./plan.ts";

/**
 * Makes all blocks of all passes, round by round: every worker takes the next block when it has finished one. The first
 * error stops the run once the blocks under way have ended.
 */
export async function runPasses(
  rounds: readonly (readonly Pass[])[],
  pool: BlockPool,
  signal: AbortSignal,
): Promise<void> {
  for (const round of rounds) {
    const blocks = blocksOf(round);
    const takeBlocks = async () => {
      // All workers draw from one iterator: an error in one of them ends it, and so leaves nothing for the others.
      for (const { pass, index } of blocks) {
        if (signal.aborted) throw new IsoluxError({ kind: "interrupted", what: "The run was interrupted" });
        await pool.run(pass, index);
      }
    };
    const outcomes = await Promise.allSettled(Array.from({ length: pool.size }, takeBlocks));
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }
}

/** The blocks of a round, image by image. */
function* blocksOf(round: readonly Pass[]): Generator<{ readonly pass: Pass; readonly index: number }> {
  for (const pass of round) {
    for (let index = 0; index < pass.blockCount; index++) yield { pass, index };
  }
}
