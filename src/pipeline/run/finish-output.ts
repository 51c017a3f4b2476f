/** The fourth stage of a run: metadata, verification, saved profiles, and the note that the image is complete. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { IsoluxError } from "../../errors.ts";
import { attributesDocument } from "../../ngff/group.ts";
import { writeGroup } from "../../ngff/write-roi-table.ts";
import type { ChannelSummary, CorrectSummary, TilesSummary } from "../../parameters/summaries.ts";
import { profileKey } from "../../profile/formats/find-profile.ts";
import { readPreview } from "../../sample/read-planes.ts";
import type { MissingChunks } from "../../tiles/coverage.ts";
import { describeZstd } from "../../zarr/codecs/zstd-engine.ts";
import type { JsonObject } from "../../zarr/json.ts";
import { describeCodec } from "../../zarr/metadata/metadata.ts";
import { joinKey } from "../../zarr/store.ts";
import { geometries } from "../blocks/chunk-maker.ts";
import { channelsOfImage, chunkCount, type OutputImage, outputBytes, outputLevels } from "../output/template.ts";
import { FilePlace } from "../places/file-place.ts";
import { type ChannelProfile, encodeChannelProfile, summariseProfile } from "../profiles/channel-profile.ts";
import type { ClipSums } from "../record/journal.ts";
import type { Completion } from "../record/run-documents.ts";
import { recordTiles } from "../record/tiles-record.ts";
import type { ChunksDone } from "../threads/tasks.ts";
import { addVerdict, clippedShares } from "./add-verdict.ts";
import { type CountedLevels, type CountedValues, displayWindows } from "./display-windows.ts";
import { fingerprintWithGaps } from "./find-gaps.ts";
import { clippingWarnings, pixelsOf } from "./losses.ts";
import { allBlocks, mapBlocks } from "./make-blocks.ts";
import type { Run } from "./plan-run.ts";
import { type CorrectedChannel, identityParameters, provenanceBlock } from "./provenance.ts";
import {
  type ClippedImage,
  correctedChannels,
  hasDisplay,
  imageAttributes,
  type RecordedCorrection,
} from "./write-metadata.ts";

/** What the finished image says of how it came about. */
interface RunTimes {
  readonly warnings: readonly string[];
  /** Seconds since the run began. */
  readonly seconds: () => number;
  /** Seconds that the pixels took, without the estimation of profiles. */
  readonly correctingSeconds: number;
}

/** Completes the image in the workspace: from then on it only needs its place. @returns what is noted of it there */
export async function finishOutput(run: Run, times: RunTimes, counted: CountedLevels): Promise<Completion> {
  const { acquisition, request, workspace, hooks } = run;
  hooks.report({ kind: "stage", text: "Finishing" });
  const clipped = await readClipped(run);
  const corrected = correctedChannels(run, clipped);
  const zerosOf = (profile: ChannelProfile) =>
    shareOfZeros(acquisition, profile, request.parameters.seed, hooks.signal);
  for (const text of await clippingWarnings(corrected, zerosOf)) hooks.report({ kind: "warning", text });
  const tiles = await recordTiles(acquisition, request.parameters, await checkSourceUnchanged(run, counted.absent));
  await writeMetadata(run, clipped, tiles, counted);
  // Nothing counts as done, and nothing is compared, that a power cut could still take
  await workspace.image.store.sync();
  const verified = request.parameters.eraseSourceImage;
  if (verified) {
    await verifyOutput(run);
    await checkSourceUnchanged(run, []);
  }
  await saveProfiles(run);
  const verdict = await assess(run, corrected, tiles.missing);
  const completion = { summary: { ...summarise(run, corrected, times), tiles, verdict }, verified };
  await workspace.checkHeld();
  await workspace.documents.recordCompletion(completion);
  return completion;
}

/** Reads from the journal what was clipped. */
async function readClipped({ template, acquisition, workspace }: Run): Promise<ClippedImage[]> {
  const records = await workspace.documents.readRecords(template.images.map(geometries));
  return template.images.map((image, index) => {
    const channels = channelsOfImage(acquisition, image.source).length;
    return { image, sums: overTimes(records[index]!.clipped, channels) };
  });
}

/** What was clipped in a channel at all time points, which follow each other. */
function overTimes(clipped: readonly (readonly ClipSums[])[], channels: number): (readonly ClipSums[])[] {
  return clipped.slice(0, channels).map((slots, channel) =>
    slots.map((_, slot) => {
      const sums = clipped.filter((_, place) => place % channels === channel).map((times) => times[slot]!);
      const total = (end: "low" | "high") => sums.reduce((sum, one) => sum + one[end], 0);
      return { low: total("low"), high: total("high") };
    }),
  );
}

/** Writes all that an output holds beside its pixels. */
async function writeMetadata(
  run: Run,
  clipped: readonly ClippedImage[],
  tiles: TilesSummary,
  counted: CountedLevels,
): Promise<void> {
  const { acquisition, request, template } = run;
  const { image, beside } = run.workspace;
  for (const [index, one] of clipped.entries()) {
    const engines = await zstdOf(one.image);
    const corrected = { channels: correctedChannels(run, [one]), tiles, engines };
    await writeImageMetadata(run, one.image, corrected, counted.of(index));
  }
  if (template.folder !== undefined) {
    const { attributes, zarrFormat } = template.folder;
    const corrected = correctedChannels(run, clipped);
    const isolux = {
      ...provenanceBlock(acquisition, request, corrected, tiles),
      ...(await zstdOf(template.images[0]!)),
    };
    await writeGroup(image.store, image.key, { ...attributes, isolux }, zarrFormat);
  }
  for (const { name, bytes } of template.beside ?? []) await beside.store.set(joinKey(beside.key, name), bytes);
}

