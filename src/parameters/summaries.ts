import type { EmptyRegions } from "../empty/find-empty-regions.ts";
import type { RefinementReport } from "../estimate/refine/refinement-report.ts";
import type { GainsReport } from "../estimate/refine/tile-gains.ts";
import type { FieldRange } from "../profile/profile.ts";
import type { Czyx, PixelType, Yx, Zyx } from "../shapes.ts";
import type { Coverage, MissingChunks, Rest } from "../tiles/coverage.ts";
import type { IlluminationSide } from "../tiles/tile.ts";
import type { Advice } from "./advice.ts";
import type { VerdictSummary } from "./verdict-summary.ts";

/** Where the profile of a channel came from; `none` where the channel was copied as it is. */
export type ChannelSource = "given" | "empty" | "basic" | "even" | "none";

/** A plane of a tile: the tile's number counts from 1, the plane from 0 at full resolution. */
export interface SampledPlane {
  readonly tile: number;
  readonly plane: number;
}

/** The profile of one channel and the planes it was estimated from. */
export interface ProfileSummary {
  readonly label: string;
  /** The side of the light sheet that the profile is for, where each side has its own. */
  readonly side?: IlluminationSide;
  readonly source: ChannelSource;
  readonly flatfield: FieldRange;
  /** In counts. */
  readonly baseline: number;
  readonly planes: readonly SampledPlane[];
  /** What a refinement by overlaps found, where one was made. */
  readonly refinement?: RefinementReport;
  /** The gains of its tiles, where they were asked for. */
  readonly gains?: GainsReport;
}

/** The profile of one channel and what its application did. */
export interface ChannelSummary extends ProfileSummary {
  /** Counts that were taken off every corrected pixel as background. */
  readonly subtracted: number;
  /** How many full-resolution pixels were corrected: the two counts below are shares of it. */
  readonly pixels: number;
  /** Pixels that the correction would have taken below the smallest value of their type. */
  readonly clippedLow: number;
  /** Pixels that the correction would have taken above the largest value of their type. */
  readonly clippedHigh: number;
}

/** The tiles of an image: what is corrected, and what becomes of the rest. */
export interface TilesSummary {
  readonly count: number;
  /** The table that says where they are, in an image with tables; without one the image counts as one tile. */
  readonly table?: string;
  /** How the table was understood, where it was not read as it stands. */
  readonly remarks: readonly string[];
  /** Which part of the image, in each channel, lies in tiles. */
  readonly coverage: Coverage;
  /** What becomes of pixels that lie in no tile: copied as they are, or 0; `none` where all lie in tiles. */
  readonly rest: Rest;
  /** Chunks of the source that are not stored although there is light all around them. */
  readonly missing?: MissingChunks;
}

/** What a correction did. */
export interface CorrectSummary {
  /** Its path or address, as `source` is. */
  readonly output: string;
  readonly source: string;
  /** One for each channel and, where it has several, side of the light sheet. */
  readonly channels: readonly ChannelSummary[];
  readonly tiles: TilesSummary;
  /** Uncompressed bytes of the corrected full-resolution image. */
  readonly bytes: number;
  readonly seconds: number;
  /** Of these, the seconds that reading, correcting and writing pixels took, without the estimation of profiles. */
  readonly correctingSeconds: number;
  readonly seed: number;
  readonly warnings: readonly string[];
  /** There where a report was asked for. */
  readonly report?: ReportSummary;
  /** How the way to the profiles was chosen, where that was left to Isolux. */
  readonly advice?: Advice;
  /** Whether the image becomes better, and how far the profiles are off; not there where that could not be found out. */
  readonly verdict?: VerdictSummary;
}

/** What a process did of its unit of a correction. */
export interface UnitSummary {
  readonly output: string;
  /** The unit, from 0, and the number of units. */
  readonly unit: number;
  readonly units: number;
  /** Blocks that it made, and those that were made already. */
  readonly made: number;
  readonly skipped: number;
  /** Bytes of the full-resolution pixels that it made. */
  readonly bytes: number;
  /** Blocks of other units that are still to be made. */
  readonly left: number;
  readonly seconds: number;
}

/** A process that worked on a unit of an output, or does. */
export interface UnitProcess {
  /** Such as `3/20`. */
  readonly unit: string;
  readonly process: string;
  readonly state: "working" | "ended" | "died";
  /** How it ended: `done`, or why it did not do all of its work. */
  readonly ended?: string;
}

