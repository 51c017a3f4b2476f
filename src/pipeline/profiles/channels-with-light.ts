/**
 * Finds the channels that a profile can be estimated for, so that a bad channel does not prevent the correction of
 * others.
 */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { selectChannels } from "../../acquisition/select-channels.ts";
import { IsoluxError } from "../../errors.ts";
import { refuseImplausibleOffset } from "../../estimate/offset/plausible-offset.ts";
import { offsetOfOverlaps } from "../../estimate/refine/offset-by-overlaps.ts";
import { prepareOverlaps } from "../../estimate/refine/overlap-data.ts";
import type { ChannelMetadata } from "../../ngff/image.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { formatShare } from "../../quantities.ts";
import { planOverlaps } from "../../sample/plan-overlaps.ts";
import { readOverlaps } from "../../sample/read-overlaps.ts";
import { readPreview } from "../../sample/read-planes.ts";
import { largestPixel, smallestPixel } from "../../shapes.ts";
import { upperMedianOf } from "../../statistics.ts";
import { coarsestWith } from "../../tiles/levels.ts";

/** The parameters that select channels. */
interface ChannelRequest {
  /** Labels of the channels that were asked for; all by default. */
  readonly channels?: readonly string[] | undefined;
  readonly seed: number;
  /** Counts without light, where they are known. */
  readonly cameraOffset?: number | undefined;
}

/**
 * The channels that a profile is estimated for: those that were asked for, or all but those that show one value
 * everywhere (switched off, saturated, never written), which a warning names. Deterministic.
 * @throws IsoluxError `estimation` where no channel shows anything, or one is largely below 0 and it is not known what it
 * shows without light; as {@link selectChannels} and reading do
 */
export async function channelsWithLight(
  acquisition: Acquisition,
  request: ChannelRequest,
  { report, signal }: Pick<RunHooks, "report" | "signal">,
): Promise<readonly ChannelMetadata[]> {
  const { channels: asked, seed } = request;
  const channels = selectChannels(acquisition, asked);
  if (asked !== undefined) {
    await refuseNegative(acquisition, channels, request, signal);
    await checkOffset(acquisition, channels, request, signal);
    return channels;
  }
  const blank = new Map<ChannelMetadata, number>();
  for (const channel of channels) {
    const value = await onlyValue(acquisition, channel.index, seed, signal);
    if (value !== undefined) blank.set(channel, value);
  }
  if (blank.size === channels.length) throw noPicture(acquisition, blank);
  for (const [{ label }, value] of blank) {
    const text = `Channel ${label} is copied as it is: ${describe(value, acquisition)}, so that no profile can be estimated.`;
    report({ kind: "warning", text });
  }
  const lit = channels.filter((channel) => !blank.has(channel));
  await refuseNegative(acquisition, lit, request, signal);
  await checkOffset(acquisition, lit, request, signal);
  return lit;
}

/** Refuses a camera offset that a channel contradicts. @throws IsoluxError `invalid`; as reading does */
async function checkOffset(
  acquisition: Acquisition,
  channels: readonly ChannelMetadata[],
  { seed, cameraOffset }: ChannelRequest,
  signal: AbortSignal,
): Promise<void> {
  if (cameraOffset === undefined || cameraOffset === 0) return;
  const { tiles } = acquisition;
  for (const { index, label } of channels) {
    const { pixels } = await readPreview(acquisition, { channel: index, tiles, seed }, signal);
    refuseImplausibleOffset(cameraOffset, { pixels, where: `channel ${label}` });
  }
}

/** The value that all sampled pixels of a channel have; `undefined` where they differ. */
async function onlyValue(
  acquisition: Acquisition,
  channel: number,
  seed: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { levels, tiles } = acquisition;
  // A coarse level may never have been written: its value is confirmed at full resolution.
  for (const level of new Set([levels.length - 1, 0])) {
    const { pixels } = await readPreview(acquisition, { channel, tiles, seed, level }, signal);
    const [first] = pixels;
    // All may be NaN, which equals nothing
    if (!pixels.every((value) => value === first || (Number.isNaN(value) && Number.isNaN(first)))) return undefined;
    if (level === 0) return first;
  }
  return undefined;
}

function describe(value: number, { type }: Acquisition): string {
  if (value === 0) return "all its pixels are 0";
  if (Number.isNaN(value)) return "all its pixels are no numbers (NaN)";
  return value === largestPixel(type) ? "all its pixels are saturated" : `all its pixels are ${value}`;
}

