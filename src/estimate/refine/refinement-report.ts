/** What is said and kept of a refinement. */
import type { Profile } from "../../profile/profile.ts";
import { costOfUsualOffset } from "../offset/offset-cost.ts";
import type { OffsetFinding } from "./find-offset.ts";

/** The result of a refinement, as JSON-able values. */
export interface RefinementReport {
  /** Whether it changed the profile. */
  readonly changed: boolean;
  /** Pairs of neighbours that could be compared. */
  readonly pairCount: number;
  readonly folds: number;
  /**
   * By how much tiles differ in brightness, the standard deviation of their log gains; absent where they do not. The
   * figures below are then without what gains explain.
   */
  readonly gainSpread?: number;
  /** Whether planes show that without sample, too: light fades from tile to tile. */
  readonly areGainsSeen?: true;
  /** The camera offset that was found and subtracted, in counts, with its standard error; absent where none was. */
  readonly cameraOffset?: number;
  readonly offsetError?: number;
  /** The channel that shows the offset, where the profile's own does not. */
  readonly offsetOfChannel?: string;
  /** Whether the camera's offset stays unknown. */
  readonly isOffsetUnknown?: boolean;
  /** The error of the flat-field, as a fraction, if an offset that stays unknown were 100 counts. */
  readonly costOf100Counts?: number;
  /** The strength of the regularisation of the light; absent where the light was not changed. */
  readonly strength?: number;
  /** The mean standard error of the flat-field over the field, as a fraction, by leaving out pairs. */
  readonly uncertainty?: number;
  /**
   * How much neighbours differ by shading, relative to their brightness, mean over pairs: with the original profile,
   * with fits that did not use the pair, and with the result.
   */
  readonly before: number;
  readonly heldOut: number;
  readonly after: number;
}

/** What is reported of an offset: what one that is not known costs a profile, or how much was taken off. */
export function toldOffset(offset: OffsetFinding, profile: Profile, counts: number): Partial<RefinementReport> {
  // Even light, which a refinement may start from, costs nothing.
  if (offset.kind === "unknown") return { isOffsetUnknown: true, costOf100Counts: costOfUsualOffset(profile) };
  if (offset.kind !== "found" || counts === 0) return {};
  const { standardError, ofChannel } = offset;
  return {
    cameraOffset: counts,
    offsetError: standardError,
    ...(ofChannel !== undefined && { offsetOfChannel: ofChannel }),
  };
}
