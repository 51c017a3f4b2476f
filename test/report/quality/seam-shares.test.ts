import { expect, it } from "vitest";
import { overlapBlocks } from "../../../src/report/quality/overlap-blocks.ts";
import { pairVotes } from "../../../src/report/quality/pair-votes.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";

const side = 32;
const pair = { first: 1, second: 2, inFirstYx: [0, 0], inSecondYx: [0, 0], shapeYx: [side, side] } as const;
const plan = { pairs: [pair], fieldYx: [64, 64], binPx: 1 } as unknown as Parameters<typeof overlapBlocks>[0];

/** An overlap of two tiles of these brightnesses, with noise of 60 counts in each. */
function noisy(levels: readonly [number, number], seed: number) {
  const random = randomStream(seed, 1);
  const view = (level: number) =>
    Float32Array.from({ length: side ** 2 }, () => {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += random();
      return level + 60 * sum;
    });
  const [first, second] = [view(levels[0]), view(levels[1])];
  return {
    pair: 0,
    tiles: [1, 2],
    plane: 0,
    shapeYx: [side, side],
    binPx: 1,
    inFirstYx: [0, 0],
    inSecondYx: [0, 0],
    first,
    second,
  };
}

it("tells what neighbours differ by without the noise of pixels, in blocks of few pixels too", () => {
  const of = (levels: readonly [number, number], seed: number) =>
    noisy(levels, seed) as unknown as Parameters<typeof overlapBlocks>[1][number];
  const blocks = overlapBlocks(plan, [of([1050, 950], 1)], [of([1010, 990], 2)]);
  const shares = pairVotes(plan, blocks, () => 1, 0)!.shading;
  // Four pixels make a block: the mean difference of blocks is 3.9 % after, for 2 % of shading.
  expect(Math.abs(shares.before - 0.1)).toBeLessThan(0.008);
  expect(Math.abs(shares.after - 0.02)).toBeLessThan(0.008);
});
