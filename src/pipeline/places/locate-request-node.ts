/** Completes the parameters of a correction with the places that they name. */

import { readChannelSettings } from "../../ngff/channel-settings.ts";
import type { ProfileSource } from "../../parameters/profile-source.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import { locateSource } from "./find-places-node.ts";
import { locateCorrection } from "./locate-correction-node.ts";
import type { CorrectRequest } from "./request.ts";

/** A request for a correction, with its places located. @throws IsoluxError where one cannot be used */
export async function locateRequest(
  parameters: CorrectParameters,
  profileSource: ProfileSource,
): Promise<CorrectRequest> {
  const places = await locateCorrection(parameters, profileSource);
  return { places, parameters, profileSource, ...(await readSettings(parameters)) };
}

/** Names and display settings of channels, where a file of them is given. */
export async function readSettings({
  channelSettings: file,
}: Pick<CorrectParameters, "channelSettings">): Promise<Pick<CorrectRequest, "channelSettings">> {
  if (file === undefined) return {};
  const { store, key } = await locateSource(file);
  return { channelSettings: await readChannelSettings(store, key) };
}
