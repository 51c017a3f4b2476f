/** What lies where an estimation is to save its profiles: nothing, its own of an earlier try, or another's. */
import { IsoluxError } from "../errors.ts";
import { profileKey } from "../profile/models-folder.ts";
import { decodeProfile, type GivenProfile } from "../profile/npz-profile.ts";
import { joinKey } from "../zarr/store.ts";
import type { Location } from "./location.ts";
import { type ProfileTarget, targetName } from "./profile-target.ts";

/** An estimation, and where its profiles are to lie. */
export interface ProfileOrder {
  readonly output: Location;
  readonly targets: readonly ProfileTarget[];
  /** Digest of all that the profiles follow from: the request, the source, the version. */
  readonly request: string;
  readonly overwrite: boolean;
}

/**
 * The profiles that an equal estimation has saved before, by the number of their target: none where all are to be
 * replaced.
 * @throws IsoluxError `output` where a profile lies there that came about in another way
 */
export async function earlierProfiles({
  output: { store, key },
  targets,
  request,
  overwrite,
}: ProfileOrder): Promise<Map<number, GivenProfile>> {
  const earlier = new Map<number, GivenProfile>();
  if (overwrite) return earlier;
  for (const [index, target] of targets.entries()) {
    const file = profileKey(key, target.channel.label, target.side);
    const bytes = await store.get(file);
    if (bytes === undefined) continue;
    const where = joinKey(store.location, file);
    const found = readProfile(bytes, where);
    if (found?.request !== request) throw differentProfile(target, where, found);
    earlier.set(index, found);
  }
  return earlier;
}

/** A profile as it was saved; what cannot be read is somebody else's. */
function readProfile(bytes: Uint8Array, where: string): GivenProfile | undefined {
  try {
    return decodeProfile(bytes, where, "note");
  } catch {
    return undefined;
  }
}

function differentProfile(target: ProfileTarget, where: string, found: GivenProfile | undefined): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: `A profile of channel ${targetName(target)} is there already, which this estimation has not made`,
    where,
    found:
      found?.request === undefined
        ? "a profile from elsewhere"
        : "one of other parameters, of another version, or of the image as it was before a change",
    advice: "Give --overwrite to replace it, or another folder to save in",
  });
}
