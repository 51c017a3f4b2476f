/** Reads the record of its correction that Isolux writes into a corrected image. */

import { z } from "zod";
import { passOver } from "../../errors.ts";
import type { GainsReport } from "../../estimate/refine/tile-gains.ts";
import { readGroup } from "../../ngff/group.ts";
import type { SourceLocation } from "../../pipeline/places/location.ts";
import { savedGains } from "../../profile/model-record.ts";
import type { MissingChunks } from "../../tiles/coverage.ts";

const missingChunks = z.object({
  chunks: z.number(),
  lookedAt: z.number(),
  withLightAround: z.number(),
  first: z.string(),
  value: z.number(),
  share: z.number(),
});

const provenance = z.looseObject({
  version: z.string(),
  parameters: z.record(z.string(), z.unknown()).default({}),
  advice: z
    .looseObject({ chosen: z.number(), candidates: z.array(z.looseObject({ source: z.string() })) })
    .optional()
    .catch(undefined),
  tiles: z
    .looseObject({ missing: missingChunks.optional().catch(undefined) })
    .optional()
    .catch(undefined),
  channels: z.array(
    z.looseObject({
      label: z.string(),
      side: z.enum(["Left", "Right"]).optional(),
      source: z.string(),
      profile: z.looseObject({ sha256: z.string().optional() }).optional(),
      sampledPlanes: z.array(z.looseObject({ tile: z.number(), planes: z.array(z.number()) })).default([]),
      subtractedBackground: z.number().default(0),
      clippedLow: z.number().default(0),
      clippedHigh: z.number().default(0),
      gains: savedGains.extend({ tiles: z.array(z.object({ tile: z.number(), gain: z.number() })) }).optional(),
    }),
  ),
});

/** The record of a channel, or of a side of it. */
interface RecordedChannel {
  readonly label: string;
  readonly side?: "Left" | "Right";
  /** The source of its profile. */
  readonly source: string;
  readonly sha256?: string;
  /** Planes that its profile was estimated from. */
  readonly sampledPlanes: number;
  readonly planesByTile: readonly { readonly tile: number; readonly planes: readonly number[] }[];
  readonly subtracted: number;
  /** Pixels of the full resolution. */
  readonly clippedLow: number;
  readonly clippedHigh: number;
  /** The brightness of its tiles relative to each other, if gains were asked for. */
  readonly gains?: GainsReport;
}

/** The record of a correction in the corrected image. */
export interface CorrectionRecord {
  readonly version: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly channels: readonly RecordedChannel[];
  /** Whether no correction was found to be better, and the image was written with a profile of ones all the same. */
  readonly isOfOnes: boolean;
  /** Chunks of the source that were missing when it was corrected. */
  readonly missing?: MissingChunks;
}

/** Reads the record; `undefined` where there is none that can be read: the check does without it. */
export async function readCorrectionRecord({ store, key }: SourceLocation): Promise<CorrectionRecord | undefined> {
  const group = await readGroup(store, key).catch(passOver);
  const parsed = provenance.safeParse(group?.attributes.isolux);
  if (!parsed.success) return undefined;
  const { version, parameters, channels, tiles, advice } = parsed.data;
  return {
    version,
    parameters,
    isOfOnes: advice?.candidates[advice.chosen]?.source === "none",
    ...(tiles?.missing === undefined ? {} : { missing: tiles.missing }),
    channels: channels.map(({ label, side, source, profile, sampledPlanes, subtractedBackground, ...clipped }) => ({
      label,
      side,
      source,
      ...(profile?.sha256 === undefined ? {} : { sha256: profile.sha256 }),
      sampledPlanes: sampledPlanes.reduce((sum, { planes }) => sum + planes.length, 0),
      planesByTile: sampledPlanes.map(({ tile, planes }) => ({ tile, planes })),
      subtracted: subtractedBackground,
      clippedLow: clipped.clippedLow,
      clippedHigh: clipped.clippedHigh,
      ...(clipped.gains === undefined ? {} : { gains: clipped.gains }),
    })),
  };
}
