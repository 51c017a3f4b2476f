import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { ChannelSetting } from "../../ngff/channel-settings.ts";
import type { Advice } from "../../parameters/advice.ts";
import { basicSchema } from "../../parameters/basic-fields.ts";
import { type ProfileSource, regionsOf, regionsOfReference } from "../../parameters/profile-source.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import { snakeCase } from "../../parameters/spelling.ts";
import type { SampledPlane, TilesSummary } from "../../parameters/summaries.ts";
import { profileChecksum } from "../../profile/profile.ts";
import { version } from "../../version.ts";
import { without } from "../../without.ts";
import { sha256 } from "../../zarr/codecs/sha256.ts";
import { digestObject } from "../../zarr/copy-object.ts";
import type { JsonObject } from "../../zarr/json.ts";
import { keyName, type ObjectFacts } from "../../zarr/store.ts";
import type { ChannelProfile } from "../profiles/channel-profile.ts";

/** What a correction did to a channel. */
export interface CorrectedChannel {
  readonly profile: ChannelProfile;
  /** Counts subtracted after the division. */
  readonly background: number;
  readonly clippedLow: number;
  readonly clippedHigh: number;
}

/** What was asked for: the parameters, and where the profiles come from. */
interface AskedFor {
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
export function identityParameters({ parameters, profileSource, channelSettings }: AskedFor): JsonObject {
  const { channels, layout, omeVersion, shards, background, nZplanes, resolutionLevel, seed, sides, cameraOffset } =
    parameters;
  const { rotation, tileTable, pattern, overlap, pixelSize, stageAxes, codec } = parameters;
  const trustPositions = parameters.trustPositions || undefined;
  const read = { rotation, tileTable, pattern, overlap, pixelSize, stageAxes, trustPositions };
  const form = { ...read, channelSettings, layout, omeVersion, shards, codec };
  if (profileSource.kind === "none") return definedOnly({ task: "convert", ...form });
  const { maxWorkers: _, ...basic } = parameters.basic;
  const { timePoints, saveModels } = parameters;
  const refine = parameters.refine === "off" ? undefined : parameters.refine;
  const gains = parameters.gains === "none" ? undefined : parameters.gains;
  const planes = { ...regionsOf(parameters), timePoints, nZplanes, resolutionLevel, seed };
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
  tiles: TilesSummary,
): JsonObject {
  const { task, ...parameters } = identityParameters(asked);
  return {
    version,
    task,
    source: keyName(acquisition.location),
    ...(acquisition.instrument === undefined ? {} : { microscope: { ...acquisition.instrument } }),
    seed: asked.parameters.seed,
    parameters,
    ...(asked.advice === undefined ? {} : { advice: adviceBlock(asked.advice) }),
    ...(task === "correct" && { tiles: tiles as unknown as JsonObject }),
    channels: channelRecords(channels),
  };
}

/** What was done to channels, as it is recorded. */
export function channelRecords(channels: readonly CorrectedChannel[]): JsonObject[] {
  return channels.map(({ profile, background, clippedLow, clippedHigh }) => ({
    label: profile.target.channel.label,
    side: profile.target.side,
    source: profile.source,
    profile: {
      sha256: profileChecksum(profile.profile),
      shape: profile.profile.shapeYx,
      baseline: profile.profile.baseline,
      baselineMeaning: profile.baselineMeaning,
      alignment: profile.alignment,
      level: profile.level,
    },
    sampledPlanes: planesByTile(profile.planes),
    ...(profile.refinement === undefined ? {} : { refinement: { ...profile.refinement } }),
    ...(profile.gains === undefined ? {} : { gains: { ...profile.gains } }),
    subtractedBackground: background,
    clippedLow,
    clippedHigh,
  }));
}

/** The candidates with their scores; not the command, which names places. */
function adviceBlock(advice: Advice): JsonObject {
  const withoutPlaces = <Stated extends Pick<Advice, "parameters">>(stated: Stated) => {
    return { ...stated, parameters: without(stated.parameters, "modelsFolder") };
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
      ...regionsOfReference(parameters),
      ...(typeof saveModels === "string" ? { saving_path: saveModels } : { save_models: saveModels }),
    },
  };
}

function basicOtherThanDefault(basic: CorrectParameters["basic"]): JsonObject {
  const defaults: JsonObject = basicSchema.parse({});
  const entries = Object.entries(basic).filter(([name, value]) => value !== defaults[name]);
  return Object.fromEntries(entries.map(([name, value]) => [snakeCase(name), value]));
}

/** The number of objects whose facts are requested at a time. */
const factsAtOnce = 64;
/** Lines that a digest replaces: there may be millions. */
const linesAtOnce = 2 ** 16;

/**
 * A digest by which a change of the source is noticed: the bytes of its metadata and tables, and name, size and time
 * of every object that holds pixels of the full resolution. Coarser levels are not read, so they may change.
 * On a server a sample of these objects, spread over the image, stands for all of them.
 * @param onObject called with the key of every object that holds pixels, or that was looked for on a server
 */
export async function fingerprintSource(
  acquisition: Acquisition,
  onObject?: (key: string, isThere: boolean) => void,
): Promise<string> {
  const { store, documents, pixels } = await acquisition.sourceObjects();
  const lines: string[] = [];
  for (const key of documents) {
    lines.push(`${key} ${(await digestObject({ store, key })) ?? "none"}`);
  }
  for (let i = 0; i < pixels.length; i += factsAtOnce) {
    const keys = pixels.slice(i, i + factsAtOnce);
    const facts = await Promise.all(keys.map((key) => store.facts(key)));
    for (const [j, key] of keys.entries()) {
      onObject?.(key, facts[j] !== undefined);
      lines.push(`${key} ${describeFacts(facts[j])}`);
    }
    if (lines.length >= linesAtOnce) lines.splice(0, lines.length, digestOf(lines));
  }
  return digestOf(lines);
}

function digestOf(lines: readonly string[]): string {
  return sha256(new TextEncoder().encode(lines.join("\n")));
}

/** The server's mark counts only where it is not a time: of equal copies behind one address, marks may differ. */
function describeFacts(facts: ObjectFacts | undefined): string {
  return `${facts?.bytes} ${facts?.modifiedMs || facts?.tag}`;
}
