/**
 * Finds the channels that a profile can be estimated for, so that a bad channel does not prevent the correction of
 * others.
 */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { selectChannels } from "../../acquisition/select-channels.ts";
import { IsoluxError } from "../../errors.ts";
import type { ChannelMetadata } from "../../ngff/image.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { readPreview } from "../../sample/preview.ts";
import { largestPixel } from "../../shapes.ts";

/** The parameters that select channels. */
interface ChannelRequest {
  /** Labels of the channels that were asked for; all by default. */
  readonly channels?: readonly string[] | undefined;
  readonly seed: number;
}

/**
 * The channels that a profile is estimated for: those that were asked for, or all but those that show one value
 * everywhere (switched off, saturated, never written), which a warning names. Deterministic.
 * @throws IsoluxError `estimation` where no channel shows anything, and as {@link selectChannels} and reading do
 */
export async function channelsWithLight(
  acquisition: Acquisition,
  { channels: asked, seed }: ChannelRequest,
  { report, signal }: Pick<RunHooks, "report" | "signal">,
): Promise<readonly ChannelMetadata[]> {
  const channels = selectChannels(acquisition, asked);
  if (asked !== undefined) return channels;
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
  return channels.filter((channel) => !blank.has(channel));
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
    if (!pixels.every((value) => value === first)) return undefined;
    if (level === 0) return first;
  }
  return undefined;
}

function describe(value: number, { type }: Acquisition): string {
  if (value === 0) return "all its pixels are 0";
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