function noPicture(acquisition: Acquisition, blank: ReadonlyMap<ChannelMetadata, number>): IsoluxError {
  const [first] = blank;
  return new IsoluxError({
    kind: "estimation",
    what: "The image shows nothing that a profile can be estimated from",
    where: acquisition.location,
    found: `channel ${first![0].label}: ${describe(first![1], acquisition)}`,
    advice: "Give a measured profile (--models-folder), or check that the image is complete",
  });
}

/** More pixels than this share, below 0 by more than this many times the noise, are light that was subtracted. */
const [mostNegative, noiseMultiple] = [0.01, 3];

/**
 * Refuses channels that are below 0 beyond their noise: a background was subtracted from them, and nothing tells how much,
 * but every profile depends on it.
 */
async function refuseNegative(
  acquisition: Acquisition,
  channels: readonly ChannelMetadata[],
  { seed, cameraOffset }: ChannelRequest,
  signal: AbortSignal,
): Promise<void> {
  const { levels, tiles, type, location } = acquisition;
  if (cameraOffset !== undefined || smallestPixel(type) >= 0) return;
  for (const { index, label } of channels) {
    const { pixels } = await readPreview(
      acquisition,
      { channel: index, tiles, seed, level: levels.length - 1 },
      signal,
    );
    const apart: number[] = [];
    for (let at = 1; at < pixels.length; at++) {
      if (pixels[at]! < 0) apart.push(Math.abs(pixels[at]! - pixels[at - 1]!));
    }
    const known = apart.filter((difference) => Number.isFinite(difference));
    const noise = (1.4826 * (upperMedianOf(known) ?? 0)) / Math.SQRT2;
    const floor = -Math.max(0.5, noiseMultiple * noise);
    let [below, least] = [0, 0];
    for (let at = 0; at < pixels.length; at++) {
      if (pixels[at]! < floor) below++;
      if (pixels[at]! < least) least = pixels[at]!;
    }
    if (below <= mostNegative * pixels.length) continue;
    const shown = await offsetShown(acquisition, index, seed, signal);
    throw new IsoluxError({
      kind: "estimation",
      what: `Channel ${label} has been made darker than no light, and it is not known by how much`,
      where: location,
      found: `${formatShare(below / pixels.length)} of its pixels plainly below 0, down to ${Number(least.toPrecision(3))}`,
      advice:
        (shown === undefined ? "" : `Overlaps of tiles agree best with about ${shown}. `) +
        "Give what an image without light would show now: --camera-offset -400, for example, where 500 counts were " +
        "subtracted and the camera shows 100; or --camera-offset 0 where what is below 0 is no light",
    });
  }
}

/** The range in which an offset below 0 is searched, as multiples of the spread of pixels; found within this share of it. */
const [spreads, within] = [4, 0.25];
/** The coarsest level with this many pixels along the shorter side of a tile is read. */
const leastFieldPx = 64;

/** What a channel shows without light, in counts, as overlaps of tiles tell; `undefined` where they do not. */
async function offsetShown(
  acquisition: Acquisition,
  channel: number,
  seed: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const level = coarsestWith(leastFieldPx, acquisition);
  const plan = planOverlaps(acquisition, { level, planesPerPair: 4, seed });
  const patches = await readOverlaps(acquisition, channel, plan, { signal });
  const data = prepareOverlaps(plan.fieldYx, patches);
  const values = data.patches.flatMap(({ first, second }) => [...first, ...second].filter(Number.isFinite));
  const sorted = Float64Array.from(values).sort();
  const [low = 0, high = 0] = [0.01, 0.99].map((share) => sorted[Math.floor(share * sorted.length)]);
  const most = spreads * (high - low);
  // Raised so that the range begins at 0: an offset is searched up to the dimmest pixels.
  const raised = (image: Float32Array) => image.map((value) => value - low + most);
  const above = data.patches.map((patch) => ({ ...patch, first: raised(patch.first), second: raised(patch.second) }));
  const pairs = Array.from({ length: data.pairCount }, (_, pair) => pair);
  const found = offsetOfOverlaps({ ...data, patches: above }, most, pairs);
  if (found === undefined || found.standardError > within * (high - low)) return undefined;
  const isInside = found.offset > 0.02 * most && found.offset < 0.98 * most;
  return isInside ? Math.round(found.offset + low - most) : undefined;
}
