import type { Acquisition } from "../acquisition/acquisition.ts";
import type { ChannelMetadata } from "../ngff/image.ts";
import type { IlluminationSide } from "../tiles/illumination-side.ts";
import type { Tile } from "../tiles/tile.ts";

/** What one profile is for: a channel, and where its tiles were lit from two sides, one of them. */
export interface ProfileTarget {
  readonly channel: ChannelMetadata;
  /** Not there where all tiles of the channel share one profile. */
  readonly side?: IlluminationSide;
  /** The tiles that it corrects. */
  readonly tiles: readonly Tile[];
}

/** Whether the two sides of the light sheet get a profile each. */
export type SideChoice = "separate" | "joint";

/** The profiles that the channels need, in the order of the channels, the left side first. */
export function profileTargets(
  { tiles }: Acquisition,
  channels: readonly ChannelMetadata[],
  choice: SideChoice,
): ProfileTarget[] {
  return channels.flatMap((channel): ProfileTarget[] => {
    const sideOf = (tile: Tile) => tile.sides?.[channel.index];
    const sides = (["Left", "Right"] as const).filter((side) => tiles.some((tile) => sideOf(tile) === side));
    if (choice === "joint" || sides.length < 2) return [{ channel, tiles }];
    return sides.map((side) => ({ channel, side, tiles: tiles.filter((tile) => sideOf(tile) === side) }));
  });
}

/** What messages call a target. */
export function targetName({ channel, side }: Pick<ProfileTarget, "channel" | "side">): string {
  return side === undefined ? channel.label : `${channel.label}, ${side}`;
}
