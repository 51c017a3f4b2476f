/** What overlaps and planes tell of a camera's offset that a given profile holds in its flat-field, or leaves in the image. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { pixelsInOne } from "../../acquisition/level.ts";
import { offsetEvidence } from "../../estimate/offset/offset-evidence.ts";
import { findOffset } from "../../estimate/refine/find-offset.ts";
import type { OverlapData } from "../../estimate/refine/overlap-data.ts";
import type { Profile } from "../../profile/profile.ts";
import { formatShare } from "../../quantities.ts";
import { readPreview } from "../../sample/read-planes.ts";
import { meanOf } from "../../statistics.ts";
import type { ChannelProfile } from "../profiles/channel-profile.ts";
import type { BetterReading, ReadingComparison } from "./compare-readings.ts";

/** Tiles that differ by less tell nothing of what is left of an offset. */
const leastDifference = 0.003;
/** An offset is searched in this number of steps through a range, which is narrowed around the best of them again and again. */
const [offsetSteps, narrowings] = [8, 3];
/** Two of them together are narrowed only where the first round leaves less than this share of the difference. */
const worthNarrowing = 0.85;
/** As much of the least light as an offset can be. */
const mostOfLeast = 0.98;
/** An offset that planes show is told from this many counts and standard errors on. */
const [leastCounts, leastErrors] = [5, 4];

/** An offset as a share of a flat-field, and in counts of the image. */
interface Offsets {
  readonly share: number;
  readonly counts: number;
}

type Differences = ReadingComparison["asItIs"];

/** How tiles differ with offsets taken off. */
interface Trial extends Offsets, Differences {}

/**
 * The offset that a flat-field holds, where overlaps agree far better with it taken off: than with the flat-field as it
 * is, and than with any offset taken off the image alone; or else a sentence about one that is left in the image.
 * @param data overlaps of the channel
 * @param own the profile at their resolution
 * @param compared readings of it, in pairs that are no few
 * @throws IsoluxError as reading does
 */
export async function offsetDoubts(
  acquisition: Acquisition,
  { data, own, compared, profile, level, seed }: OffsetQuestion,
  signal: AbortSignal,
): Promise<{ readonly held?: BetterReading; readonly left?: string }> {
  const figuresWith = ({ share, counts }: Offsets): Trial => {
    const flatfield = own.flatfield.map((value) => (value - share) / (1 - share));
    const darkfield = own.darkfield.map((dark) => dark + counts);
    return { share, counts, ...compared.differencesWith({ shapeYx: own.shapeYx, flatfield, darkfield }) };
  };
  const { asItIs } = compared;
  const dark = meanOf(own.darkfield);
  const isWithoutDark = own.darkfield.every((counts) => counts === 0);
  const isToImprove = asItIs.mean > leastDifference;
  // What is taken off already may be too much, too.
  const leastCounts = isToImprove && dark > 0 ? -dark : 0;
  const room = Math.max(0, dimmestOf(data) - Math.max(0, dark));
  const mostCounts = isWithoutDark || isToImprove ? mostOfLeast * room : 0;
  const mostShare = isToImprove ? mostOfLeast * leastOf(own.flatfield) : 0;
  const countsAlone = lowest([leastCounts, mostCounts], (counts) => figuresWith({ share: 0, counts }));
  const lowestOfBoth = (rounds: number) =>
    lowest(
      [0, mostShare],
      (share) =>
        !isWithoutDark
          ? figuresWith({ share, counts: 0 })
          : profile.meanCounts === undefined
            ? lowest([0, mostCounts], (counts) => figuresWith({ share, counts }), rounds)
            : // A flat-field in counts holds the offset that the image has.
              figuresWith({ share, counts: share * profile.meanCounts }),
      rounds,
    );
  const first = lowestOfBoth(1);
  const both = first.mean < worthNarrowing * asItIs.mean ? lowestOfBoth(narrowings) : first;
  const isBetter = (trial: Trial, ...others: readonly Trial[]) =>
    asItIs.mean - trial.mean > leastDifference && compared.isClearlyRight(trial, ...others);
  const isHeld = isWithoutDark ? isBetter(both, countsAlone) : isBetter(both) && both.mean <= countsAlone.mean;
  if (isHeld) {
    return { held: { ...describeHeld(both, profile.meanCounts, isWithoutDark), ...compared.figuresOf(both) } };
  }
  if (isBetter(countsAlone)) {
    if (isWithoutDark) return { left: describeLeft(asItIs, countsAlone) };
    if (countsAlone.counts > 0) return { left: describeDimDark(asItIs, countsAlone, dark) };
    return { held: { ...describeBrightDark(countsAlone), ...compared.figuresOf(countsAlone) } };
  }
  if (!isWithoutDark) return {};
  if (profile.profile.baseline > 0 && profile.baselineMeaning === "offset") return {};
  const shown = await offsetOfPlanes(acquisition, data, { profile, level, seed }, signal);
  return shown === undefined ? {} : { left: shown };
}

