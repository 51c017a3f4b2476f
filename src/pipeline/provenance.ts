import type { Acquisition } from "../acquisition/acquisition.ts";
import type { JsonObject } from "../ngff/json.ts";
import { basicSchema } from "../parameters/basic-fields.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import { snakeCase } from "../parameters/spelling.ts";
import type { SampledPlane } from "../parameters/summaries.ts";
import { profileChecksum } from "../profile/profile.ts";
import { version } from "../version.ts";
import type { ChannelProfile } from "./channel-profile.ts";

/** What a correction did to a channel. */
export interface CorrectedChannel {
  readonly profile: ChannelProfile;
  /** Counts subtracted after the division. */
  readonly background: number;
  readonly clippedLow: number;
  readonly clippedHigh: number;
}

/**
 * The parameters that have a bearing on the output: not where it is, nor how fast it is made. Two runs that agree in
 * these and in the source make the same bytes.
 */
export function decisiveParameters(parameters: CorrectParameters): JsonObject {
  const {
    image: _,
    output: __,
    workers: ___,
    memory: ____,
    overwrite: _____,
    eraseSourceImage: ______,
    ...rest
  } = parameters;
  const { maxWorkers: _______, ...basic } = rest.basic;
  return { ...rest, basic };
}

/** The block `isolux` of the output's attributes. Holds nothing that differs between two runs of the same work. */
export function provenanceBlock(
  { location }: Acquisition,
  parameters: CorrectParameters,
  channels: readonly CorrectedChannel[],
): JsonObject {
  return {
    version,
    task: "correct",
    source: location.split("/").at(-1),
    seed: parameters.seed,
    parameters: decisiveParameters(parameters),
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
      subtractedBackground: background,
      clippedLow,
      clippedHigh,
    })),
  };
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
