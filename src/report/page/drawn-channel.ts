/** What there is to draw of a channel. */
import type { GainsReport } from "../../estimate/refine/tile-gains.ts";
import type { Yx } from "../../shapes.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { FieldImage } from "../picture/field-image.ts";
import type { Overview } from "../picture/overview.ts";
import type { ChannelQuality } from "../quality/quality-report.ts";

/** A profile to draw. */
export interface DrawnProfile {
  /** The side of the light sheet, where each has a profile. */
  readonly side?: string;
  readonly origin: "known" | "recovered";
  readonly flatfield: FieldImage;
  /** The dark-field or, as the pixels tell it, all that was taken off before the division. */
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
  /** Mean over all planes that were looked at. */
  readonly meanBefore: FieldImage;
  readonly meanAfter: FieldImage;
  /** What the corrected image itself says of its correction. */
  readonly recorded: readonly RecordedFigures[];
}

/** What the corrected image says of a channel, or of a side of it. */
export interface RecordedFigures {
  readonly side?: string;
  readonly source: string;
  readonly sha256?: string;
  readonly subtracted: number;
  readonly clippedLow: number;
  readonly clippedHigh: number;
  /** How bright its tiles are against each other, where that was asked for. */
  readonly gains?: GainsReport;
  readonly pixels: number;
  readonly planesByTile: readonly { readonly tile: number; readonly planes: readonly number[] }[];
}