/** What is asked. */
interface OffsetQuestion {
  readonly data: OverlapData;
  readonly own: Profile;
  readonly compared: ReadingComparison;
  readonly profile: ChannelProfile;
  readonly level: number;
  readonly seed: number;
}

function lowest([least, most]: readonly [number, number], trial: (value: number) => Trial, rounds = narrowings): Trial {
  let [from, to] = [least, most];
  let [best, at] = [trial(0), 0];
  for (let round = 0; round < (most > least ? rounds : 0); round++) {
    const step = (to - from) / offsetSteps;
    for (let n = 0; n <= offsetSteps; n++) {
      const tried = trial(from + n * step);
      if (!(tried.mean < best.mean)) continue;
      [best, at] = [tried, from + n * step];
    }
    [from, to] = [Math.max(least, at - step), Math.min(most, at + step)];
  }
  return best;
}

function describeHeld(
  { share, counts }: Offsets,
  meanCounts: number | undefined,
  isWithoutDark: boolean,
): Pick<BetterReading, "name" | "numpy" | "dark"> {
  const less = Number(share.toPrecision(2));
  const inCounts = meanCounts === undefined ? undefined : Math.round(share * meanCounts);
  return {
    name: "hold the camera's offset",
    numpy: inCounts === undefined ? `(flatfield - ${less}) / (1 - ${less})` : `flatfield - ${inCounts}`,
    dark: isWithoutDark ? `with a dark-field of ${inCounts ?? Math.round(counts)}` : "with the dark-field as it is",
  };
}

function describeLeft({ mean: before }: Differences, { mean: after, counts }: Trial): string {
  const about = Math.round(counts);
  return (
    `tiles differ by ${formatShare(before)} where they overlap, and by ${formatShare(after)} where ${about} counts are taken ` +
    `off first. If the camera shows about these without light, give --camera-offset ${about}; else all pixels are too bright.`
  );
}

function describeDimDark({ mean: before }: Differences, { mean: after, counts }: Trial, dark: number): string {
  const about = Math.round(counts);
  return (
    `tiles differ by ${formatShare(before)} where they overlap, and by ${formatShare(after)} with a dark-field that is ${about} ` +
    `counts brighter than the ${Number(dark.toPrecision(3))} that it has on average. If the camera shows these without light, ` +
    `save it as darkfield + ${about} (NumPy); else all pixels are too bright.`
  );
}

/** No light is below 0: what is taken off too much is of another camera or exposure. */
function describeBrightDark({ counts }: Trial): Pick<BetterReading, "part" | "name" | "numpy" | "dark"> {
  return { part: "dark-field", name: "be too bright", numpy: `darkfield - ${Math.round(-counts)}`, dark: "" };
}

/** A sentence about the offset that planes and overlaps show, where they show one. */
async function offsetOfPlanes(
  acquisition: Acquisition,
  data: OverlapData,
  { profile: { target }, level, seed }: Pick<OffsetQuestion, "profile" | "level" | "seed">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const request = { channel: target.channel.index, tiles: target.tiles, seed, level };
  const { pixels, planeCount, shapeYx } = await readPreview(acquisition, request, signal);
  const found = findOffset(data, offsetEvidence({ pixels, planeCount, shapeYx }, pixelsInOne(acquisition, level)));
  if (found.kind !== "found" || found.offset < Math.max(leastCounts, leastErrors * found.standardError))
    return undefined;
  const [about, error] = [Math.round(found.offset), Math.max(1, Math.round(found.standardError))];
  return (
    `the image shows about ${about} counts (give or take ${error}) without light, which nothing takes off: corrected pixels ` +
    `are too bright by as much. Give --camera-offset ${about}, or what the camera shows in the dark.`
  );
}

function dimmestOf({ patches }: OverlapData): number {
  return leastOf(patches.map(({ first, second }) => Math.min(leastOf(first), leastOf(second))));
}

function leastOf(values: ArrayLike<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < values.length; at++) if (values[at]! < least) least = values[at]!;
  return least;
}
