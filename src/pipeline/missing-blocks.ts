/** Which blocks are still to be made. */
import type { ImageRecord } from "./journal.ts";
import { blockObject } from "./passes.ts";
import type { Block } from "./units.ts";

/** Of some blocks those that no journal says are made. */
export function* missingBlocks(blocks: Iterable<Block>, records: readonly ImageRecord[]): Generator<Block> {
  for (const block of blocks) if (!isMade(block, records)) yield block;
}

/** A block is made when its top object is, which comes last. */
function isMade({ pass, index }: Block, records: readonly ImageRecord[]): boolean {
  return records[pass.image]!.finished.has(pass.topLevel, blockObject(pass, index));
}

/** How many of them there are. */
export function count(items: Iterable<unknown>): number {
  let number = 0;
  for (const _ of items) number++;
  return number;
}
