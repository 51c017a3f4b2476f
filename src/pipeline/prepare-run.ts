/** All that a correction decides before it reads a pixel or writes a byte: bad input ends here. */
import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import type { OpenedAcquisition } from "../acquisition/open-acquisition.ts";
import { selectChannels } from "../acquisition/select-channels.ts";
import { correctionFieldBytes } from "../correct/field.ts";
import { IsoluxError } from "../errors.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { ChannelMetadata } from "../ngff/image.ts";
import type { Advice } from "../parameters/advice.ts";
import { outputSpelling, type ProfileSource } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import { profileKey } from "../profile/models-folder.ts";
import type { Yx } from "../shapes.ts";
import { distinctFieldShapes } from "../tiles/place-tiles.ts";
import { version } from "../version.ts";
import { growingPartBytes } from "../zarr/s3-store.ts";
import { joinKey } from "../zarr/store.ts";
import { cacheWish } from "./cache-wish.ts";
import { type ChannelProfile, checksums } from "./channel-profile.ts";
import { readGivenProfiles } from "./channel-profiles.ts";
import { templateOf } from "./choose-output.ts";
import { shelfBytes } from "./chunk-memory.ts";
import { fingerprintSource } from "./fingerprint.ts";
import {
  isOccupied,
  keyBeside,
  type Location,
  namesAt,
  type OutputPlace,
  type SourceLocation,
  zarrDocuments,
} from "./location.ts";
import { openNamed } from "./open-located.ts";
import { fullGeometry, geometries, type OutputTemplate, outputBytes } from "./output-template.ts";
import { type CorrectionPlan, type PlanRequest, planCorrection, planSharing } from "./plan.ts";
import { type ProfilePlan, planProfiles } from "./plan-profiles.ts";
import type { Platform } from "./platform.ts";
import { profileFields } from "./profile-fields.ts";
import { type ProfileTarget, profileTargets, targetName } from "./profile-target.ts";
import { decisiveParameters } from "./provenance.ts";
import type { RunIdentity, Workspace } from "./workspace.ts";

/** Where a correction reads and writes. */
export interface CorrectPlaces {
  readonly source: SourceLocation;
  /** The source once more, where it can be erased. */
  readonly erasable?: Location;
  readonly output: OutputPlace;
  /** The folder of given profiles. */
  readonly models?: Location;
  /** The folder in which estimated profiles are kept. */
  readonly save?: Location;
}

/** A correction as it was asked for. */
export interface CorrectRequest {
  readonly places: CorrectPlaces;
  readonly parameters: CorrectParameters;
  readonly profileSource: ProfileSource;
  /** Names and looks of channels, where there is a file of them. */
  readonly channelSettings?: readonly ChannelSetting[];
  /** Told the profiles once they are known; not where an earlier run had completed the image. */
  readonly onProfiles?: (profiles: readonly ChannelProfile[]) => void;
  /** How the way to the profiles was chosen, where that was left to Isolux. */
  readonly advice?: Advice;
}

/** A run that may begin. */
export interface PreparedRun {
  readonly request: CorrectRequest;
  readonly acquisition: Acquisition;
  /** The channels to correct; others are copied. */
  readonly channels: readonly ChannelMetadata[];
  readonly profilePlan: ProfilePlan;
  /** Profiles that were given; none where they are estimated. */
  readonly given: readonly ChannelProfile[];
  readonly plan: CorrectionPlan;
  readonly template: OutputTemplate;
  readonly identity: RunIdentity;
}

/** How a run is to be planned that several processes are to share. */
export interface Sharing {
  /** Passes have at least so many blocks, given how many bytes there are and how many workers a process has. */
  readonly leastBlocks: (bytes: number, workers: number) => number;
}

/** Checks and plans a run. @throws IsoluxError for everything that can be known to keep it from success */
export async function prepareRun(
  request: CorrectRequest,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
  sharing?: Sharing,
): Promise<PreparedRun> {
  const { places, parameters } = request;
  const run = await openRun(request, hooks);
  const { opened, acquisition, targets } = run;
  if (parameters.eraseSourceImage) checkErasable(opened, places);
  await checkPlace(request, workspace);
  if (places.save !== undefined && !(await workspace.exists())) await checkSavePlace(places.save, targets, parameters);
  const { profilePlan, template, given, planRequest } = await planRun(run, request, platform, hooks);
  await checkBeside(request, template);
  const bytes = outputBytes(template);
  const leastBlocks = sharing && { leastBlocks: sharing.leastBlocks(bytes, planRequest.workers) };
  const plan = planCorrection({ ...planRequest, ...leastBlocks });
  // A given profile that cannot correct these tiles is refused now, not after the workspace was made.
  profileFields(acquisition, given, parameters.background);
  reportPlan(acquisition, { plan, profilePlan, bytes }, parameters, hooks);
  const identity = {
    version,
    source: await fingerprintSource(acquisition),
    parameters: { ...decisiveParameters(request), givenProfiles: checksums(given) },
  };
  return { request, acquisition, channels: run.channels, profilePlan, given, plan, template, identity };
}

