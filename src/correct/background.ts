import { unreachable } from "../errors.ts";
import type { BaselineMeaning, Profile } from "../profile/profile.ts";

/** What happens to a profile's baseline: taken off, left, or taken off where it is an offset that no light made. */
export type BackgroundChoice = "auto" | "keep" | "subtract";

/** The counts to subtract from the corrected pixels. */
export function backgroundToSubtract(profile: Profile, meaning: BaselineMeaning, choice: BackgroundChoice): number {
  switch (choice) {
    case "keep":
      return 0;
    case "subtract":
      return profile.baseline;
    case "auto":
      return meaning === "offset" ? profile.baseline : 0;
    default:
      return unreachable(choice);
  }
}
