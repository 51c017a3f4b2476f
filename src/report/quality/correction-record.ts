/** What a corrected image says of its correction, where Isolux wrote it. */
import { z } from "zod";
import type { GainsReport } from "../../estimate/refine/tile-gains.ts";
import { readGroup } from "../../ngff/group.ts";
import type { SourceLocation } from "../../pipeline/location.ts";
import { savedGains } from "../../profile/saved-gains.ts";

const provenance = z.looseObject({
  version: z.string(),
  parameters: z.record(z.string(), z.unknown()).default({}),
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

/** A channel, or a side of it, as its correction was recorded. */
export interface RecordedChannel {
  readonly label: string;
  readonly side?: "Left" | "Right";
  /** Where its profile came from. */
  readonly source: string;
  readonly sha256?: string;
  /** Planes that its profile was estimated from. */
  readonly sampledPlanes: number;
  readonly planesByTile: readonly { readonly tile: number; readonly planes: readonly number[] }[];
  readonly subtracted: number;
  /** Pixels of the full resolution. */
  readonly clippedLow: number;
  readonly clippedHigh: number;
  /** How bright its tiles are against each other, where that was asked for. */
  readonly gains?: GainsReport;
}

/** A correction as the corrected image records it. */
export interface CorrectionRecord {
  readonly version: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly channels: readonly RecordedChannel[];
}

/** Reads the record; `undefined` where there is none that can be read: the check goes on without it. */
export async function readCorrectionRecord({ store, key }: SourceLocation): Promise<CorrectionRecord | undefined> {
  const group = await readGroup(store, key).catch(() => undefined);
  const parsed = provenance.safeParse(group?.attributes.isolux);
  if (!parsed.success) return undefined;
  const { version, parameters, channels } = parsed.data;
  return {
    version,
    parameters,
    channels: channels.map(({ label, side, source, profile, sampledPlanes, subtractedBackground, ...clipped }) => ({
      label,
      ...(side === undefined ? {} : { side }),
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
