import { readChannelSettings } from "../ngff/channel-settings.ts";
import type { ProfileSource } from "../parameters/profile-source.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import type { CorrectRequest } from "./correct-request.ts";
import { locateCorrection } from "./locate-correction-node.ts";
import { locateSource } from "./source-places-node.ts";

/** A correction as it was asked for, with its places found. @throws IsoluxError where one cannot be used */
export async function locateRequest(
  parameters: CorrectParameters,
  profileSource: ProfileSource,
): Promise<CorrectRequest> {
  const places = await locateCorrection(parameters, profileSource);
  return { places, parameters, profileSource, ...(await readSettings(parameters)) };
}

/** Names and looks of channels, where there is a file of them. */
export async function readSettings({
  channelSettings: file,
}: Pick<CorrectParameters, "channelSettings">): Promise<Pick<CorrectRequest, "channelSettings">> {
  if (file === undefined) return {};
  const { store, key } = await locateSource(file);
  return { channelSettings: await readChannelSettings(store, key) };
}
