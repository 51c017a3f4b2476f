/** The record that Isolux saves beside the arrays of a profile, so that later runs use it in exactly the same way. */
import { z } from "zod";
import type { Yx } from "../shapes.ts";
import type { BaselineMeaning, ProfileAlignment } from "./profile.ts";

// Gains of tiles in the record of a saved profile. They apply to the acquisition in which they were measured.

/** Saved gains: their tiles, by number and name, and how they were found. */
export const savedGains = z.object({
  kind: z.enum(["tile", "side", "tile-and-side"]),
  used: z.boolean(),
  source: z.enum(["measured", "given"]),
  pairCount: z.number(),
  leftOutCount: z.number(),
  folds: z.number(),
  strength: z.number().optional(),
  before: z.number(),
  heldOut: z.number(),
  after: z.number(),
  tiles: z.array(z.object({ tile: z.int().positive(), name: z.string(), gain: z.number().positive() })),
});

/** Gains as a saved profile records them. */
export type SavedGains = z.infer<typeof savedGains>;

/** What distinguishes the fields of two acquisitions. */
export interface FieldFacts {
  /** Rows and columns of a tile at full resolution. */
  readonly shapeYx: Yx;
  /** Size of a pixel at full resolution, in µm, where known. */
  readonly pixelSizeUmYx?: Yx | undefined;
}

/** The origin of a profile; `sampledPlanes` and `parameters` are JSON values that are kept unchanged. */
export interface ModelProvenance {
  /** The version of Isolux that saved the profile. */
  readonly version: string;
  readonly baselineMeaning: BaselineMeaning;
  /** How the profile lies over a tile of another shape. */
  readonly alignment: ProfileAlignment;
  /** The tiles that the profile was made for: it does not apply to another zoom, binning or camera region. */
  readonly field?: FieldFacts;
  /** The planes that the profile was estimated from. */
  readonly sampledPlanes?: unknown;
  /** The parameters of the estimation. */
  readonly parameters?: unknown;
  /** The result of a refinement by overlaps: a JSON value that is kept unchanged. */
  readonly refinement?: unknown;
  /** Digest of all that the estimation depends on, by which a repeated one recognises its own profiles. */
  readonly request?: string;
  /** The gains of the tiles that it was made for. */
  readonly gains?: SavedGains;
}
