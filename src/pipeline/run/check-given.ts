/** What given profiles are held to in the image, wherever they are used: by a run that writes, and by a server. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { BackgroundChoice } from "../../correct/field.ts";
import { IsoluxError } from "../../errors.ts";
import { refuseImplausibleOffset } from "../../estimate/offset/plausible-offset.ts";
import { prepareOverlaps } from "../../estimate/refine/overlap-data.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { Profile } from "../../profile/profile.ts";
import { formatCount, formatShare } from "../../quantities.ts";
import { type OverlapPlan, planOverlaps } from "../../sample/plan-overlaps.ts";
import { readOverlaps } from "../../sample/read-overlaps.ts";
import { countChunks, readPreview } from "../../sample/read-planes.ts";
import { arrayBytes } from "../../shapes.ts";
import { coarsestWith } from "../../tiles/levels.ts";
import { type ChannelProfile, profileAtField, targetName } from "../profiles/channel-profile.ts";
import { type BetterReading, type Doubt, ReadingComparison, turnedOf } from "./compare-readings.ts";
import { refuseForeignPixels } from "./foreign-pixels.ts";
import { doubtsOfPlanes } from "./light-of-planes.ts";
import { reportLossesOfGiven } from "./losses.ts";
import { offsetDoubts } from "./offset-doubts.ts";

/** What decides how given profiles are checked. */
interface CheckParameters {
  readonly background: BackgroundChoice;
  readonly seed: number;
  /** Whether the user insists on the profiles, so that most of what is found is a warning. */
  readonly trustProfiles: boolean;
  readonly cameraOffset?: number | undefined;
}

/**
 * Refuses profiles that cannot be those of this image: dark-fields of another camera or unit, pixels that the image does not
 * have, light of another orientation. Warns of what they take away. Reads some MB of the image.
 * @throws IsoluxError `invalid`; as reading does
 */
export async function checkGivenProfiles(
  acquisition: Acquisition,
  given: readonly ChannelProfile[],
  { background, seed, trustProfiles: isTrusted, cameraOffset }: CheckParameters,
  hooks: RunHooks,
): Promise<void> {
  for (const { target } of cameraOffset === undefined ? [] : given) {
    const { channel, tiles } = target;
    const { pixels } = await readPreview(acquisition, { channel: channel.index, tiles, seed }, hooks.signal);
    refuseImplausibleOffset(cameraOffset, { pixels, where: `channel ${targetName(target)}` });
  }
  // An offset that was given as a number is believed, with the warning that it deserves.
  const isDarkRefused = !isTrusted && cameraOffset === undefined;
  await reportLossesOfGiven(acquisition, given, { background, seed, isDarkRefused }, hooks);
  await refuseForeignPixels(acquisition, given, isTrusted, hooks);
  await refuseMirrored(acquisition, given, { seed, isTrusted }, hooks);
}

/** The coarsest level with this many pixels along the shorter side of a tile is read. */
const leastFieldPx = 64;
/** The most tiles whose overlaps are read, fewer where these bytes would be exceeded. */
const tileCounts: readonly number[] = [16, 8, 4];
const mostBytes = 4e8;
/** Fewer pairs are not read. */
const fewestPairs = 3;

/**
 * Refuses a given flat-field where the overlaps of tiles agree far better with another orientation of it than with it as
 * it is, or with its inverse, or hold the camera's offset; where none overlap, where the light of planes is of another
 * orientation. Reads overlaps of a few tiles, or planes, at a coarse level.
 * @param isTrusted whether the user insists on the profiles, so that it is a warning
 * @throws IsoluxError `invalid`; as reading does
 */
