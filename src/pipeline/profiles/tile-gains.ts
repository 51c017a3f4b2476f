/** Obtains the gains of a run's tiles: measured in overlaps once the profiles are known, or saved with the profiles. */

import type { Acquisition } from "../../acquisition/acquisition.ts";
import { backgroundToSubtract } from "../../correct/field.ts";
import type { GainKind, GainTile } from "../../estimate/refine/gain-model.ts";
import type { TileShading } from "../../estimate/refine/pair-ratios.ts";
import { fewestRatios, findGains, type GainsReport } from "../../estimate/refine/tile-gains.ts";
import { limits } from "../../limits.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { formatCount } from "../../quantities.ts";
import { coarsestLevelForBasic } from "../../sample/choose-planes.ts";
import { type OverlapPlan, overlapBytes, planOverlaps } from "../../sample/plan-overlaps.ts";
import { readOverlaps } from "../../sample/read-overlaps.ts";
import { arrayBytes } from "../../shapes.ts";
import { fieldShape } from "../../tiles/tile.ts";
import { encodeJson, readJson } from "../../zarr/json.ts";
import { joinKey } from "../../zarr/store.ts";
import { readingBytes, tooSmall } from "../blocks/plan.ts";
import type { Location } from "../places/location.ts";
import { type ChannelProfile, profileAtField } from "./channel-profile.ts";
import { planesPerPair } from "./plan-refinements.ts";

/** What has gains of its own: tiles, sides, or nothing. */
export type GainChoice = GainKind | "none";

/** The parameters that a measurement of gains depends on. */
export interface GainsParameters {
  readonly gains: GainChoice;
  readonly resolutionLevel?: number;
  readonly seed: number;
  readonly memory: number;
}

/** A request to measure gains. */
interface GainsRequest {
  readonly acquisition: Acquisition;
  readonly parameters: GainsParameters;
  /** A folder for the result, which an interrupted run and other processes use again. */
  readonly kept?: Location;
}

/**
 * Profiles with the gains of their tiles. @throws IsoluxError as the reading of overlaps does, or for too little memory
 */
export async function withGains(
  profiles: readonly ChannelProfile[],
  { acquisition, parameters, kept }: GainsRequest,
  hooks: RunHooks,
): Promise<readonly ChannelProfile[]> {
  const kind = parameters.gains;
  if (kind === "none") {
    noteUnused(profiles, hooks);
    return profiles;
  }
  const key = kept && joinKey(kept.key, "gains.json");
  const earlier =
    key === undefined ? undefined : await readJson(kept!.store, key, limits.record).catch(() => undefined);
  // What this run kept is as this run wrote it.
  const reports = (earlier?.gains as GainsReport[] | undefined) ?? [];
  if (earlier === undefined) {
    for (const channel of new Set(profiles.map(({ target }) => target.channel.index))) {
      const ofChannel = profiles.filter(({ target }) => target.channel.index === channel);
      const report =
        savedReport(ofChannel, kind) ?? (await measureGains(acquisition, ofChannel, kind, parameters, hooks));
      if (report === undefined) continue;
      const { label } = ofChannel[0]!.target.channel;
      hooks.report({ kind: "note", text: `Channel ${label}: ${describeGains(report)}` });
      for (const profile of ofChannel) reports[profiles.indexOf(profile)] = ofTarget(report, profile);
    }
    if (key !== undefined) await kept!.store.keep(key, encodeJson({ gains: reports }));
  }
  return profiles.map((profile, index) => (reports[index] ? { ...profile, gains: reports[index] } : profile));
}

function noteUnused(profiles: readonly ChannelProfile[], { report }: RunHooks): void {
  const saved = profiles.find(({ savedGains }) => savedGains?.used)?.savedGains;
  if (saved === undefined) return;
  report({
    kind: "note",
    text: `Gains were saved with the profiles; they are used where --gains ${saved.kind} is given.`,
  });
}

/** The part of the gains that belongs to a profile: those of its own tiles. */
function ofTarget(report: GainsReport, { target }: ChannelProfile): GainsReport {
  const own = new Set(target.tiles.map(({ number }) => number));
  return { ...report, tiles: report.tiles.filter(({ tile }) => own.has(tile)) };
}

