/** Compares pairs of neighbours before and after a correction, each on its own and together. */
import type { OverlapPlan } from "../../sample/plan-overlaps.ts";
import { assessChange, assessTotals, type Comparison } from "./changes.ts";
import type { OverlapBlock } from "./overlap-blocks.ts";
import type { Change, PairVotes } from "./quality-report.ts";

/** With fewer pairs, each plane of a pair counts on its own. */
const fewPairs = 6;
/** Differences below this fraction of the mean brightness are rounding. */
const floorShare = 5e-4;

/** A plane of a pair: the difference of its tiles, in counts of the source. */
interface PlaneVote extends Comparison {
  readonly pair: number;
  readonly plane: number;
  readonly brightness: number;
}

/**
 * The changes of all pairs.
 * @param contrastOf the factor by which a change of light appears in a block of the corrected image: differences after
 * are divided by it, so that neither a constant nor a factor changes the result
 * @returns `undefined` where no pair could be compared
 */
export function pairVotes(
  { pairs }: OverlapPlan,
  blocks: readonly OverlapBlock[],
  contrastOf: (block: OverlapBlock) => number,
  seed: number,
): PairVotes | undefined {
  const votes = planeVotes(blocks, contrastOf);
  if (votes.length === 0) return undefined;
  const floor = (floorShare * sumOf(votes.map(({ brightness }) => brightness))) / votes.length;
  const assess = (some: readonly PlaneVote[]) => assessTotals(comparisonsOf(some), floor, seed);
  const axisOf = (pair: number) => axisOfPair(pairs[pair]!);
  const geometric = assessChange(comparisonsOf(votes), floor, seed);
  const arithmetic = assess(votes);
  if (geometric === undefined || arithmetic === undefined) return undefined;
  return {
    arithmetic,
    geometric,
    directions: (["rows", "columns"] as const).flatMap((direction) => {
      const change = assess(votes.filter(({ pair }) => axisOf(pair) === direction));
      return change === undefined ? [] : [{ direction, ...change }];
    }),
    depths: thirds(votes).flatMap((some): Change[] => {
      const change = assess(some);
      return change === undefined ? [] : [change];
    }),
    shading: shadingAtSeams(blocks, contrastOf),
  };
}

function shadingAtSeams(
  blocks: readonly OverlapBlock[],
  contrastOf: (block: OverlapBlock) => number,
): PairVotes["shading"] {
  const brightness = sumOf(blocks.map(({ before }) => (before[0] + before[1]) / 2));
  const shareOf = (image: "before" | "after") => {
    let [apart, squares, noise] = [0, 0, 0];
    for (const block of blocks) {
      const contrast = image === "before" ? 1 : contrastOf(block);
      const difference = (block[image][0] - block[image][1]) / contrast;
      apart += Math.abs(difference);
      squares += difference ** 2;
      noise += block.noise[image === "before" ? 0 : 1] / contrast ** 2;
    }
    return squares === 0 ? 0 : (apart / brightness) * Math.sqrt(Math.max(0, 1 - noise / squares));
  };
  const pairCount = new Set(blocks.map(({ pair }) => pair)).size;
  return { before: shareOf("before"), after: shareOf("after"), pairCount };
}

/** Whether two tiles lie one above the other, so that rows of tiles meet, or side by side. */
function axisOfPair({ inFirstYx, inSecondYx }: OverlapPlan["pairs"][number]): "rows" | "columns" {
  const [y, x] = [0, 1].map((axis) => Math.abs(inFirstYx[axis]! - inSecondYx[axis]!)) as [number, number];
  return y > x ? "rows" : "columns";
}

function planeVotes(blocks: readonly OverlapBlock[], contrastOf: (block: OverlapBlock) => number): PlaneVote[] {
  const groups = new Map<string, { pair: number; plane: number; sums: [number, number, number]; count: number }>();
  for (const block of blocks) {
    const { pair, plane, before, after } = block;
    const key = `${pair} ${plane}`;
    const group = groups.get(key) ?? { pair, plane, sums: [0, 0, 0], count: 0 };
    groups.set(key, group);
    group.sums[0] += Math.abs(before[0] - before[1]);
    group.sums[1] += Math.abs(after[0] - after[1]) / contrastOf(block);
    group.sums[2] += (before[0] + before[1]) / 2;
    group.count++;
  }
  return [...groups.values()].map(({ pair, plane, sums, count }) => {
    const [before, after, brightness] = sums.map((sum) => sum / count) as [number, number, number];
    return { pair, plane, before, after, brightness };
  });
}

/** The means of pairs or, where these are few, the planes of all. */
function comparisonsOf(votes: readonly PlaneVote[]): readonly Comparison[] {
  const ofPair = new Map<number, PlaneVote[]>();
  for (const vote of votes) ofPair.set(vote.pair, [...(ofPair.get(vote.pair) ?? []), vote]);
  if (ofPair.size < fewPairs) return votes;
  return [...ofPair.values()].map((planes) => ({
    before: sumOf(planes.map(({ before }) => before)) / planes.length,
    after: sumOf(planes.map(({ after }) => after)) / planes.length,
  }));
}

/** Planes of the upper, middle and lower third; none where there are fewer than three planes. */
function thirds(votes: readonly PlaneVote[]): PlaneVote[][] {
  const planes = [...new Set(votes.map(({ plane }) => plane))].sort((a, b) => a - b);
  if (planes.length < 3) return [];
  const third = new Map(planes.map((plane, index) => [plane, Math.floor((3 * index) / planes.length)]));
  return [0, 1, 2].map((part) => votes.filter(({ plane }) => third.get(plane) === part));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
