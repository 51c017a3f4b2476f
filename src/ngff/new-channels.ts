/** How the channels of a new image are named and shown. */

import { isJsonObject, type JsonObject } from "../zarr/json.ts";
import { omeAttributes } from "./group.ts";
import type { ChannelMetadata } from "./image.ts";

/** What a new image's attributes say of a channel. */
export interface NewChannel {
  readonly label: string;
  /** The laser line in nm, where it is known. */
  readonly wavelengthId: string;
  /** RGB as six hexadecimal digits. */
  readonly color: string;
}

/**
 * Colours by the longest laser line in nm that has them: in the order of the light that comes back, far red as
 * purple. Distinct on a dark ground, also to colour-blind eyes.
 * @see M. Okabe, K. Ito, Color universal design (2008)
 */
const colorUpToNm: readonly (readonly [nm: number, color: string])[] = [
  [450, "56B4E9"],
  [510, "009E73"],
  [545, "F0E442"],
  [580, "E69F00"],
  [620, "D55E00"],
  [Number.POSITIVE_INFINITY, "CC79A7"],
];

/** The channels with all that a new image says of them: colours by laser line unless others are given. */
export function newChannels(channels: readonly ChannelMetadata[]): NewChannel[] {
  const taken = new Set(channels.map(({ display }) => display?.color));
  return channels.map(({ label: name, ownLabel: label = name, wavelengthId, display }): NewChannel => {
    const line = wavelengthId ?? /\d+/.exec(label)?.[0] ?? label;
    const color = display?.color ?? colorOf(Number.parseFloat(line), taken);
    taken.add(color);
    return { label, wavelengthId: line, color };
  });
}

/** The colour of a laser line or, where another channel has that, the next one that none has. */
function colorOf(nm: number, taken: ReadonlySet<string | undefined>): string {
  const first = Math.max(
    0,
    colorUpToNm.findIndex(([limit]) => nm <= limit),
  );
  const inTurn = [...colorUpToNm.slice(first), ...colorUpToNm.slice(0, first)].map(([, color]) => color);
  return inTurn.find((color) => !taken.has(color)) ?? inTurn[0]!;
}

/** The whole range of a camera's values: what is shown until the pixels say better. */
export const wholeWindow = { min: 0, max: 65535, start: 0, end: 65535 };

/** A channel as `omero` describes it. */
export function omeroChannel({ label, wavelengthId, color }: NewChannel, index: number): JsonObject {
  return { active: true, label, wavelength_id: wavelengthId, color, index, window: wholeWindow };
}

/** An image's attributes with what they lack of its channels; what they say of them stays. */
export function withChannelDisplay(attributes: JsonObject, channels: readonly ChannelMetadata[]): JsonObject {
  const filled = structuredClone(attributes);
  const ome = omeAttributes(filled);
  const omero = isJsonObject(ome.omero) ? ome.omero : {};
  const known: readonly unknown[] = Array.isArray(omero.channels) ? omero.channels : [];
  const described = newChannels(channels).map((channel, index) => {
    const said = known[index];
    return { ...omeroChannel(channel, index), ...(isJsonObject(said) ? said : {}) };
  });
  ome.omero = { ...omero, channels: described };
  return filled;
}
