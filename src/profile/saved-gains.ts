/** Gains of tiles in the record of a saved profile. They hold for the acquisition that they were found in. */
import { z } from "zod";

/** What is saved of gains: who they are for, by number and name, and how they were found. */
export const savedGains = z.object({
  kind: z.enum(["tile", "side", "tile-and-side"]),
  used: z.boolean(),
  source: z.enum(["measured", "given"]),
  pairCount: z.number(),
  leftOutCount: z.number(),
  folds: z.number(),
  strength: z.number().exactOptional(),
  before: z.number(),
  heldOut: z.number(),
  after: z.number(),
  tiles: z.array(z.object({ tile: z.int().positive(), name: z.string(), gain: z.number().positive() })),
});

/** Gains as a saved profile records them. */
export type SavedGains = z.infer<typeof savedGains>;