/**
 * Opens a run that another process has checked and planned.
 * @param rounds as that process has planned them
 * @param identity as that process has written it down
 */
export async function joinRun(
  request: CorrectRequest,
  { rounds, identity }: { readonly rounds: CorrectionPlan["rounds"]; readonly identity: RunIdentity },
  platform: Platform,
  hooks: RunHooks,
): Promise<PreparedRun> {
  const run = await openRun(request, hooks);
  const { profilePlan, template, given, planRequest } = await planRun(run, request, platform, hooks);
  if (checksums(given).join() !== (identity.parameters.givenProfiles as unknown[] | undefined)?.join()) {
    throw new IsoluxError({
      kind: "invalid",
      what: "The given profiles have changed since the correction was prepared",
      where: joinKey(request.places.models?.store.location ?? "", request.places.models?.key ?? ""),
      advice: "Put the old ones back, or prepare the correction again with --overwrite",
    });
  }
  const plan = planSharing(planRequest, rounds);
  return {
    request,
    acquisition: run.acquisition,
    channels: run.channels,
    profilePlan,
    given,
    plan,
    template,
    identity,
  };
}

/** A source that was opened, and what a profile is wanted for in it. */
interface OpenedRun {
  readonly opened: OpenedAcquisition;
  readonly acquisition: Acquisition;
  readonly channels: readonly ChannelMetadata[];
  readonly targets: readonly ProfileTarget[];
}

async function openRun({ places, parameters, channelSettings }: CorrectRequest, hooks: RunHooks): Promise<OpenedRun> {
  const opened = await openNamed(places.source, channelSettings, hooks);
  const { acquisition } = opened;
  const channels = selectChannels(acquisition, parameters.channels);
  return { opened, acquisition, channels, targets: profileTargets(acquisition, channels, parameters.sides) };
}

