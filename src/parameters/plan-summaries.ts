/** What is decided of a run before it begins: results of `--dry-run`, and of preparing a run for several processes. */
import type { PixelType } from "../shapes.ts";
import type { IlluminationSide } from "../tiles/tile.ts";
import type { ChannelSource, ProfileSummary, TilesSummary } from "./summaries.ts";

/** How the pixels of an output are to be made. */
export interface PixelPlan {
  readonly output: string;
  readonly source: string;
  readonly tiles: TilesSummary;
  /** Uncompressed bytes of the full-resolution image. */
  readonly bytes: number;
  readonly blocks: number;
  /** Threads of each process. */
  readonly workers: number;
  /** An upper bound of the memory of each process, in bytes. */
  readonly unitBytes: number;
  /** An upper bound of the memory that finding the profiles takes, in bytes. */
  readonly estimationBytes: number;
}

/** How a correction will be shared out that several processes are to make. */
export interface PreparationPlan extends PixelPlan {
  /** How many processes are to share the pixels. */
  readonly units: number;
  /** How many times all units must have ended before the next ones begin. */
  readonly sharedRounds: number;
}

/** What preparing a correction did. */
export interface PrepareSummary extends PreparationPlan {
  readonly profiles: readonly ProfileSummary[];
  readonly seconds: number;
  readonly warnings: readonly string[];
}

/** A profile that a run would read or find. */
export interface PlannedProfile {
  readonly label: string;
  /** The side of the light sheet that the profile is for, where each side has its own. */
  readonly side?: IlluminationSide;
  /** Where it comes from; `chosen` where Isolux tries several ways and takes the best. */
  readonly source: Exclude<ChannelSource, "none"> | "chosen";
  /** How many planes are looked at. */
  readonly planes: number;
}

/** A level of an image that a run would write; extents in pixels, along the axes of the image. */
export interface PlannedLevel {
  readonly path: string;
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  /** Of an object that holds several chunks, where they share one. */
  readonly shardShape?: readonly number[];
}

/** An image that a run would write. */
export interface PlannedImage {
  /** Its place below the output; empty where the output is the image. */
  readonly key: string;
  /** Such as `tczyx`. */
  readonly axes: string;
  readonly zarrFormat: 2 | 3;
  readonly type: PixelType;
  readonly levels: readonly PlannedLevel[];
}

/** What a correction or conversion would do. */
export interface CorrectPlanSummary extends PixelPlan {
  readonly profiles: readonly PlannedProfile[];
  readonly images: readonly PlannedImage[];
  /** What lies at the output: nothing, an image that is replaced, or work of the same run that is gone on with. */
  readonly place: "free" | "replaced" | "resumed";
  /** Whether the source is erased at the end. */
  readonly erasesSource: boolean;
  readonly warnings: readonly string[];
}

/** What an estimation of profiles would do. */
export interface EstimatePlanSummary {
  readonly output: string;
  readonly source: string;
  readonly profiles: readonly PlannedProfile[];
  /** How many of the profiles an equal estimation has made before: they are left as they are. */
  readonly kept: number;
  /** An upper bound of the memory that finding the profiles takes, in bytes. */
  readonly estimationBytes: number;
  readonly warnings: readonly string[];
}
