import type { Acquisition } from "../acquisition/acquisition.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { Advice } from "../parameters/advice.ts";
import { basicSchema } from "../parameters/basic-fields.ts";
import type { ProfileSource } from "../parameters/profile-source.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import { snakeCase } from "../parameters/spelling.ts";
import type { SampledPlane } from "../parameters/summaries.ts";
import { profileChecksum } from "../profile/profile.ts";
import { version } from "../version.ts";
import { without } from "../without.ts";
import type { JsonObject } from "../zarr/json.ts";
import { keyName } from "../zarr/store.ts";
import type { ChannelProfile } from "./channel-profile.ts";
import { recordTiles } from "./tiles-record.ts";

/** What a correction did to a channel. */
export interface CorrectedChannel {
  readonly profile: ChannelProfile;
  /** Counts subtracted after the division. */
  readonly background: number;
  readonly clippedLow: number;
  readonly clippedHigh: number;
}

/** What was asked for: the parameters, and where the profiles come from. */
export interface AskedFor {
  readonly parameters: CorrectParameters;
  readonly profileSource: ProfileSource;
  readonly channelSettings?: readonly ChannelSetting[];
  /** How the way to the profiles was chosen, where that was left to Isolux. */
  readonly advice?: Advice;
}

/**
 * The parameters that have a bearing on the output: not where it is, nor how fast it is made. Two runs that agree in
 * these, in the source and in given profiles make the same pixels. Where given profiles lie does not matter.
 */
export function decisiveParameters({ parameters, profileSource, channelSettings }: AskedFor): JsonObject {
  const { channels, layout, omeVersion, shards, background, nZplanes, resolutionLevel, seed, sides, cameraOffset } =
    parameters;
  const { rotation, tileTable } = parameters;
  const trustPositions = parameters.trustPositions || undefined;
  const form = { rotation, tileTable, trustPositions, channelSettings, layout, omeVersion, shards };
  if (profileSource.kind === "none") return definedOnly({ task: "convert", ...form });
  const { maxWorkers: _, ...basic } = parameters.basic;
  const { fovList, zLevels, timePoints, saveModels } = parameters;
  const refine = parameters.refine === "off" ? undefined : parameters.refine;
  const gains = parameters.gains === "none" ? undefined : parameters.gains;
  const planes = { fovList, zLevels, timePoints, nZplanes, resolutionLevel, seed };
  const sampling = { ...planes, sides, refine, gains, cameraOffset };
  return definedOnly({ task: "correct", channels, ...sampling, basic, background, saveModels, ...form });
}

function definedOnly(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** The block `isolux` of the output's attributes. Holds nothing that differs between two runs of the same work. */
export function provenanceBlock(
  acquisition: Acquisition,
  asked: AskedFor,
  channels: readonly CorrectedChannel[],
): JsonObject {
  const { task, ...parameters } = decisiveParameters(asked);
  return {
    version,
    task,
    source: keyName(acquisition.location),
    seed: asked.parameters.seed,
    parameters,
    ...(asked.advice === undefined ? {} : { advice: adviceBlock(asked.advice) }),
    ...(task === "correct" && { tiles: recordTiles(acquisition, asked.parameters) as unknown as JsonObject }),
    channels: channels.map(({ profile, background, clippedLow, clippedHigh }) => ({
      label: profile.target.channel.label,
      ...(profile.target.side === undefined ? {} : { side: profile.target.side }),
      source: profile.source,
      profile: {
        sha256: profileChecksum(profile.profile),
        shape: profile.profile.shapeYx,
        baseline: profile.profile.baseline,
        baselineMeaning: profile.baselineMeaning,
        alignment: profile.alignment,
        ...(profile.level === undefined ? {} : { level: profile.level }),
      },
      sampledPlanes: planesByTile(profile.planes),
      ...(profile.refinement === undefined ? {} : { refinement: { ...profile.refinement } }),
      ...(profile.gains === undefined ? {} : { gains: { ...profile.gains } }),
      subtractedBackground: background,
      clippedLow,
      clippedHigh,
    })),
  };
}

/** The candidates with their scores; not the command, which names places. */
function adviceBlock(advice: Advice): JsonObject {
  const withoutPlaces = <Told extends Pick<Advice, "parameters">>(told: Told) => {
    return { ...told, parameters: without(told.parameters, "modelsFolder") };
  };
  return { ...withoutPlaces(without(advice, "command")), candidates: advice.candidates.map(withoutPlaces) };
}

/** Which planes of which tiles: `[{tile, planes}]`. */
function planesByTile(planes: readonly SampledPlane[]): JsonObject[] {
  const tiles = [...new Set(planes.map(({ tile }) => tile))];
  return tiles.map((tile) => ({
    tile,
    planes: planes.filter((sampled) => sampled.tile === tile).map(({ plane }) => plane),
  }));
}

/** The entry that the reference task leaves, under its names; tiles are numbered from 1, as in the parameter. */
export function fractalTaskBlock(parameters: CorrectParameters): JsonObject {
  const { saveModels } = parameters;
  return {
    version: `isolux ${version}`,
    input_parameters: {
      models_folder: parameters.modelsFolder ?? null,
      resolution_level: parameters.resolutionLevel ?? null,
      n_zplanes: parameters.nZplanes,
      basicpy_model_params: basicOtherThanDefault(parameters.basic),
      FOV_list: parameters.fovList ?? null,
      z_levels: parameters.zLevels ?? null,
      ...(typeof saveModels === "string" ? { saving_path: saveModels } : { save_models: saveModels }),
    },
  };
}

function basicOtherThanDefault(basic: CorrectParameters["basic"]): JsonObject {
  const defaults: JsonObject = basicSchema.parse({});
  const entries = Object.entries(basic).filter(([name, value]) => value !== defaults[name]);
  return Object.fromEntries(entries.map(([name, value]) => [snakeCase(name), value]));
}
