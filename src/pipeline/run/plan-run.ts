/** All that a correction decides before it reads a pixel or writes a byte: bad input ends here. */
import type { Acquisition, StoredFolder } from "../../acquisition/acquisition.ts";
import type { OpenedAcquisition } from "../../acquisition/open-acquisition.ts";
import { selectChannels } from "../../acquisition/select-channels.ts";
import type { CorrectionField } from "../../correct/field.ts";
import { IsoluxError } from "../../errors.ts";
import type { ChannelMetadata } from "../../ngff/image.ts";
import { outputSpelling } from "../../parameters/profile-source.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import { profileKey } from "../../profile/formats/find-profile.ts";
import { describeMissing } from "../../tiles/coverage.ts";
import { version } from "../../version.ts";
import { growingPartBytes, joinKey, keyBeside, keyName } from "../../zarr/store.ts";
import { type CorrectionPlan, type PlanRequest, pixelPlanRequest, planCorrection } from "../blocks/plan.ts";
import { templateOf } from "../output/choose-output.ts";
import { type OutputTemplate, outputBytes } from "../output/template.ts";
import { type Location, openNamed } from "../places/location.ts";
import type { CorrectRequest } from "../places/request.ts";
import {
  type ChannelProfile,
  checkProfileFields,
  checksums,
  type ProfileTarget,
  profileTargets,
  targetName,
} from "../profiles/channel-profile.ts";
import { channelsWithLight } from "../profiles/channels-with-light.ts";
import { readGivenProfiles } from "../profiles/given-profiles.ts";
import { type ProfilePlan, planProfiles } from "../profiles/plan-profiles.ts";
import type { RunIdentity } from "../record/run-documents.ts";
import type { Workspace } from "../record/workspace.ts";
import { type Platform, reportsOf } from "../threads/platform.ts";
import { checkErasable, checkNothingLost } from "./check-erasable.ts";
import { checkGivenProfiles } from "./check-given.ts";
import { checkPlace } from "./check-outputs.ts";
import { fingerprintWithGaps } from "./find-gaps.ts";
import { identityParameters } from "./provenance.ts";
import { reportPlan } from "./report-plan.ts";

/** What a correction is to be: all that is decided before it reads its pixels. */
export interface RunPlan {
  readonly request: CorrectRequest;
  readonly acquisition: Acquisition;
  /** The channels to correct; others are copied. */
  readonly channels: readonly ChannelMetadata[];
  readonly profilePlan: ProfilePlan;
  /** Profiles that were given; none where they are estimated. */
  readonly given: readonly ChannelProfile[];
  readonly plan: CorrectionPlan;
  readonly template: OutputTemplate;
}

/** A correction under way: what it works with, and the profiles that it applies. */
export interface Run extends RunPlan {
  readonly identity: RunIdentity;
  readonly workspace: Workspace;
  readonly platform: Platform;
  /** Of which the signal is also given where another process takes the workspace over. */
  readonly hooks: RunHooks;
  readonly profiles: readonly ChannelProfile[];
  readonly fields: readonly (readonly CorrectionField[])[];
}

/** How a run is to be planned that several processes are to share. */
export interface Sharing {
  /** The least number of blocks of a pass, given the number of bytes and of workers of a process. */
  readonly leastBlocks: (bytes: number, workers: number) => number;
}

/** How a run is planned. */
interface PlanningHow {
  readonly sharing?: Sharing | undefined;
  /** A run that is not to begin looks at no pixels, nor at the objects of the source, of which there may be a million. */
  readonly isToBegin?: boolean;
}

/** Checks and plans a run. @throws IsoluxError for everything that can be known to keep it from success */
export async function planRun(
  request: CorrectRequest,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
  { sharing, isToBegin = true }: PlanningHow = {},
): Promise<RunPlan> {
  const { places, parameters } = request;
  const run = await openRun(request, hooks, isToBegin);
  const { opened, acquisition, targets } = run;
  if (parameters.eraseSourceImage) checkErasable(opened, places);
  else if (parameters.expendable !== undefined) hooks.report({ kind: "warning", text: expendableOfNothing });
  await checkPlace(request, workspace);
  if (!(await workspace.documents.exist())) {
    if (places.save !== undefined) await checkSavePlace(places.save, targets, parameters);
    if (parameters.report !== undefined) await reportsOf(platform).check(request);
  }
  const { profilePlan, template, given, planRequest } = await planPixels(run, request, platform, hooks);
  checkTilesApart(acquisition, request, template);
  if (parameters.eraseSourceImage && isToBegin) await checkNothingLost(opened, template, request);
  await checkBeside(request, template);
  const bytes = outputBytes(template);
  const leastBlocks = sharing && { leastBlocks: sharing.leastBlocks(bytes, planRequest.workers) };
  const plan = planCorrection({ ...planRequest, ...leastBlocks });
  // A given profile that cannot correct these tiles is refused now, not after the workspace was made.
  checkProfileFields(given);
  await reportPlan({ acquisition, plan, profilePlan, bytes }, platform, parameters, hooks);
  if (isToBegin) await checkGivenProfiles(acquisition, given, parameters, hooks);
  return { request, acquisition, channels: run.channels, profilePlan, given, plan, template };
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
      what: "A file that belongs to the output already exists",
      where: joinKey(store.location, file),
      advice: `Give --overwrite to replace it, or another ${outputSpelling(profileSource)}`,
    });
  }
}