/** Which zstd compressed the larger contents of an output, where it did: bytes, not pixels, depend on it. */
async function zstdOf({ levels }: OutputImage): Promise<JsonObject> {
  const isUsed = levels.some(({ metadata }) => describeCodec(metadata).includes("zstd"));
  return isUsed ? { zstd: await describeZstd() } : {};
}

/** Copies what stays as it is byte for byte; the attributes, which make it an image, come last. */
async function writeImageMetadata(
  run: Run,
  image: OutputImage,
  corrected: RecordedCorrection,
  counted: CountedValues | undefined,
): Promise<void> {
  const { pixels } = run.workspace;
  const key = joinKey(run.workspace.image.key, image.key);
  await image.writeUnchanged({ ...run.workspace.image, key });
  const levels = outputLevels(image, pixels.store, pixels.key);
  const windows = hasDisplay(image) ? await displayWindows(levels.at(-1)!, { counted }) : [];
  const attributes = imageAttributes(run, image, corrected, levels, windows);
  const { name, bytes } = attributesDocument({ zarrFormat: image.zarrFormat, attributes });
  await run.workspace.image.store.set(joinKey(key, name), bytes);
}

/**
 * Reads the whole output back and compares it with the correction made once more from the source, by all workers of the
 * run: nothing else proves that the source is no longer needed.
 * @throws IsoluxError `corrupt` naming a chunk that differs
 */
async function verifyOutput(run: Run): Promise<void> {
  const { plan, template } = run;
  const { report, signal } = run.hooks;
  const total = chunkCount(template);
  let [done, bytes] = [0, 0];
  report({ kind: "stage", text: "Verifying the output before the source is erased" });
  const onProgress = (compared: ChunksDone) => {
    done += compared.chunks;
    bytes += compared.bytes;
    report({ kind: "progress", stage: "Verifying", done, total, bytes });
  };
  await mapBlocks(run, { kind: "compare" }, allBlocks(plan), { signal, onProgress });
}

/** Which part of the pixels of a channel's tiles is 0, estimated from a few planes. @throws IsoluxError as reading does */
async function shareOfZeros(
  acquisition: Acquisition,
  { target: { channel, tiles } }: ChannelProfile,
  seed: number,
  signal: AbortSignal,
): Promise<number> {
  const { pixels } = await readPreview(acquisition, { channel: channel.index, tiles, seed }, signal);
  let zeros = 0;
  for (let i = 0; i < pixels.length; i++) if (pixels[i] === 0) zeros++;
  return zeros / pixels.length;
}

async function saveProfiles({ request, profiles }: Run): Promise<void> {
  const { save } = request.places;
  if (save === undefined) return;
  const { overwrite } = request.parameters;
  const parameters = identityParameters(request);
  for (const profile of profiles) {
    const { channel, side } = profile.target;
    const key = profileKey(save.key, channel.label, side);
    const bytes = encodeChannelProfile(profile, parameters);
    // It was free when the run began; what may be replaced may come from an earlier try
    if (overwrite) await save.store.keep(key, bytes);
    else await FilePlace.free({ store: save.store, key }).put(bytes);
  }
}

function assess(
  { request, acquisition, profiles, platform, hooks }: Run,
  corrected: readonly CorrectedChannel[],
  missing: MissingChunks | undefined,
) {
  const { background, seed, memory } = request.parameters;
  const found = { clipped: clippedShares(corrected), missing: missing?.share ?? 0 };
  return addVerdict(platform, { acquisition, profiles, background, seed, ...found }, memory, hooks);
}

function summarise(
  { acquisition, request, template }: Run,
  corrected: readonly CorrectedChannel[],
  { warnings, seconds, correctingSeconds }: RunTimes,
): Omit<CorrectSummary, "tiles"> {
  const { store, key } = request.places.output;
  return {
    output: joinKey(store.location, key),
    source: acquisition.location,
    channels: acquisition.channels.flatMap(({ index, label }): ChannelSummary[] => {
      const ofChannel = corrected.filter(({ profile }) => profile.target.channel.index === index);
      return ofChannel.length === 0 ? [copiedChannel(label)] : ofChannel.map(summariseChannel);
    }),
    bytes: outputBytes(template),
    seconds: seconds(),
    correctingSeconds,
    seed: request.parameters.seed,
    warnings,
    advice: request.advice,
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

/**
 * @param absent keys of objects that were not there when they were read
 * @returns chunks of the source that are missing
 */
async function checkSourceUnchanged(
  { acquisition, identity }: Run,
  absent: Iterable<string>,
): Promise<MissingChunks | undefined> {
  const { digest, missing } = await fingerprintWithGaps(acquisition, absent);
  if (digest === identity.source) return missing;
  throw new IsoluxError({
    kind: "invalid",
    what: "The source image changed while it was corrected",
    where: acquisition.location,
    advice: "Run again when nothing writes to it any more",
  });
}
