/**
 * Refuses, before anything is written, a given profile with single pixels, lines or stripes that stand out and that the
 * image does not have: a correction would put them into it. Those of the camera are in both.
 */
import { type Acquisition, fullResolution } from "../../acquisition/acquisition.ts";
import { IsoluxError } from "../../errors.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { fieldRange } from "../../profile/profile.ts";
import { standingOut } from "../../profile/standing-out.ts";
import { readPreview } from "../../sample/read-planes.ts";
import { isFloating, isSameShape, largestPixel } from "../../shapes.ts";
import { medianOf } from "../../statistics.ts";
import { fieldShape, shownShape } from "../../tiles/tile.ts";
import { type ChannelProfile, targetName } from "../profiles/channel-profile.ts";

/** Differences of a dark-field in whole numbers below this do no harm. */
const leastCounts = 10;
/** A dark-field of less may be a fraction of the full range, where nearly no pixel is below this share of what it means. */
const [mostFraction, fits, mostBelow] = [0.05, 0.9, 0.01];
/** A dark-field whose largest or mean value is this close to 1 may be scaled, where nearly no pixel has less than some times that. */
const [ofOne, roomOfScaled] = [1e-3, 20];
/** The fewest parts of the image that tell anything. */
const fewestProbes = 4;
/** The most planes that are looked at together. */
const mostBeside = 8;
/** What the camera has is in the image as it is in the profile, what it has not is not there at all. */
const half = 0.5;

/** What stands out in a part of a profile. */
type Finding = ReturnType<typeof standingOut>[number];

/**
 * Refuses profiles with pixels, lines or stripes that the image does not have. Reads a few small parts of it where a
 * profile has any, else nothing; deterministic.
 * @param isTrusted whether the user insists on the profiles, so that it is a warning
 * @throws IsoluxError `invalid`; as reading does
 */
export async function refuseForeignPixels(
  acquisition: Acquisition,
  given: readonly ChannelProfile[],
  isTrusted: boolean,
  { report, signal }: RunHooks,
): Promise<void> {
  for (const profile of given) {
    if (!isTrusted) await refuseFraction(acquisition, profile, signal);
    for (const { part, finding } of findingsOf(profile, acquisition)) {
      signal.throwIfAborted();
      const share = await shareInImage(acquisition, profile, part, finding);
      if (share !== undefined && share >= half) continue;
      const what = `The ${part} of channel ${targetName(profile.target)} has what stands out: ${finding.what}`;
      if (share === undefined || isTrusted) {
        const isKnown = share !== undefined;
        const where = isKnown ? "the image has not" : "the image may not have";
        if (isKnown || part === "dark-field") report({ kind: "warning", text: `${what}, which ${where}.` });
        continue;
      }
      const [y, x] = finding.firstYx;
      throw new IsoluxError({
        kind: "invalid",
        what: `The ${part} of channel ${targetName(profile.target)} has what the image does not have: ${finding.what}`,
        where: acquisition.location,
        found: `${Math.max(0, Math.round(100 * share))} % of that difference in the image`,
        expected: "all of it, as of what the camera shows",
        advice: `Measure it again, or fill it from its neighbours, from (y, x) = (${y}, ${x}) on; or give --trust-profiles to take it as it is`,
      });
    }
  }
}

/**
 * A dark-field as a fraction of the full range, or scaled to a maximum or mean of 1, takes nothing off, though the dimmest
 * pixels have room for what it means.
 */
async function refuseFraction(
  acquisition: Acquisition,
  { target, profile, field }: ChannelProfile,
  signal: AbortSignal,
): Promise<void> {
  const { max, mean } = fieldRange(profile.darkfield);
  const full = largestPixel(acquisition.type);
  const isFraction = !isFloating(acquisition.type) && max < mostFraction && mean * full >= leastCounts;
  const isOfOne = [max, mean].some((value) => Math.abs(value - 1) < ofOne);
  const isScaled = isOfOne && profile.darkfield.some((dark) => !Number.isInteger(dark));
  if (field !== undefined || !(isFraction || isScaled)) return;
  const least = isFraction ? fits * mean * full : roomOfScaled * max;
  const { pixels } = await readPreview(
    acquisition,
    { channel: target.channel.index, tiles: target.tiles, seed: 0 },
    signal,
  );
  let below = 0;
  for (let at = 0; at < pixels.length; at++) if (pixels[at]! < least) below++;
  if (below > mostBelow * pixels.length) return;
  const trust = "give --trust-profiles to take it as it is";
  throw new IsoluxError({
    kind: "invalid",
    what: `The dark-field of channel ${targetName(target)} seems to be ${isFraction ? "a fraction of the full range" : "scaled to 1"}`,
    where: acquisition.location,
    found: `at most ${Number(max.toPrecision(3))} counts, which takes nothing off`,
    expected: isFraction
      ? `counts: about ${Math.round(mean * full)}, which the dimmest pixels have room for`
      : "counts, as the camera shows them without light",
    advice: isFraction
      ? `Save it as darkfield * ${full} (NumPy), or ${trust}`
      : `Save it times what it was divided by, or ${trust}`,
  });
}

