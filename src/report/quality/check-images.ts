/** Checks a corrected image against its source, by whichever program it was corrected. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { selectChannels } from "../../acquisition/select-channels.ts";
import { IsoluxError } from "../../errors.ts";
import type { ChannelMetadata } from "../../ngff/image.ts";
import type { QualityFlag } from "../../parameters/advice.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { CheckParameters } from "../../parameters/schema.ts";
import { type Location, openConfirmed, openLocated, type SourceLocation } from "../../pipeline/places/location.ts";
import { type ChannelProfile, profileTargets } from "../../pipeline/profiles/channel-profile.ts";
import { readGivenProfiles } from "../../pipeline/profiles/given-profiles.ts";
import { fingerprintWithGaps } from "../../pipeline/run/find-gaps.ts";
import { profileChecksum } from "../../profile/profile.ts";
import { measureCoverage, shareNotCorrected } from "../../sample/light-in-gaps.ts";
import { leaveUnusableOut } from "../../sample/read-overlaps.ts";
import { type Coverage, describeCoverage, describeMissing, type MissingChunks } from "../../tiles/coverage.ts";
import { version } from "../../version.ts";
import { measureFlatfield } from "../plane-measures.ts";
import { type CorrectionRecord, readCorrectionRecord } from "./correction-record.ts";
import { verdictOfImage } from "./decide-verdict.ts";
import { type MeasuredChannel, measureChannel } from "./measure-channel.ts";
import { type CheckPlan, lastCommonLevel, planCheck } from "./plan-check.ts";
import { type AppliedProfile, explainFigures, type QualityReport } from "./quality-report.ts";
import { raiseFlags } from "./raise-flags.ts";
import { readCheck, withBackground } from "./read-check.ts";

/** A request for a check. */
interface CheckRequest {
  readonly source: SourceLocation;
  readonly corrected: SourceLocation;
  readonly parameters: Pick<CheckParameters, "channels" | "seed">;
  /** The folder of the profiles that were used, where known. */
  readonly models?: Location;
  /** The profiles that were used, where available. */
  readonly profiles?: readonly ChannelProfile[];
}

/** A check with the data behind its figures, for pictures. */
export interface Check {
  readonly report: QualityReport;
  readonly source: Acquisition;
  /** The corrected image, with the source's tiles. */
  readonly corrected: Acquisition;
  readonly plan: CheckPlan;
  readonly channels: readonly CheckedChannel[];
  readonly record?: CorrectionRecord;
  /** The profiles that were used, where known. */
  readonly profiles: readonly ChannelProfile[];
}

/** A channel of both images, by index. */
export interface CheckedChannel extends MeasuredChannel {
  readonly inSource: number;
  readonly inCorrected: number;
}

/**
 * Compares a corrected image with its source, by whichever program it was corrected. Reads the same planes of both, drawn by the seed;
 * needs some 200 MB beside a chunk.
 * @throws IsoluxError `invalid` where the two do not match, and for all that prevents reading them
 */
export async function checkLocated(request: CheckRequest, hooks: RunHooks): Promise<Check> {
  const { seed } = request.parameters;
  const notes: string[] = [];
  const { acquisition: source } = await openConfirmed(request.source, hooks, "warn");
  const opened = await openLocated({ ...request.corrected, tileTable: false }, { report: () => {} });
  const corrected: Acquisition = { ...withLevels(opened.acquisition), tiles: source.tiles };
  const plan = planCheck(source, lastCommonLevel(source, corrected), seed);
  const pairs = matchChannels(selectChannels(source, request.parameters.channels), source, corrected, notes);
  const record = await readCorrectionRecord(request.corrected);
  const profiles = request.profiles ?? (await readModels(request, source, pairs, hooks));
  const coverage = await measureCoverage(source);
  const missing = await findMissing(source, corrected, record);
  const channels: CheckedChannel[] = [];
  for (const [index, pair] of pairs.entries()) {
    hooks.report({ kind: "stage", text: `Comparing ${pair.channel.label}` });
    const onShare = (share: number) =>
      hooks.report({ kind: "progress", stage: "Comparing", done: index + share, total: pairs.length });
    const read = { signal: hooks.signal, onShare };
    channels.push(
      await compareChannel(pair, { source, corrected, plan, record, profiles, missing, seed, notes }, read),
    );
  }
  const qualities = channels.map(({ quality }) => quality);
  const report: QualityReport = {
    format: 1,
    version,
    source: source.location,
    corrected: corrected.location,
    verdict: verdictOfImage(qualities),
    channels: qualities,
    flags: [...flagLeftOut(coverage, missing), ...raiseFlags(source, channels, record)],
    level: plan.level,
    fieldYx: plan.fieldYx,
    tileCount: source.tiles.length,
    coverage,
    seed,
    notes: [...notes, ...explainFigures(qualities)],
  };
  return { report, source, corrected, plan, channels, record, profiles };
}

/** What the channels of two images are compared by. */
interface Comparison extends Pick<Check, "source" | "corrected" | "plan" | "record" | "profiles"> {
  readonly missing: MissingOfBoth;
  readonly seed: number;
  /** What there is to say of the comparison is added to these. */
  readonly notes: string[];
}