/** How far an output is that several processes make. */
export interface StatusSummary {
  readonly output: string;
  /**
   * `complete`: it is in its place. `working`: processes are at work. `waiting`: units are left, and no process is at
   * work. `finishable`: all units are made. `absent`: nothing was prepared there.
   */
  readonly state: "complete" | "working" | "waiting" | "finishable" | "absent";
  readonly blocks: number;
  readonly blocksDone: number;
  /** Bytes of the full-resolution pixels. */
  readonly bytes: number;
  readonly bytesDone: number;
  /** Of all processes together; absent where none is at work. */
  readonly bytesPerSecond?: number;
  /** Left out while nothing tells the rate. */
  readonly secondsLeft?: number;
  /** The number of units that share the work. */
  readonly units: number;
  /** The units that have blocks left and no process at work on them. */
  readonly unitsToMake: readonly number[];
  readonly working: readonly UnitProcess[];
  /** Processes that ended with work left, of units that have not been completed since. */
  readonly failed: readonly UnitProcess[];
}

/** A report that was written, and what it says. */
export interface ReportSummary {
  /** The page, and its figures as JSON. */
  readonly html: string;
  readonly json: string;
  readonly verdict: "improved" | "no-gain" | "worse";
  /** The verdict in a sentence. */
  readonly reason: string;
}

/** What an estimation of profiles found. */
export interface EstimateSummary {
  readonly output: string;
  readonly source: string;
  readonly channels: readonly ProfileSummary[];
  /** How many of the profiles an equal estimation had made before: they were left as they are. */
  readonly kept: number;
  readonly seconds: number;
  readonly seed: number;
  readonly warnings: readonly string[];
  /** How the way to the profiles was chosen, where that was left to Isolux. */
  readonly advice?: Advice;
  /** Whether the image becomes better, and how far the profiles are off; not there where that could not be found out. */
  readonly verdict?: VerdictSummary;
}

/** What a BaSiC fit of a stack of planes found. */
export interface FitSummary {
  readonly output: string;
  readonly source: string;
  readonly shapeYx: Yx;
  /** One of each channel that was fitted. */
  readonly profiles: readonly FittedProfile[];
  readonly seconds: number;
  readonly warnings: readonly string[];
}

/** The profile of one channel of a file. */
export interface FittedProfile {
  /** Its number, from 1, where the file has several that were fitted. */
  readonly channel?: string;
  readonly planeCount: number;
  readonly flatfield: FieldRange;
  readonly darkfield: FieldRange;
  /** Median over the planes of the background's brightness, in counts. */
  readonly baseline: number;
}

/** One level of an image's pyramid. */
export interface LevelSummary {
  readonly path: string;
  readonly shapeCzyx: Czyx;
  /** In the order of the array's axes; for tiles as channels, planes, rows, columns. */
  readonly chunkShape: readonly number[];
  readonly codec: string;
  /** Pixel size in µm, where the image says it. */
  readonly scaleZyx?: Zyx;
}

/** How bright a tile is in one channel, from a sample of its pixels. */
export interface TileBrightness {
  /** The side from which the light sheet came, where the acquisition states it. */
  readonly side?: IlluminationSide;
  readonly median: number;
  /** How much its pixels differ: half the distance between the 16th and 84th percentile, in counts. */
  readonly spread: number;
}

/** One tile of an image. */
export interface TileSummary {
  /** Counts from 1, in the order of the table of tiles. */
  readonly number: number;
  readonly name: string;
  /** Place in the grid, from 0 at the top. */
  readonly row: number;
  /** Place in the grid, from 0 at the left. */
  readonly column: number;
  readonly startYx: Yx;
  readonly shapeZyx: Zyx;
  readonly perChannel: readonly TileBrightness[];
}

/** What an image holds. */
export interface InspectSummary {
  readonly image: string;
  /** At one time point. */
  readonly shapeCzyx: Czyx;
  /** Only of a time lapse. */
  readonly timePoints?: number;
  readonly type: PixelType;
  readonly channels: readonly string[];
  readonly levels: readonly LevelSummary[];
  readonly tiles: readonly TileSummary[];
  /** False where the image has no table of tiles and counts as one tile. */
  readonly hasTileTable: boolean;
  /** Where the image is empty, if that was asked for. */
  readonly emptyRegions?: EmptyRegions;
  readonly notes: readonly string[];
}
