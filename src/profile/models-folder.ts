/** Folders of saved profiles, one per channel: `<folder>/<channel label>/profiles.npz`, or one for each side of light. */

import { checkChannelLabel } from "../ngff/channel-label.ts";
import type { IlluminationSide } from "../tiles/illumination-side.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import { findProfile } from "./formats/find-profile.ts";
import type { GivenProfile } from "./npz-profile.ts";
import type { OneValuePolicy } from "./validate.ts";

/**
 * The key of a channel's profile in the store that holds `folder`, of one side or of both.
 * @throws IsoluxError `invalid` for a bad label
 */
export function profileKey(folder: string, channelLabel: string, side?: IlluminationSide): string {
  checkChannelLabel(channelLabel);
  return joinKey(folder, channelLabel, side ?? "", "profiles.npz");
}

/**
 * Reads the profile of a channel from a folder of profiles (a key in the store; empty for its root), in any format that
 * {@link findProfile} finds; of one side of the light sheet or, where there is none, the one for both.
 * @throws IsoluxError `not-found` where there is no such channel or no flat-field; `corrupt`, `unsupported` where the
 *   file cannot be read; `invalid` where the profile cannot be used
 */
export async function readModel(
  store: ReadableStore,
  folder: string,
  channelLabel: string,
  ofOneValue: OneValuePolicy = "refuse",
  side?: IlluminationSide,
): Promise<GivenProfile> {
  const request = { label: channelLabel, ...(side === undefined ? {} : { side }) };
  return (await findProfile(store, folder, request, ofOneValue)).given;
}