/** Reads a channel of both images, and measures it. @param onShare is told how much of it is read */
async function compareChannel(
  { channel, inCorrected }: ChannelPair,
  { source, corrected, plan, record, profiles, missing, seed, notes }: Comparison,
  { signal, onShare }: { readonly signal: AbortSignal; readonly onShare: (share: number) => void },
): Promise<CheckedChannel> {
  const hooksOf = (half: number) => ({
    signal,
    onChunk: (done: number, total: number) => onShare((half + done / total) / 2),
  });
  const before = await readCheck(source, channel.index, plan, hooksOf(0));
  const after = withBackground(
    await readCheck(corrected, inCorrected, plan, hooksOf(1)),
    takenOff(record, channel.label, notes),
  );
  leaveUnusableOut(before.patches, after.patches);
  const lacking = Math.max(missing.source?.share ?? 0, missing.corrected?.share ?? 0);
  const known = profiles.filter(({ target }) => target.channel.index === channel.index);
  const measured = await measureChannel({
    label: channel.label,
    channel: channel.index,
    plan,
    tiles: source.tiles,
    leftOut: 1 - (1 - lacking) * (1 - (await shareNotCorrected(source, channel.index))),
    before,
    after,
    profiles: known.map(describeProfile),
    factorZ: source.levels[plan.level]!.factorsZyx[0],
    seed,
  });
  return { ...measured, inSource: channel.index, inCorrected };
}

/** Chunks that are missing in either image, as far as light around them tells. */
interface MissingOfBoth {
  readonly source: MissingChunks | undefined;
  readonly corrected: MissingChunks | undefined;
}

/** Pixels of the source in no tile of its table, which were not compared, and those whose chunks are missing. */
function flagLeftOut(coverage: Coverage, { source, corrected }: MissingOfBoth): QualityFlag[] {
  const left = describeCoverage(coverage, "copied").filter(({ kind }) => kind === "warning");
  // What the source lacks, the corrected image lacks with it
  const isOwn = corrected !== undefined && corrected.chunks !== source?.chunks;
  const texts = [
    ...left.map(({ text }) => text),
    ...(source === undefined ? [] : [describeMissing(source)]),
    ...(isOwn ? [describeMissing(corrected, "corrected image")] : []),
  ];
  return texts.map((text) => ({ kind: "uncorrected", channels: [], text }));
}

/** Chunks that are missing in both images: what was missing when the image was corrected may be there now. */
async function findMissing(
  source: Acquisition,
  corrected: Acquisition,
  record: CorrectionRecord | undefined,
): Promise<MissingOfBoth> {
  const { missing } = await fingerprintWithGaps(source);
  return { source: record?.missing ?? missing, corrected: (await fingerprintWithGaps(corrected)).missing };
}

/** The background that was subtracted by a channel's record, the same in all of it; 0 where there is none. */
function takenOff(record: CorrectionRecord | undefined, label: string, notes: string[]): number {
  const own = record?.channels.filter((channel) => channel.label === label).map(({ subtracted }) => subtracted) ?? [];
  const [first = 0, ...others] = own;
  if (first === 0 || others.some((counts) => counts !== first)) return 0;
  notes.push(
    `${label}: the background of ${Math.round(first)} counts that was subtracted is added back for the comparison.`,
  );
  return first;
}

/** A copy of the acquisition's fields, which may be an object or a class. */
function withLevels(acquisition: Acquisition): Acquisition {
  const { location, type, channels, levels, tiles, hasTileTable, pixelSizeUmZyx } = acquisition;
  const sourceObjects = () => acquisition.sourceObjects();
  return { location, type, channels, levels, tiles, hasTileTable, pixelSizeUmZyx, sourceObjects };
}

interface ChannelPair {
  readonly channel: ChannelMetadata;
  readonly inCorrected: number;
}

/** Pairs channels of equal labels or, where the images have equally many, those of equal index. */
function matchChannels(
  asked: readonly ChannelMetadata[],
  source: Acquisition,
  corrected: Acquisition,
  notes: string[],
): ChannelPair[] {
  const pairs = asked.flatMap((channel): ChannelPair[] => {
    const byLabel = corrected.channels.find(({ label }) => label === channel.label);
    const sameCount = source.channels.length === corrected.channels.length;
    const found = byLabel?.index ?? (sameCount ? channel.index : undefined);
    if (found === undefined) notes.push(`The corrected image has no channel ${channel.label}: it was left out.`);
    return found === undefined ? [] : [{ channel, inCorrected: found }];
  });
  if (pairs.length > 0) return pairs;
  throw noCommonChannel(source, corrected);
}

function noCommonChannel(source: Acquisition, corrected: Acquisition): IsoluxError {
  const labels = (acquisition: Acquisition) => acquisition.channels.map(({ label }) => label).join(", ");
  return new IsoluxError({
    kind: "invalid",
    what: "The two images have no channel in common",
    where: corrected.location,
    found: labels(corrected),
    expected: labels(source),
  });
}

async function readModels(
  { models }: CheckRequest,
  source: Acquisition,
  pairs: readonly ChannelPair[],
  hooks: RunHooks,
): Promise<ChannelProfile[]> {
  if (models === undefined) return [];
  const targets = profileTargets(
    source,
    pairs.map(({ channel }) => channel),
    "separate",
  );
  return readGivenProfiles(source, targets, models, hooks);
}

function describeProfile({ target, profile }: ChannelProfile): AppliedProfile {
  return {
    side: target.side,
    origin: "known",
    measures: measureFlatfield(profile.flatfield, profile.shapeYx),
    sha256: profileChecksum(profile),
  };
}
