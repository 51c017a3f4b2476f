/**
 * What a laboratory calls its channels and how it shows them, by laser line: the JSON file that the mesoSPIM converter
 * reads, with display windows besides.
 * @see https://github.com/reimann-lab/mesospim-fractal-tasks
 */
import { IsoluxError } from "../errors.ts";
import { isJsonObject, type JsonObject, parseJson, showJson } from "../zarr/json.ts";
import type { ReadableStore } from "../zarr/store.ts";
import { joinKey } from "../zarr/store.ts";
import { checkChannelLabel } from "./channel-label.ts";

/** The limits of a channel's display as a user asks for them; `min` and `max` bound the viewer's slider. */
export interface WindowSetting {
  readonly start: number;
  readonly end: number;
  readonly min?: number;
  readonly max?: number;
}

/** What a file of channel settings says of one channel. */
export interface ChannelSetting {
  /** The laser line, such as `488`, or the label of a channel that has no other name. */
  readonly channel: string;
  readonly label?: string;
  /** RGB as six hexadecimal digits. */
  readonly color?: string;
  readonly wavelengthId?: string;
  readonly window?: WindowSetting;
}

/**
 * Reads a file of channel settings.
 * @throws IsoluxError `not-found`, or `usage` where it does not say what channels are called and look like
 */
export async function readChannelSettings(store: ReadableStore, key: string): Promise<ChannelSetting[]> {
  const where = joinKey(store.location, key);
  const bytes = await store.get(key);
  if (bytes === undefined) {
    throw new IsoluxError({ kind: "not-found", what: "There is no file of channel settings", where });
  }
  const content = parseJson(bytes, { kind: "usage", what: "The channel settings are not valid JSON", where });
  if (!isJsonObject(content)) throw unusable(where, "A file of channel settings", showJson(content), example);
  const settings = Object.entries(content).map(([channel, entry]) => readEntry(channel, entry, where));
  checkLabelsDiffer(settings, where);
  return settings;
}

const example = 'an object such as {"488": {"label": "MBP", "color": "4FC3F7"}}';

/** Further names that the converter's files have are of no use here, nor would be those that a laboratory adds. */
function readEntry(channel: string, entry: unknown, where: string): ChannelSetting {
  const what = `The entry ${JSON.stringify(channel)} of the channel settings`;
  if (!isJsonObject(entry)) throw unusable(where, what, showJson(entry), 'such as {"label": "MBP", "color": "4FC3F7"}');
  if (!["label", "color", "window"].some((name) => entry[name] !== undefined)) {
    throw unusable(where, what, showJson(entry), "a label, a color or a window");
  }
  const label = textOf(entry, "label", channel, where);
  if (label !== undefined) checkChannelLabel(label);
  const color = textOf(entry, "color", channel, where)?.replace(/^#/, "").toUpperCase();
  if (color !== undefined && !/^[0-9A-F]{6}$/.test(color)) {
    throw unusable(
      where,
      `The color of ${JSON.stringify(channel)}`,
      showJson(entry.color),
      "six hexadecimal digits: red, green, blue",
    );
  }
  const wavelengthId = textOf(entry, "laser_wavelength", channel, where);
  const window = entry.window === undefined ? undefined : readWindow(entry.window, channel, where);
  return {
    channel,
    ...(label === undefined ? {} : { label }),
    ...(color === undefined ? {} : { color }),
    ...(wavelengthId === undefined ? {} : { wavelengthId }),
    ...(window === undefined ? {} : { window }),
  };
}

/** A text; numbers, as people write wavelengths, count as such. */
function textOf(entry: JsonObject, name: string, channel: string, where: string): string | undefined {
  const value = entry[name];
  if (value === undefined) return undefined;
  if (typeof value === "number") return String(value);
  if (typeof value === "string" && value !== "") return value;
  throw unusable(where, `The ${name} of ${JSON.stringify(channel)}`, showJson(value), "a text");
}

function readWindow(value: unknown, channel: string, where: string): WindowSetting {
  const { start, end, min, max } = isJsonObject(value) ? value : {};
  const isNumber = (limit: unknown): limit is number => typeof limit === "number" && Number.isFinite(limit);
  const isBound = (limit: unknown): limit is number | undefined => limit === undefined || isNumber(limit);
  const isWhole = isNumber(start) && isNumber(end) && isBound(min) && isBound(max);
  if (isWhole && start < end && (min ?? start) <= start && (max ?? end) >= end) {
    return { start, end, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  }
  const expected = 'numbers such as {"start": 100, "end": 2000}, if wanted with a "min" and a "max" around them';
  throw unusable(where, `The window of ${JSON.stringify(channel)}`, showJson(value), expected);
}

function checkLabelsDiffer(settings: readonly ChannelSetting[], where: string): void {
  for (const { channel, label } of settings) {
    const other = settings.find((setting) => setting.label === label && setting.channel !== channel);
    if (label === undefined || other === undefined) continue;
    const found = `${JSON.stringify(label)} for ${channel} and ${other.channel}`;
    throw unusable(where, "The labels of the channel settings", found, "another one for each channel");
  }
}

function unusable(where: string, what: string, found: string, expected: string): IsoluxError {
  return new IsoluxError({ kind: "usage", what: `${what} cannot be used`, where, found, expected });
}
