/** Draws planes from the tiles of an acquisition at random, by a seed. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { coarsestWith } from "../tiles/levels.ts";

/** The fewest pixels on the shorter side of a tile for a fit of BaSiC. */
const leastFieldPx = 128;

/** The coarsest level whose tiles are still large enough for BaSiC; the full resolution where none is. */
export function coarsestLevelForBasic(acquisition: Acquisition): number {
  return coarsestWith(leastFieldPx, acquisition);
}

/**
 * A seeded stream of numbers in [0, 1): the same on every machine.
 * Mulberry32 over an integer mix of the keys, so that streams of neighbouring keys are unrelated.
 */
export function randomStream(...keys: readonly number[]): () => number {
  let state = 0x9e3779b9;
  for (const key of keys) state = mix(state ^ mix(key >>> 0) ^ mix(Math.floor(key / 2 ** 32) >>> 0));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The finaliser of MurmurHash3: every bit of the input changes half of the output's. */
function mix(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) + 0x7f4a7c15;
}