/** Saved gains of all tiles of a channel; `undefined` where they are of other tiles, or absent. */
function savedReport(profiles: readonly ChannelProfile[], kind: GainKind): GainsReport | undefined {
  const tiles = profiles.flatMap(({ target, savedGains }) => {
    const isAsked = savedGains?.used === true && savedGains.kind === kind;
    return target.tiles.map(({ number, name }) => {
      return isAsked ? savedGains.tiles.find((saved) => saved.tile === number && saved.name === name) : undefined;
    });
  });
  const found = tiles.filter((tile) => tile !== undefined);
  if (found.length < tiles.length) return undefined;
  return { ...profiles[0]!.savedGains!, source: "given", tiles: found.map(({ tile, gain }) => ({ tile, gain })) };
}

async function measureGains(
  acquisition: Acquisition,
  profiles: readonly ChannelProfile[],
  kind: GainKind,
  { resolutionLevel, seed, memory }: GainsParameters,
  hooks: RunHooks,
): Promise<GainsReport | undefined> {
  const { channel } = profiles[0]!.target;
  const level = Math.min(resolutionLevel ?? coarsestLevelForBasic(acquisition), acquisition.levels.length - 1);
  const tiles = gainTiles(profiles);
  const among = acquisition.tiles.filter(({ number }) => tiles.some((tile) => tile.number === number));
  const plan = affordable(acquisition, memory, (planes) => {
    return planOverlaps(acquisition, { level, planesPerPair: planes, seed, among });
  });
  if (plan.pairs.length < fewestRatios) {
    hooks.report({ kind: "warning", text: tooFewPairs(channel.label) });
    return undefined;
  }
  hooks.report({ kind: "stage", text: `Comparing the brightness of neighbouring tiles in channel ${channel.label}` });
  const patches = await readOverlaps(acquisition, channel.index, plan, { signal: hooks.signal });
  const shadings = profiles.map((profile): TileShading => {
    const background = backgroundToSubtract(profile.profile, profile.baselineMeaning, "auto");
    return { shading: profileAtField(profile, plan.fieldYx), background };
  });
  const profileOf = new Map(tiles.map(({ number, profile }) => [number, profile]));
  return findGains(plan, patches, tiles, (tile) => shadings[profileOf.get(tile)!]!, { kind, seed });
}

/** The tiles of a channel that profiles are for. */
function gainTiles(profiles: readonly ChannelProfile[]): GainTile[] {
  return profiles.flatMap(({ target: { tiles, channel }, baselineMeaning }, profile) =>
    tiles.map((tile): GainTile => {
      const [rows, columns] = fieldShape(tile);
      return {
        number: tile.number,
        side: tile.sides?.[channel.index],
        profile,
        isMeasured: baselineMeaning === "offset",
        pixels: rows * columns,
      };
    }),
  );
}

/** As many planes of every pair as the memory allows. @throws IsoluxError `memory` where not one fits */
function affordable(acquisition: Acquisition, memory: number, planFor: (planes: number) => OverlapPlan): OverlapPlan {
  const { levels, type, readerBytes = 0 } = acquisition;
  for (let planes = planesPerPair; ; planes >>= 1) {
    const plan = planFor(planes);
    const chunkBytes = arrayBytes(type, levels[plan.level]!.chunkShapeCzyx);
    const needed = readingBytes(1, readerBytes) + 4 * chunkBytes + 3 * overlapBytes(plan);
    if (needed <= memory) return plan;
    if (planes === 1) throw tooSmall("compare neighbouring tiles", memory, needed);
  }
}

function tooFewPairs(label: string): string {
  return (
    `Channel ${label} has no gains: fewer than ${fewestRatios} pairs of tiles overlap on the stage, or their positions ` +
    "there are not known."
  );
}

/** A sentence for the user about the gains that were measured. */
function describeGains(report: GainsReport): string {
  const { kind, used, source, tiles, pairCount, before, heldOut } = report;
  const percent = (figure: number) => `${(100 * figure).toPrecision(2)} %`;
  const whose = kind === "side" ? "sides" : kind === "tile" ? "tiles" : "tiles and sides";
  const gains = tiles.map(({ gain }) => gain);
  const range = `${Math.min(...gains).toFixed(3)} to ${Math.max(...gains).toFixed(3)}`;
  if (source === "given") return `gains of ${whose}, ${range}, as saved with the profile.`;
  if (pairCount === 0) return "no gains: no overlap shows enough light.";
  const apart = `${percent(before)} apart in brightness in ${formatCount(pairCount, "overlap")}`;
  if (!used)
    return `no gains: neighbours are ${apart}, and gains of ${whose} do not make held-out ones agree clearly better.`;
  return `gains of ${whose}, ${range}: neighbours are ${apart}, ${percent(heldOut)} in held-out overlaps.`;
}