/** What follows from the source and the parameters alone. */
async function planRun(
  { opened, acquisition, targets }: OpenedRun,
  { places, parameters, profileSource }: CorrectRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<Pick<PreparedRun, "profilePlan" | "template" | "given"> & { readonly planRequest: PlanRequest }> {
  const workers = parameters.workers ?? platform.availableWorkers;
  const profilePlan = planProfiles(acquisition, {
    ...parameters,
    source: profileSource,
    targets,
    ...(places.models && { models: places.models }),
    memoryBytes: parameters.memory,
    workers,
  });
  const note = (text: string) => hooks.report({ kind: "note", text });
  const template = await templateOf(opened, places.output.key.split("/").at(-1)!, parameters, note);
  const given =
    profilePlan.kind === "given" ? await readGivenProfiles(acquisition, targets, profilePlan.models, hooks) : [];
  const planRequest = pixelPlanRequest(acquisition, template, {
    profileCount: targets.length,
    givenShapes: given.map(({ profile }) => profile.shapeYx),
    memory: parameters.memory,
    workers,
    openObjectBytes: places.output.kind === "bucket" ? 2 * growingPartBytes : 0,
  });
  return { profilePlan, template, given, planRequest };
}

/** Refuses to write where something lies that is neither this run's nor may be replaced. @throws IsoluxError `output` */
export async function checkPlace(request: CorrectRequest, workspace: Workspace): Promise<void> {
  if (await workspace.claim?.mayBuild(request.parameters.overwrite)) return;
  await checkOutput(request);
}

/** Refuses to replace an output, unless asked to, and ever to replace what is no image. @throws IsoluxError `output` */
async function checkOutput({ places, parameters, profileSource }: CorrectRequest): Promise<void> {
  const { output } = places;
  if (!(await isOccupied(output))) return;
  const elsewhere = outputSpelling(profileSource);
  const where = joinKey(output.store.location, output.key);
  if (!parameters.overwrite) {
    throw new IsoluxError({
      kind: "output",
      what: "The output is there already",
      where,
      advice: `Give --overwrite to replace it, or another ${elsewhere}`,
    });
  }
  const names = await namesAt(output);
  const isFile = (await output.store.facts(output.key)) !== undefined;
  if (!isFile && (names.length === 0 || names.some((name) => zarrDocuments.includes(name)))) return;
  throw new IsoluxError({
    kind: "output",
    what: "What lies at the output is not an image and is not replaced",
    where,
    found: isFile ? "a file" : `a folder with ${names.slice(0, 3).join(", ")}`,
    advice: `Give another ${elsewhere}, or move it away`,
  });
}

/** Refuses to replace files beside an output, unless asked to. @throws IsoluxError `output` */
async function checkBeside(
  { places, parameters, profileSource }: CorrectRequest,
  { beside = [] }: OutputTemplate,
): Promise<void> {
  const { store, key } = places.output;
  for (const { name } of parameters.overwrite ? [] : beside) {
    const file = keyBeside(key, name);
    if ((await store.facts(file)) === undefined) continue;
    throw new IsoluxError({
      kind: "output",
      what: "A file that belongs to the output is there already",
      where: joinKey(store.location, file),
      advice: `Give --overwrite to replace it, or another ${outputSpelling(profileSource)}`,
    });
  }
}

/** What the microscope wrote is never erased: the output holds it corrected, and with that not as it was. */
export function checkErasable({ kind, acquisition }: OpenedAcquisition, { erasable }: CorrectPlaces): void {
  if (kind === "mosaic" && erasable !== undefined) return;
  throw new IsoluxError({
    kind: "usage",
    what: kind === "tiles" ? "What the microscope wrote is not erased" : "An image on a server is not erased",
    where: acquisition.location,
    advice: "Leave out --erase-source-image",
  });
}

/** Refuses to replace saved profiles. @throws IsoluxError `output` */
export async function checkSavePlace(
  { store, key }: Location,
  targets: readonly ProfileTarget[],
  { overwrite }: Pick<CorrectParameters, "overwrite">,
): Promise<void> {
  for (const target of targets) {
    const profile = profileKey(key, target.channel.label, target.side);
    if (overwrite || (await store.facts(profile)) === undefined) continue;
    throw new IsoluxError({
      kind: "output",
      what: `A profile of channel ${targetName(target)} is there already`,
      where: joinKey(store.location, profile),
      advice: "Give --overwrite to replace it, or another folder to save in",
    });
  }
}

interface PixelPlanRequest {
  readonly givenShapes: readonly Yx[];
  readonly profileCount: number;
  readonly memory: number;
  readonly workers: number;
  readonly openObjectBytes: number;
}

function pixelPlanRequest(
  acquisition: Acquisition,
  { images }: OutputTemplate,
  { profileCount, givenShapes, memory, workers, openObjectBytes }: PixelPlanRequest,
): PlanRequest {
  const { tiles, type, readerBytes = 0 } = acquisition;
  const shapes = distinctFieldShapes(tiles);
  const fieldBytes = shapes.reduce((sum, shape) => sum + correctionFieldBytes(shape), 0);
  // While a profile is made ready it is held as it came, as spline coefficients and resampled.
  const makingReady = 4 * Math.max(...[...shapes, ...givenShapes].map(correctionFieldBytes));
  const largestField = Math.max(...shapes.map(correctionFieldBytes));
  // Profiles that are larger than the tiles stay as they came during the whole run.
  const beyondTiles = givenShapes.map((shape) => Math.max(0, correctionFieldBytes(shape) - largestField));
  const keptBytes = beyondTiles.reduce((sum, bytes) => sum + bytes, 0);
  const { chunkShapeCzyx } = fullGeometry(images[0]!);
  const cache = cacheWish(acquisition, chunkShapeCzyx);
  return {
    images: images.map(geometries),
    type,
    ...(cache === undefined ? {} : { cache }),
    openObjectBytes,
    readerBytes,
    sharedBytes: profileCount * fieldBytes + makingReady + keptBytes,
    workerBytes: (profileCount === 0 ? 0 : largestField) + shelfBytes(fullResolution(acquisition), chunkShapeCzyx),
    memoryBytes: memory,
    workers,
  };
}

function reportPlan(
  acquisition: Acquisition,
  { plan, profilePlan, bytes }: { plan: CorrectionPlan; profilePlan: ProfilePlan; bytes: number },
  parameters: CorrectParameters,
  { report }: RunHooks,
): void {
  const { hasTileTable, tiles } = acquisition;
  if (!hasTileTable) {
    report({ kind: "note", text: "The image has no table of tiles (FOV_ROI_table): all of it counts as one tile." });
  }
  const { workers } = plan;
  if (parameters.workers !== undefined && workers < parameters.workers) {
    report({
      kind: "note",
      text: `${workers} of ${parameters.workers} workers are used: more do not fit into the memory budget or have no work.`,
    });
  }
  const counts = `${tiles.length} ${tiles.length === 1 ? "tile" : "tiles"}, ${workers} ${workers === 1 ? "worker" : "workers"}`;
  const estimation = profilePlan.kind === "estimated" ? profilePlan.projectedBytes : 0;
  const memory = `at most ${Math.ceil(Math.max(plan.projectedBytes, estimation) / 1e6)} MB of memory`;
  report({ kind: "note", text: `${Number((bytes / 1e6).toPrecision(3))} MB of pixels in ${counts}; ${memory}.` });
}
