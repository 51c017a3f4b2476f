/**
 * Refuses, before anything is written, a given flat-field that overlaps show to be mirrored, turned, transposed, inverse,
 * or measured with the camera's offset in it.
 */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { IsoluxError } from "../../errors.ts";
import { prepareOverlaps } from "../../estimate/refine/overlap-data.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { Profile } from "../../profile/profile.ts";
import { formatCount, formatShare } from "../../quantities.ts";
import { type OverlapPlan, planOverlaps } from "../../sample/plan-overlaps.ts";
import { readOverlaps } from "../../sample/read-overlaps.ts";
import { countChunks } from "../../sample/read-planes.ts";
import { arrayBytes } from "../../shapes.ts";
import { meanOf } from "../../statistics.ts";
import { coarsestWith } from "../../tiles/levels.ts";
import { type ChannelProfile, profileAtField, targetName } from "../profiles/channel-profile.ts";
import { type BetterReading, ReadingComparison } from "./compare-readings.ts";
import { offsetDoubts } from "./offset-doubts.ts";

/** The coarsest level with this many pixels along the shorter side of a tile is read. */
const leastFieldPx = 64;
/** The most tiles whose overlaps are read, fewer where these bytes would be exceeded. */
const tileCounts: readonly number[] = [16, 8, 4];
const mostBytes = 4e8;
/** Fewer pairs are not read. */
const fewestPairs = 3;
/** A mirror image whose mean difference from the flat-field is smaller is the same light. */
const leastDifference = 0.02;

/** How a flat-field may have been turned: the value that belongs at (y, x) lies at `from` in a field of rows x columns. */
interface Orientation {
  readonly name: string;
  /** The way back, in NumPy. */
  readonly numpy: string;
  readonly isSquare: boolean;
  readonly from: (y: number, x: number, rows: number, columns: number) => readonly [number, number];
}

const orientations: readonly Orientation[] = [
  {
    name: "mirrored left to right",
    numpy: "flatfield[:, ::-1]",
    isSquare: false,
    from: (y, x, _, n) => [y, n - 1 - x],
  },
  { name: "mirrored top to bottom", numpy: "flatfield[::-1]", isSquare: false, from: (y, x, m) => [m - 1 - y, x] },
  {
    ...{ name: "turned upside down", numpy: "flatfield[::-1, ::-1]", isSquare: false },
    from: (y, x, m, n) => [m - 1 - y, n - 1 - x],
  },
  { name: "transposed", numpy: "flatfield.T", isSquare: true, from: (y, x) => [x, y] },
  { name: "turned by 90°", numpy: "flatfield[::-1].T", isSquare: true, from: (y, x, n) => [n - 1 - x, y] },
  { name: "turned by 90°", numpy: "flatfield.T[::-1]", isSquare: true, from: (y, x, _, n) => [x, n - 1 - y] },
  {
    ...{ name: "transposed", numpy: "flatfield[::-1, ::-1].T", isSquare: true },
    from: (y, x, m, n) => [m - 1 - x, n - 1 - y],
  },
];
/** A factor for each pixel in place of the light that it got. */
const gainMap = { name: "the inverse of the light", numpy: "1 / flatfield" };

/**
 * Refuses a given flat-field where the overlaps of tiles agree far better with another orientation of it than with it as
 * it is, or with its inverse: a shape tells nothing of that. Reads overlaps of a few tiles at a coarse level, and nothing
 * where there are none or where the light is symmetric.
 * @param isTrusted whether the user insists on the profiles, so that it is a warning
 * @throws IsoluxError `invalid`; as reading does
 */
export async function refuseMirrored(
  acquisition: Acquisition,
  given: readonly ChannelProfile[],
  { seed, isTrusted }: { readonly seed: number; readonly isTrusted: boolean },
  { report, signal }: RunHooks,
): Promise<void> {
  for (const profile of given) {
    const plan = planFor(acquisition, profile, seed);
    if (plan === undefined) continue;
    const own = profileAtField(profile, plan.fieldYx);
    const patches = await readOverlaps(acquisition, profile.target.channel.index, plan, { signal });
    const data = prepareOverlaps(plan.fieldYx, patches);
    const compared = new ReadingComparison(data, own);
    if (compared.isOfFew) continue;
    const turned = betterOf(compared, own);
    const question = { data, own, compared, profile, level: plan.level, seed };
    const { held, left } = turned === undefined ? await offsetDoubts(acquisition, question, signal) : {};
    const found = turned ?? held;
    if (found === undefined) {
      if (left !== undefined) report({ kind: "warning", text: `Channel ${targetName(profile.target)}: ${left}` });
      continue;
    }
    const { name, numpy, dark, before, after, better, pairs } = found;
    const what = `The flat-field of channel ${targetName(profile.target)} seems to ${name}`;
    const differs = `tiles that differ by ${formatShare(before)} where they overlap`;
    const expected = `${formatShare(after)}, as with ${numpy} (NumPy), which is better in ${better} of ${formatCount(pairs, "pair")}`;
    if (!isTrusted) {
      const advice = `Save it as ${numpy}, ${dark}, or give --trust-profiles to take it as it is`;
      throw new IsoluxError({ kind: "invalid", what, where: acquisition.location, found: differs, expected, advice });
    }
    report({ kind: "warning", text: `${what}: ${differs}, and by ${expected}.` });
  }
}

/** The best of the other readings where it is clearly right, and the flat-field as it is clearly wrong. */
function betterOf(compared: ReadingComparison, own: Profile): BetterReading | undefined {
  const even = compared.differencesWith({ ...own, flatfield: new Float32Array(own.flatfield.length).fill(1) });
  if (compared.isClearlyWrong(even)) return undefined;
  const tried = turnedOf(own).map(({ reading, turned }) => ({ reading, of: compared.differencesWith(turned) }));
  const best = tried.sort((a, b) => a.of.mean - b.of.mean)[0];
  if (best === undefined || !compared.isClearlyRight(best.of, even)) return undefined;
  const { name, numpy } = best.reading;
  return { name: `be ${name}`, numpy, dark: "and its dark-field likewise", ...compared.figuresOf(best.of) };
}

/** The overlaps that are read; `undefined` where there are too few, or where they would take long. */
function planFor(acquisition: Acquisition, { target }: ChannelProfile, seed: number): OverlapPlan | undefined {
  const { levels, type } = acquisition;
  const level = coarsestWith(leastFieldPx, acquisition);
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

/** The other ways to read a flat-field in which it is another one. */
function turnedOf({ shapeYx, flatfield, ...rest }: Profile) {
  const [rows, columns] = shapeYx;
  const turned = orientations.flatMap((reading) => {
    if (reading.isSquare && rows !== columns) return [];
    const image = flatfield.map((_, at) => {
      const [fromY, fromX] = reading.from(Math.floor(at / columns), at % columns, rows, columns);
      return flatfield[fromY * columns + fromX]!;
    });
    return [{ reading, image }];
  });
  const factors = flatfield.map((value) => 1 / value);
  const mean = meanOf(factors);
  const all = [...turned, { reading: gainMap, image: factors.map((value) => value / mean) }];
  return all.flatMap(({ reading, image }) => {
    const apart = meanOf(image.map((value, at) => Math.abs(value - flatfield[at]!)));
    return apart > leastDifference ? [{ reading, turned: { ...rest, shapeYx, flatfield: image } }] : [];
  });
}
