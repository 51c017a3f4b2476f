/** The end of a correction: metadata, saved profiles, the output in its place, the source removed if that was asked. */
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { ChannelSummary, CorrectSummary } from "../parameters/summaries.ts";
import { profileKey } from "../profile/models-folder.ts";
import { hiddenBeside, joinKey, type WritableStore } from "../zarr/store.ts";
import { addReport, type PlacedOutput } from "./add-report.ts";
import { addVerdict, clippedShares } from "./add-verdict.ts";
import { type ChannelProfile, encodeChannelProfile, summariseProfile } from "./channel-profile.ts";
import { checkPlace } from "./check-outputs.ts";
import { clippingWarnings, pixelsOf, shareOfZeros } from "./clipping.ts";
import type { ChannelFields } from "./correct-chunk.ts";
import type { CorrectRequest } from "./correct-request.ts";
import { fingerprintSource } from "./fingerprint.ts";
import { listInWell } from "./list-in-well.ts";
import { isOccupied, type SourceLocation } from "./location.ts";
import { openLocated } from "./open-located.ts";
import { correctedChannels, readClipped, writeMetadata } from "./output-metadata.ts";
import { outputBytes } from "./output-template.ts";
import { placeOutput, putBackReplaced } from "./place-output.ts";
import type { Platform } from "./platform.ts";
import type { PreparedRun } from "./prepare-run.ts";
import { type CorrectedChannel, decisiveParameters } from "./provenance.ts";
import type { Completion } from "./run-documents.ts";
import { recordTiles } from "./tiles-record.ts";
import { verifyOutput } from "./verify-output.ts";
import type { Workspace } from "./workspace.ts";

/** A correction whose chunks are all made, with what the finished image says about it. */
export interface FinishParts {
  readonly run: PreparedRun;
  readonly workspace: Workspace;
  readonly profiles: readonly ChannelProfile[];
  readonly fields: readonly ChannelFields[];
  readonly platform: Platform;
  readonly warnings: readonly string[];
  /** Seconds since the run began. */
  readonly seconds: () => number;
  /** Seconds that the pixels took, without the estimation of profiles. */
  readonly correctingSeconds: number;
}

/** Completes the image in the workspace and puts it in its place. */
export async function finishOutput(parts: FinishParts, hooks: RunHooks): Promise<CorrectSummary> {
  const { run, workspace } = parts;
  hooks.report({ kind: "stage", text: "Finishing" });
  const clipped = await readClipped(parts);
  const corrected = correctedChannels(parts, clipped);
  const { acquisition, request } = run;
  const zerosOf = (profile: ChannelProfile) =>
    shareOfZeros(acquisition, profile, request.parameters.seed, hooks.signal);
  for (const text of await clippingWarnings(corrected, zerosOf)) hooks.report({ kind: "warning", text });
  await Promise.all([checkSourceUnchanged(run), writeMetadata(parts, clipped)]);
  const verified = run.request.parameters.eraseSourceImage;
  if (verified) {
    await verifyOutput(parts, hooks);
    await checkSourceUnchanged(run);
  }
  await saveProfiles(parts);
  const verdict = await judge(parts, corrected, hooks);
  const completion = { summary: { ...summarise(parts, corrected), ...(verdict && { verdict }) }, verified };
  await workspace.checkHeld();
  await workspace.documents.recordCompletion(completion);
  const { platform, profiles } = parts;
  return await settle({ request: run.request, workspace, platform, completion, profiles }, hooks);
}

/**
 * Puts an output in its place that an earlier run had completed but not yet placed.
 * @returns that run's summary, or `undefined` where there is no such output, or none that this run can make do with
 * @throws IsoluxError `output` where that run was a different one, or something lies at the output since
 */
export async function resumeSettling(
  request: CorrectRequest,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
): Promise<CorrectSummary | undefined> {
  if ((await workspace.documents.readCompletion()) === undefined) return undefined;
  const isNewlyTaken = await workspace.lock();
  try {
    const completion = await usableCompletion(request, workspace);
    if (completion === undefined) return undefined;
    hooks.report({ kind: "note", text: "An earlier run had completed the image: it is put in its place." });
    return await settle({ request, workspace, platform, completion }, hooks);
  } finally {
    if (isNewlyTaken) await workspace.unlock();
  }
}