/**
 * An output must not take along the tiles that it is made of, or the file that names them, where a file or a proxy stands
 * for them.
 * @throws IsoluxError `usage`
 */
function checkTilesApart(
  { tileImages = [], project }: Acquisition,
  { places, profileSource }: CorrectRequest,
  { beside = [] }: OutputTemplate,
): void {
  const pathOf = ({ store, key }: StoredFolder) => joinKey(store.location.replaceAll("\\", "/"), key);
  const { store, key } = places.output;
  const target = pathOf(places.output);
  const written = [target, ...beside.map(({ name }) => pathOf({ store, key: keyBeside(key, name) }))];
  const isWithin = (inner: string, outer: string) => `${inner}/`.startsWith(`${outer}/`);
  const sources = tileImages.flatMap((image) => (image.kind === "stored" ? [image.folder] : []));
  const ofProject = project === undefined ? [] : [{ ...project.data, openedThrough: project.file }];
  for (const folder of [...new Set(sources), ...ofProject]) {
    const tiles = pathOf(folder);
    const file = folder.openedThrough && pathOf(folder.openedThrough);
    const isTiles = isWithin(tiles, target) || isWithin(target, tiles);
    if (!isTiles && !(file !== undefined && written.some((path) => isWithin(file, path)))) continue;
    throw new IsoluxError({
      kind: "usage",
      what: isTiles
        ? "The output would overwrite the tiles that it is made from"
        : "The output would overwrite the XML file or list that names its tiles",
      where: isTiles ? tiles : file!,
      advice: `Give another ${outputSpelling(profileSource)}`,
    });
  }
}

/** Refuses to replace saved profiles. @throws IsoluxError `output` */
async function checkSavePlace(
  { store, key }: Location,
  targets: readonly ProfileTarget[],
  { overwrite }: Pick<CorrectParameters, "overwrite">,
): Promise<void> {
  for (const target of targets) {
    const profile = profileKey(key, target.channel.label, target.side);
    if (overwrite || (await store.facts(profile)) === undefined) continue;
    throw new IsoluxError({
      kind: "output",
      what: `A profile of channel ${targetName(target)} already exists`,
      where: joinKey(store.location, profile),
      advice: "Give --overwrite to replace it, or another folder to save in",
    });
  }
}

const expendableOfNothing = "--expendable has no effect without --erase-source-image: nothing of the source is erased.";

/** The identity of a run; a warning where chunks of the source are missing. */
export async function identityOf({ request, acquisition, given }: RunPlan, { report }: RunHooks): Promise<RunIdentity> {
  const { digest, missing } = await fingerprintWithGaps(acquisition);
  if (missing !== undefined) report({ kind: "warning", text: describeMissing(missing) });
  return {
    version,
    source: digest,
    parameters: { ...identityParameters(request), givenProfiles: checksums(given) },
  };
}

/** A source that was opened, and what a profile is wanted for in it. */
interface OpenedRun {
  readonly opened: OpenedAcquisition;
  readonly acquisition: Acquisition;
  readonly channels: readonly ChannelMetadata[];
  readonly targets: readonly ProfileTarget[];
}

/** Opens the source of a run. @throws IsoluxError for everything that prevents that */
export async function openRun(
  { places, parameters, profileSource, channelSettings }: CorrectRequest,
  hooks: RunHooks,
  isToBegin = true,
): Promise<OpenedRun> {
  const source = isToBegin ? places.source : { ...places.source, trustPositions: true };
  const opened = await openNamed(source, channelSettings, hooks, parameters.timePoints);
  const { acquisition } = opened;
  const isEstimated = profileSource.kind !== "given" && profileSource.kind !== "none";
  const channels =
    isToBegin && isEstimated
      ? await channelsWithLight(acquisition, parameters, hooks)
      : selectChannels(acquisition, parameters.channels);
  return { opened, acquisition, channels, targets: profileTargets(acquisition, channels, parameters.sides) };
}

/** What follows from the source and the parameters alone. */
export async function planPixels(
  { opened, acquisition, targets }: OpenedRun,
  { places, parameters, profileSource }: CorrectRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<Pick<RunPlan, "profilePlan" | "template" | "given"> & { readonly planRequest: PlanRequest }> {
  const workers = parameters.workers ?? platform.availableWorkers;
  const profilePlan = planProfiles(acquisition, {
    ...parameters,
    source: profileSource,
    targets,
    models: places.models,
    memoryBytes: parameters.memory,
    workers,
  });
  const note = (text: string) => hooks.report({ kind: "note", text });
  const template = await templateOf(opened, keyName(places.output.key), parameters, note);
  const { cameraOffset } = parameters;
  const given =
    profilePlan.kind === "given"
      ? await readGivenProfiles(acquisition, targets, profilePlan.models, hooks, cameraOffset)
      : [];
  const planRequest = pixelPlanRequest(acquisition, template, {
    profileCount: targets.length,
    givenShapes: given.map(({ profile }) => profile.shapeYx),
    memory: parameters.memory,
    workers,
    openObjectBytes: places.output.kind === "bucket" ? 2 * growingPartBytes : 0,
    takesParts: places.output.store.beginAfterStart !== undefined && !parameters.eraseSourceImage,
  });
  return { profilePlan, template, given, planRequest };
}
