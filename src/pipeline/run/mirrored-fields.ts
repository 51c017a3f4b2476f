/** A warning, before anything is written, where overlaps show that a given flat-field is mirrored, turned or transposed. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { meanOver } from "../../estimate/refine/held-out.ts";
import { disagreement, prepareOverlaps } from "../../estimate/refine/overlap-data.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { Profile } from "../../profile/profile.ts";
import { formatShare } from "../../quantities.ts";
import { type OverlapPlan, planOverlaps } from "../../sample/plan-overlaps.ts";
import { readOverlaps } from "../../sample/read-overlaps.ts";
import { countChunks } from "../../sample/read-planes.ts";
import { arrayBytes } from "../../shapes.ts";
import { fieldShapeAtLevel } from "../../tiles/levels.ts";
import { type ChannelProfile, profileAtField, targetName } from "../profiles/channel-profile.ts";

/** The coarsest level with this many pixels along the shorter side of a tile is read. */
const leastFieldPx = 64;
/** The most tiles whose overlaps are read, fewer where these bytes would be exceeded. */
const tileCounts: readonly number[] = [16, 8, 4];
const mostBytes = 4e8;
/** Fewer pairs prove nothing. */
const fewestPairs = 3;
/** A mirror image whose mean difference from the flat-field is smaller is the same light. */
const leastDifference = 0.02;
/** Another orientation is meant where it leaves less than this share of the difference between tiles, in this share of the pairs. */
const [clearlyLess, ofPairs] = [0.6, 0.75];

/** How a flat-field may have been turned: the value that belongs at (y, x) lies at `from` in a field of rows x columns. */
interface Orientation {
  readonly name: string;
  readonly numpy: string;
  readonly isSquare: boolean;
  readonly from: (y: number, x: number, rows: number, columns: number) => readonly [number, number];
}

const orientations: readonly Orientation[] = [
  { name: "mirrored left to right", numpy: "[:, ::-1]", isSquare: false, from: (y, x, _, n) => [y, n - 1 - x] },
  { name: "mirrored top to bottom", numpy: "[::-1]", isSquare: false, from: (y, x, n) => [n - 1 - y, x] },
  { name: "turned upside down", numpy: "[::-1, ::-1]", isSquare: false, from: (y, x, m, n) => [m - 1 - y, n - 1 - x] },
  { name: "transposed", numpy: ".T", isSquare: true, from: (y, x) => [x, y] },
  { name: "turned by 90°", numpy: "[::-1].T", isSquare: true, from: (y, x, n) => [n - 1 - x, y] },
  { name: "turned by 90°", numpy: ".T[::-1]", isSquare: true, from: (y, x, _, n) => [x, n - 1 - y] },
  { name: "transposed", numpy: "[::-1, ::-1].T", isSquare: true, from: (y, x, m, n) => [m - 1 - x, n - 1 - y] },
];

/**
 * Warns where the overlaps of tiles agree far better with another orientation of a given flat-field than with it as it
 * is: a shape tells nothing of that. Reads overlaps of a few tiles at a coarse level, and nothing where there are none or
 * where the light is symmetric.
 * @throws IsoluxError as reading does
 */
export async function reportMirrored(
  acquisition: Acquisition,
  given: readonly ChannelProfile[],
  seed: number,
  { report, signal }: RunHooks,
): Promise<void> {
  for (const profile of given) {
    const plan = planFor(acquisition, profile, seed);
    if (plan === undefined) continue;
    const own = profileAtField(profile, plan.fieldYx);
    const others = turnedOf(own);
    if (others.length === 0) continue;
    const patches = await readOverlaps(acquisition, profile.target.channel.index, plan, { signal });
    const data = prepareOverlaps(plan.fieldYx, patches);
    const figures = disagreement(data, own);
    const pairs = [...figures.keys()].filter((pair) => Number.isFinite(figures[pair]!));
    const even = { ...own, flatfield: new Float32Array(own.flatfield.length).fill(1) };
    const none = meanOver(disagreement(data, even), pairs);
    const before = meanOver(figures, pairs);
    if (pairs.length < fewestPairs || before < clearlyLess * none) continue;
    const tried = others.map(({ orientation, turned }) => ({ orientation, turned: disagreement(data, turned) }));
    const best = tried.sort((a, b) => meanOver(a.turned, pairs) - meanOver(b.turned, pairs))[0]!;
    const after = meanOver(best.turned, pairs);
    const better = pairs.filter((pair) => best.turned[pair]! < figures[pair]!).length;
    if (after > clearlyLess * Math.min(before, none) || better < ofPairs * pairs.length) continue;
    const { name, numpy } = best.orientation;
    const text =
      `The flat-field of channel ${targetName(profile.target)} seems to be ${name}: as it is, tiles differ by ` +
      `${formatShare(before)} where they overlap, as flatfield${numpy} (NumPy) by ${formatShare(after)}.`;
    report({ kind: "warning", text });
  }
}

/** The overlaps that are read; `undefined` where there are too few, or where they would take long. */
function planFor(acquisition: Acquisition, { target }: ChannelProfile, seed: number): OverlapPlan | undefined {
  const { levels, tiles, type } = acquisition;
  const extents = levels.map(({ factorsZyx }) => Math.min(...fieldShapeAtLevel(tiles, factorsZyx)));
  const level = Math.max(
    0,
    extents.findLastIndex((px) => px >= leastFieldPx),
  );
  const own = levels[level]!;
  for (const count of tileCounts) {
    const first = Math.max(0, (target.tiles.length - count) >> 1);
    const among = target.tiles.slice(first, first + count);
    const plan = planOverlaps(acquisition, { level, planesPerPair: 2, seed, among });
    if (plan.pairs.length < fewestPairs) return undefined;
    const chunks = countChunks(own, { level, fieldYx: plan.fieldYx, planes: plan.reads, warnings: [] });
    if (chunks * arrayBytes(type, own.chunkShapeCzyx) <= mostBytes) return plan;
  }
  return undefined;
}

/** The other orientations of a flat-field in which it is another one. */
function turnedOf({ shapeYx, flatfield, ...rest }: Profile) {
  const [rows, columns] = shapeYx;
  return orientations.flatMap((orientation) => {
    if (orientation.isSquare && rows !== columns) return [];
    const image = new Float32Array(flatfield.length);
    let apart = 0;
    for (let y = 0, at = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++, at++) {
        const [fromY, fromX] = orientation.from(y, x, rows, columns);
        image[at] = flatfield[fromY * columns + fromX]!;
        apart += Math.abs(image[at]! - flatfield[at]!);
      }
    }
    const isOther = apart / flatfield.length > leastDifference;
    return isOther ? [{ orientation, turned: { ...rest, shapeYx, flatfield: image } }] : [];
  });
}
