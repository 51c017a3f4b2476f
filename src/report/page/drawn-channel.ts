/** The data from which a channel is drawn in a report. */
import type { GainsReport } from "../../estimate/refine/tile-gains.ts";
import type { Yx } from "../../shapes.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { FieldImage, Overview } from "../picture/image.ts";
import type { ChannelQuality } from "../quality/quality-report.ts";

/** A profile to draw. */
export interface DrawnProfile {
  /** The side of the light sheet, where each has a profile. */
  readonly side?: string;
  readonly origin: "known" | "recovered";
  readonly flatfield: FieldImage;
  /** The dark-field or, where recovered from pixels, all that was subtracted before the division. */
  readonly offset: FieldImage;
}

/** A channel with its pictures. */
export interface DrawnChannel {
  readonly quality: ChannelQuality;
  readonly id: string;
  readonly plane: number;
  readonly before: Overview;
  readonly after: Overview;
  readonly tiles: readonly Tile[];
  /** Of the full resolution, rows and columns. */
  readonly pixelSizeUmYx: Yx;
  readonly profiles: readonly DrawnProfile[];
  /** Mean over all planes that were compared. */
  readonly meanBefore: FieldImage;
  readonly meanAfter: FieldImage;
  /** What the corrected image's own record says of its correction. */
  readonly recorded: readonly RecordedFigures[];
}

/** The record of a channel, or of a side of it, in the corrected image. */
export interface RecordedFigures {
  readonly side?: string;
  readonly source: string;
  readonly sha256?: string;
  readonly subtracted: number;
  readonly clippedLow: number;
  readonly clippedHigh: number;
  /** The brightness of its tiles relative to each other, if gains were asked for. */
  readonly gains?: GainsReport;
  readonly pixels: number;
  readonly planesByTile: readonly { readonly tile: number; readonly planes: readonly number[] }[];
}
