/** What given profiles are held to in the image, wherever they are used: by a run that writes, and by a server. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { BackgroundChoice } from "../../correct/field.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { ChannelProfile } from "../profiles/channel-profile.ts";
import { refuseForeignPixels } from "./foreign-pixels.ts";
import { reportLossesOfGiven } from "./losses.ts";
import { refuseMirrored } from "./mirrored-fields.ts";

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
  // An offset that was given as a number is believed, with the warning that it deserves.
  const isDarkRefused = !isTrusted && cameraOffset === undefined;
  await reportLossesOfGiven(acquisition, given, { background, seed, isDarkRefused }, hooks);
  await refuseForeignPixels(acquisition, given, isTrusted, hooks);
  await refuseMirrored(acquisition, given, { seed, isTrusted }, hooks);
}