/** What is noted of a completed image that is what this run would make; another is cleared away where it may be. */
async function usableCompletion(request: CorrectRequest, workspace: Workspace): Promise<Completion | undefined> {
  const { places, parameters } = request;
  const completion = await workspace.documents.readCompletion();
  if (completion === undefined) return undefined;
  const { summary, verified } = completion;
  const difference =
    summary.source === joinKey(places.source.store.location, places.source.key)
      ? await workspace.documents.describeCompleted(
          decisiveParameters(request),
          await currentFingerprint(places.source),
        )
      : `it corrected ${String(summary.source)}`;
  if (difference !== undefined && !parameters.overwrite) throw workspace.differentRun(difference);
  const isPlaced = !(await isOccupied(workspace.image));
  if (!isPlaced) await checkPlace(request, workspace);
  const mustVerify = parameters.eraseSourceImage && !verified;
  if (difference === undefined && !mustVerify) return completion;
  await putBackReplaced(places.output, workspace);
  // Chunks that have left the workspace with the image are no longer there to go on with.
  if (difference === undefined && !isPlaced) await workspace.documents.revokeCompletion();
  else await workspace.remove();
  return undefined;
}

/** The digest of a source as it is now, or `undefined` where it is gone. */
async function currentFingerprint(source: SourceLocation): Promise<string | undefined> {
  if (!source.store.isRemote && !(await isOccupied(source))) return undefined;
  return fingerprintSource((await openLocated(source)).acquisition);
}

async function saveProfiles({ run, profiles }: FinishParts): Promise<void> {
  const save = run.request.places.save;
  if (save === undefined) return;
  const parameters = decisiveParameters(run.request);
  for (const profile of profiles) {
    const { channel, side } = profile.target;
    const key = profileKey(save.key, channel.label, side);
    await save.store.set(key, encodeChannelProfile(profile, parameters));
  }
}

function judge({ run, profiles, platform }: FinishParts, corrected: readonly CorrectedChannel[], hooks: RunHooks) {
  const { acquisition, request } = run;
  const { background, seed } = request.parameters;
  return addVerdict(platform, { acquisition, profiles, background, seed, clipped: clippedShares(corrected) }, hooks);
}

function summarise(parts: FinishParts, corrected: readonly CorrectedChannel[]): CorrectSummary {
  const { run, warnings, seconds, correctingSeconds } = parts;
  const { acquisition, request } = run;
  const { store, key } = request.places.output;
  return {
    output: joinKey(store.location, key),
    source: acquisition.location,
    channels: acquisition.channels.flatMap(({ index, label }): ChannelSummary[] => {
      const ofChannel = corrected.filter(({ profile }) => profile.target.channel.index === index);
      return ofChannel.length === 0 ? [copiedChannel(label)] : ofChannel.map(summariseChannel);
    }),
    tiles: recordTiles(acquisition, request.parameters),
    bytes: outputBytes(run.template),
    seconds: seconds(),
    correctingSeconds,
    seed: request.parameters.seed,
    warnings,
    ...(request.advice && { advice: request.advice }),
  };
}

function summariseChannel({ profile, background, clippedLow, clippedHigh }: CorrectedChannel): ChannelSummary {
  const pixels = pixelsOf(profile);
  return { ...summariseProfile(profile), subtracted: background, pixels, clippedLow, clippedHigh };
}

function copiedChannel(label: string): ChannelSummary {
  const flatfield = { min: 1, max: 1, mean: 1 };
  const nothing = { baseline: 0, subtracted: 0, pixels: 0, clippedLow: 0, clippedHigh: 0 };
  return { label, source: "none", flatfield, planes: [], ...nothing };
}

/** Puts the completed image in its place. Every step may be the first of a run that goes on after a kill. */
async function settle(output: PlacedOutput, hooks: RunHooks): Promise<CorrectSummary> {
  const { request, workspace } = output;
  const { places, parameters } = request;
  await placeOutput(places.output, workspace);
  if (places.output.kind === "folder") await listInWell(places.output, places.source);
  // It compares with the source, so it comes before that may go.
  const { summary } = await addReport(output, hooks);
  const { erasable } = places;
  if (parameters.eraseSourceImage && erasable !== undefined) await erase(erasable.store, erasable.key);
  await workspace.remove();
  return summary as unknown as CorrectSummary;
}

/** Renames first: a source that is half erased must not be taken for an image. */
async function erase(store: WritableStore, key: string): Promise<void> {
  const doomed = hiddenBeside(key, "isolux-erased");
  if ((await store.list(key)).length > 0) await store.move(key, doomed);
  await store.remove(doomed);
}

async function checkSourceUnchanged({ acquisition, identity }: PreparedRun): Promise<void> {
  if ((await fingerprintSource(acquisition)) === identity.source) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "The source image changed while it was corrected",
    where: acquisition.location,
    advice: "Run again when nothing writes to it any more",
  });
}
