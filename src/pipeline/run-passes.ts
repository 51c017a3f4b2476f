import type { BlockPool } from "./block-pool.ts";
import type { Pass } from "./passes.ts";
import { takeTurns } from "./take-turns.ts";
import { blocksOfUnit, wholeWork } from "./units.ts";

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
    await takeTurns(pool.size, blocksOfUnit(round, wholeWork), signal, ({ pass, index }) => pool.run(pass, index));
  }
}