function findingsOf({ profile }: ChannelProfile, { type }: Acquisition) {
  const { shapeYx, flatfield, darkfield } = profile;
  const ofLight = standingOut(flatfield, shapeYx, "light").map((finding) => ({ part: "flat-field", finding }));
  if (darkfield.every((dark) => dark === darkfield[0])) return ofLight;
  const ofDark = standingOut(darkfield, shapeYx, "dark", isFloating(type) ? 0 : leastCounts);
  return [...ofLight, ...ofDark.map((finding) => ({ part: "dark-field", finding }))];
}

/** How much of a finding the image shows, as a share; `undefined` where that cannot be said. */
async function shareInImage(
  acquisition: Acquisition,
  { target, profile: { shapeYx, darkfield } }: ChannelProfile,
  part: string,
  { probes }: Finding,
): Promise<number | undefined> {
  const tiles = target.tiles.filter((tile) =>
    [fieldShape(tile), shownShape(tile)].every((shape) => isSameShape(shape, shapeYx)),
  );
  if (tiles.length === 0) return undefined;
  const level = fullResolution(acquisition);
  const shares: number[] = [];
  for (const [n, { startYx, stopYx, shareIn }] of probes.entries()) {
    const { start, stop } = tiles[Math.floor((n * tiles.length) / probes.length)]!.box;
    // By the golden ratio, so that planes differ whatever their number is.
    const plane = start[0] + Math.floor(((0.5 + n * 0.618034) % 1) * (stop[0] - start[0]));
    const [first, last] = planesBeside(plane, [start[0], stop[0]], level.chunkShapeCzyx[1]);
    const from = [first, start[1] + startYx[0], start[2] + startYx[1]] as const;
    const to = [last, start[1] + stopYx[0], start[2] + stopYx[1]] as const;
    const pixels = meanPlane(await level.readBox(target.channel.index, { start: from, stop: to }), last - first);
    // Where nothing was seen, or all is saturated, nothing of the camera is to be seen either.
    if (pixels.every((value) => value === pixels[0])) continue;
    const width = stopYx[1] - startYx[1];
    const dark = (y: number, x: number) => (part === "flat-field" ? darkfield[y * shapeYx[1] + x]! : 0);
    const share = shareIn((y, x) => pixels[(y - startYx[0]) * width + x - startYx[1]]! - dark(y, x));
    if (Number.isFinite(share)) shares.push(share);
  }
  if (shares.length < fewestProbes) return undefined;
  const middle = medianOf(Float64Array.from(shares));
  const spread = 1.4826 * medianOf(Float64Array.from(shares, (share) => Math.abs(share - middle)));
  return Math.abs(middle - half) > (2 * spread) / Math.sqrt(shares.length) ? middle : undefined;
}

/** Some planes of the same chunk, which cost no more than one of them; their mean has less noise. */
function planesBeside(plane: number, [start, stop]: readonly [number, number], chunkPlanes: number) {
  const inChunk = plane - (plane % chunkPlanes);
  const first = Math.max(start, Math.min(plane, inChunk + Math.max(0, chunkPlanes - mostBeside)));
  return [first, Math.min(stop, inChunk + chunkPlanes, first + mostBeside)] as const;
}

function meanPlane(pixels: ArrayLike<number>, planes: number): Float64Array {
  const count = pixels.length / planes;
  const mean = new Float64Array(count);
  for (let at = 0; at < pixels.length; at++) mean[at % count]! += pixels[at]! / planes;
  return mean;
}
