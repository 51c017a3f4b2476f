/** Which part of an output a process makes that shares the work with others. */
import type { Pass } from "./passes.ts";

/** One of so many equal parts: the blocks whose number, divided by `count`, leaves `index`. */
export interface Unit {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** All there is to do, as one part. */
export const wholeWork: Unit = { index: 0, count: 1 };

/** A block of a pass. */
export interface Block {
  readonly pass: Pass;
  readonly index: number;
}

/** The blocks of a round that are a unit's, image by image; they are numbered through all images. */
export function* blocksOfUnit(round: readonly Pass[], { index, count }: Unit): Generator<Block> {
  let before = 0;
  for (const pass of round) {
    const first = (((index - before) % count) + count) % count;
    for (let block = first; block < pass.blockCount; block += count) yield { pass, index: block };
    before += pass.blockCount;
  }
}

/**
 * Bytes of pixels that a worker is counted upon to correct in a second, with their pyramid: a third of what it was
 * measured to do on a plain disk, as file servers are shared.
 */
export const countedBytesPerSecond = 20e6;
/** A unit is meant to take so long: short enough to be lost without regret, long enough to be worth its start. */
const unitSeconds = 15 * 60;
/** Clusters allow some 1000 tasks in an array. */
const mostUnits = 1000;
/** Each worker of each unit has so many blocks, so that all end at about the same time. */
const blocksPerWorker = 4;

/** How many units make so many bytes of pixels, each with so many workers. */
export function usualUnits(bytes: number, workers: number): number {
  return Math.min(mostUnits, Math.max(1, Math.ceil(bytes / (countedBytesPerSecond * workers * unitSeconds))));
}

/** How many blocks a pass needs for so many units. */
export function blocksForUnits(units: number, workers: number): number {
  return Math.max(8, units * workers * blocksPerWorker);
}

/**
 * How many rounds, from the first, are shared: the process that finishes the output makes the others on its own.
 * @param roundBytes the bytes of pixels that each round reads
 */
export function sharedRounds(roundBytes: readonly number[], workers: number): number {
  const short = roundBytes.findIndex((bytes, round) => round > 0 && usualUnits(bytes, workers) === 1);
  return short < 0 ? roundBytes.length : short;
}