async function refuseMirrored(
  acquisition: Acquisition,
  given: readonly ChannelProfile[],
  { seed, isTrusted }: { readonly seed: number; readonly isTrusted: boolean },
  { report, signal }: RunHooks,
): Promise<void> {
  const level = coarsestWith(leastFieldPx, acquisition);
  for (const profile of given) {
    const { found, left, isRefused } = await doubtsOf(acquisition, profile, { level, seed }, signal);
    if (left !== undefined) report({ kind: "warning", text: `Channel ${targetName(profile.target)}: ${left}` });
    if (found === undefined) continue;
    const { part = "flat-field", name, numpy, dark, differs, expected } = found;
    const what = `The ${part} of channel ${targetName(profile.target)} seems to ${name}`;
    if (isRefused && !isTrusted) {
      const advice = `Save it as ${numpy}${dark && `, ${dark}`}, or give --trust-profiles to take it as it is`;
      throw new IsoluxError({ kind: "invalid", what, where: acquisition.location, found: differs, expected, advice });
    }
    report({ kind: "warning", text: `${what}: ${differs}, and by ${expected}.` });
  }
}

/** What overlaps or planes tell; nothing where chunks of them are damaged, which whatever needs their pixels says. */
async function doubtsOf(
  acquisition: Acquisition,
  profile: ChannelProfile,
  sample: { readonly level: number; readonly seed: number },
  signal: AbortSignal,
): Promise<Doubt> {
  try {
    const byOverlaps = await doubtsOfOverlaps(acquisition, profile, sample, signal);
    if (byOverlaps?.found !== undefined || byOverlaps?.isProven === true) return byOverlaps;
    const byPlanes = await doubtsOfPlanes(acquisition, profile, sample, signal);
    // Where tiles overlap, though they tell nothing, what planes tell is no proof.
    return byOverlaps === undefined ? byPlanes : { ...byPlanes, ...byOverlaps, isRefused: false };
  } catch (error) {
    if (error instanceof IsoluxError && error.kind === "corrupt") return {};
    throw error;
  }
}

/** What overlaps tell; `undefined` where they are too few to tell anything. */
async function doubtsOfOverlaps(
  acquisition: Acquisition,
  profile: ChannelProfile,
  { level, seed }: { readonly level: number; readonly seed: number },
  signal: AbortSignal,
): Promise<Doubt | undefined> {
  const plan = planFor(acquisition, profile, { level, seed });
  if (plan === undefined) return undefined;
  const own = profileAtField(profile, plan.fieldYx);
  const patches = await readOverlaps(acquisition, profile.target.channel.index, plan, { signal });
  const data = prepareOverlaps(plan.fieldYx, patches);
  const compared = new ReadingComparison(data, own);
  if (compared.isOfFew) return undefined;
  const turned = betterOf(compared, own);
  const question = { data, own, compared, profile, level, seed };
  const { held, left } = turned === undefined ? await offsetDoubts(acquisition, question, signal) : {};
  const found = turned ?? held;
  if (found === undefined)
    return { isProven: compared.isClearlyWrong(compared.differencesWith(evenLight(own))), ...(left && { left }) };
  const { before, after, better, pairs, ...reading } = found;
  const differs = `tiles that differ by ${formatShare(before)} where they overlap`;
  const expected = `${formatShare(after)}, as with ${reading.numpy} (NumPy), which is better in ${better} of ${formatCount(pairs, "pair")}`;
  return { found: { ...reading, differs, expected }, isRefused: true };
}

/** The best of the other readings where it is clearly right. */
function betterOf(compared: ReadingComparison, own: Profile): BetterReading | undefined {
  const even = compared.differencesWith(evenLight(own));
  const tried = turnedOf(own).map(({ reading, image }) => {
    return { reading, of: compared.differencesWith({ ...own, flatfield: image }) };
  });
  const best = tried.sort((a, b) => a.of.mean - b.of.mean)[0];
  if (best === undefined || !compared.isClearlyRight(best.of, even)) return undefined;
  const { name, numpy } = best.reading;
  return { name: `be ${name}`, numpy, dark: "and its dark-field likewise", ...compared.figuresOf(best.of) };
}

function evenLight(own: Profile): Profile {
  return { ...own, flatfield: new Float32Array(own.flatfield.length).fill(1) };
}

/** The overlaps that are read; `undefined` where there are too few, or where they would take long. */
function planFor(
  acquisition: Acquisition,
  { target }: ChannelProfile,
  { level, seed }: { readonly level: number; readonly seed: number },
): OverlapPlan | undefined {
  const { levels, type } = acquisition;
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
