/** Units of blocks: which part of an output a process makes that shares the work with others. */
import type { Unit } from "../record/claims.ts";
import type { Pass } from "./passes.ts";

/** A block of a pass, or a part of one. */
export interface Block {
  readonly pass: Pass;
  readonly index: number;
  /** Which of its parts, where the pass is made in parts: others may be made at the same time. */
  readonly part?: number;
}

/** The blocks of a round that belong to a unit, image by image; they are numbered through all images. */
export function* blocksOfUnit(round: readonly Pass[], { index, count }: Unit): Generator<Block> {
  let before = 0;
  for (const pass of round) {
    const first = (((index - before) % count) + count) % count;
    for (let block = first; block < pass.blockCount; block += count) yield { pass, index: block };
    before += pass.blockCount;
  }
}

/**
 * Bytes of pixels that a worker is assumed to correct in a second, with their pyramid: a third of what was measured on
 * a plain disk, as file servers are shared.
 */
export const countedBytesPerSecond = 20e6;
/** The planned duration of a unit: short enough to be repeated cheaply, long enough to be worth its start. */
const unitSeconds = 15 * 60;
/** Clusters allow some 1000 tasks in an array. */
const mostUnits = 1000;

/** The number of units for a number of bytes of pixels, with a number of workers each. */
export function usualUnits(bytes: number, workers: number): number {
  return Math.min(mostUnits, Math.max(1, Math.ceil(bytes / (countedBytesPerSecond * workers * unitSeconds))));
}
