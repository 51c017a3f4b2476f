import type { ErrorEstimate } from "./image-errors.ts";
import type { LightVariation } from "./light-equations.ts";
import type { AppliedGains, Change, PairVotes, PixelDefects } from "./quality-report.ts";

/** What a verdict on a channel is made from. */
export interface Evidence {
  readonly isUnchanged: boolean;
  /** Share of the corrected values' variance that one profile for all planes explains; 0 where none does. */
  readonly explained: number;
  readonly correlation: number;
  readonly defects: PixelDefects;
  readonly pairCount: number;
  readonly votes?: PairVotes | undefined;
  readonly errors?: ErrorEstimate | undefined;
  readonly variation?: LightVariation | undefined;
  readonly gains?: AppliedGains | undefined;
  readonly edgeChange?: Change | undefined;
  readonly flatnessChange?: Change | undefined;
}
