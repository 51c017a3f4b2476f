/** Whether neighbouring tiles show the same where they are said to overlap, or clearly elsewhere. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { readOverlaps } from "../read-overlaps.ts";
import { likeness } from "./likeness.ts";
import { type Comparison, type Direction, planPlacement } from "./placement-plan.ts";

/** What speaks against what is said of the places of tiles. */
export interface PlacementDoubt {
  /** Two tiles that show it best, by number. */
  readonly first: number;
  readonly second: number;
  /** Where the second is said to lie, seen from the first, and where it fits. */
  readonly said: Direction;
  readonly fits: Direction;
  /** Whether it fits where it is said to lie, but at the same planes rather than at the depths that are said. */
  readonly isOfDepth: boolean;
  /** Correlations of what both show, as said and as it fits. */
  readonly saidLikeness: number;
  readonly fitsLikeness: number;
  /** In so many of the pairs along that axis that show enough. */
  readonly against: number;
  readonly pairs: number;
}

/** From here on what is alike is so beyond chance. */
const sure = 0.5;
/** The place that is said is plainly wrong where another is alike by so much more, and twice as much. */
const plainly = 0.4;
/** A pair that is the only one along its axis has to be plainer. */
const sureAlone = 0.7;
/** The first channel may show nothing. */
const mostChannels = 2;

/** A pair of neighbours with the likeness of each way to lie. */
interface JudgedPair {
  readonly said: Comparison;
  readonly saidLikeness: number;
  readonly best: Comparison;
  readonly bestLikeness: number;
}

/**
 * Compares what neighbours in the middle of the mosaic show: where they are said to overlap, and where they would if an
 * axis were mirrored or both were swapped. Doubts come only of pairs in which another place is plainly right and that
 * which is said plainly wrong, where these are most of those that show anything; light and small errors of the stage
 * play no part. Reads a few planes of a coarse level.
 * @throws IsoluxError `corrupt`, `storage`, `interrupted`
 */
export async function doubtPlacement(acquisition: Acquisition, signal?: AbortSignal): Promise<PlacementDoubt[]> {
  const plan = planPlacement(acquisition);
  if (plan === undefined) return [];
  for (const { index } of acquisition.channels.slice(0, mostChannels)) {
    const patches = await readOverlaps(acquisition, index, plan.overlaps, signal === undefined ? {} : { signal });
    const judged = judge(
      plan.comparisons,
      plan.comparisons.map((_, pair) => likeness(patches.filter((patch) => patch.pair === pair))),
    );
    if (judged.some(showsEnough))
      return [judged.filter(isAlongX), judged.filter((pair) => !isAlongX(pair))].flatMap(doubtOf);
  }
  return [];
}

function judge(comparisons: readonly Comparison[], likenesses: readonly number[]): JudgedPair[] {
  const pairs = new Map<string, number[]>();
  for (const [index, { first, second }] of comparisons.entries()) {
    const key = `${first.number} ${second.number}`;
    pairs.set(key, [...(pairs.get(key) ?? []), index]);
  }
  return [...pairs.values()].flatMap((indices): JudgedPair[] => {
    const own = indices.find((n) => comparisons[n]!.tried === comparisons[n]!.said && !comparisons[n]!.isPlaneByPlane);
    if (own === undefined) return [];
    const best = indices.reduce((most, n) => (likenesses[n]! > likenesses[most]! ? n : most), own);
    const [said, saidLikeness] = [comparisons[own]!, likenesses[own]!];
    return [{ said, saidLikeness, best: comparisons[best]!, bestLikeness: likenesses[best]! }];
  });
}

function showsEnough({ bestLikeness }: JudgedPair): boolean {
  return bestLikeness >= sure;
}

function isPlain({ saidLikeness, bestLikeness }: JudgedPair): boolean {
  return bestLikeness - saidLikeness >= plainly && bestLikeness >= 2 * saidLikeness;
}

function isAlongX({ said }: JudgedPair): boolean {
  return said.said === "right" || said.said === "left";
}

function doubtOf(pairs: readonly JudgedPair[]): PlacementDoubt[] {
  const showing = pairs.filter(showsEnough);
  const against = showing.filter(isPlain);
  const [plainest] = [...against].sort((a, b) => b.bestLikeness - a.bestLikeness);
  if (plainest === undefined || 2 * against.length <= showing.length) return [];
  if (showing.length === 1 && plainest.bestLikeness < sureAlone) return [];
  const { said, saidLikeness, best, bestLikeness } = plainest;
  return [
    {
      first: said.first.number,
      second: said.second.number,
      said: said.said,
      fits: best.tried,
      isOfDepth: best.isPlaneByPlane,
      saidLikeness,
      fitsLikeness: bestLikeness,
      against: against.length,
      pairs: showing.length,
    },
  ];
}
