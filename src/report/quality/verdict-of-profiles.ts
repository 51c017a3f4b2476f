/** The verdict at the end of a run: on profiles that are known, without reading an output again. */
import { fullResolution } from "../../acquisition/acquisition.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { ChannelVerdict, VerdictSummary } from "../../parameters/verdict-summary.ts";
import type { ChannelProfile } from "../../pipeline/channel-profile.ts";
import type { VerdictSubject } from "../../pipeline/report-writer.ts";
import { coverageOf, shareLeftOut } from "../../tiles/coverage.ts";
import { reportSeams, type SeamFigures, type SeamReport } from "../seam-report.ts";
import { verdictOfImage } from "./decide-verdict.ts";
import { type JudgedChannel, judgeChannel } from "./judge-channel.ts";
import { planQuickCheck } from "./plan-check.ts";
import type { PairVotes } from "./quality-report.ts";
import { readProfileCheck } from "./read-profile-check.ts";
import { limits } from "./verdict-evidence.ts";
import { verdictLine } from "./verdict-words.ts";

/** A judged channel with its seams. */
interface JudgedProfile extends JudgedChannel {
  readonly label: string;
  readonly seams: SeamReport;
}

/**
 * Judges profiles by the overlaps and planes of their source, corrected in memory. Reads a coarse level, seconds of it.
 * @throws IsoluxError as reading does
 */
export async function verdictOfProfiles(subject: VerdictSubject, hooks: RunHooks): Promise<VerdictSummary> {
  const { profiles } = subject;
  const judged: JudgedProfile[] = [];
  for (const index of new Set(profiles.map(({ target }) => target.channel.index))) {
    const ofChannel = profiles.filter(({ target }) => target.channel.index === index);
    judged.push(await judgeProfile(subject, ofChannel, hooks));
  }
  const channels = judged.map((channel) => channelVerdict(channel, judged.length === 1));
  const { kind, confidence, certainty, reason } = verdictOfImage(judged);
  return { kind, confidence, certainty, reason, text: channels.map(({ text }) => text).join("\n"), channels };
}

async function judgeProfile(
  { acquisition, background, seed, clipped }: VerdictSubject,
  profiles: readonly ChannelProfile[],
  { report, signal }: RunHooks,
): Promise<JudgedProfile> {
  const { index: channel, label } = profiles[0]!.target.channel;
  report({ kind: "stage", text: `Judging the profile of ${label}` });
  const plan = planQuickCheck(acquisition, seed);
  const onChunk = (done: number, total: number) => report({ kind: "progress", stage: "Judging", done, total });
  const share = clipped?.get(label);
  // A background that was taken off on purpose is not held against the profile, unless it took the sample with it.
  const isWhole = (share?.low ?? 0) <= limits.zeroed;
  const taken = isWhole ? "keep" : background;
  const pixels = await readProfileCheck(acquisition, profiles, taken, plan, { signal, onChunk });
  const { tiles } = acquisition;
  const leftOut = shareLeftOut(coverageOf(tiles, fullResolution(acquisition).shapeZyx));
  const judged = judgeChannel({ channel, plan, tiles, leftOut, ...pixels, seed, ...(share && { clipped: share }) });
  return { ...judged, label, seams: reportSeams(plan.overlaps, pixels.before.patches, pixels.after.patches) };
}

function channelVerdict(channel: JudgedProfile, isOnly: boolean): ChannelVerdict {
  const { label, verdict, seams, votes, light } = channel;
  const { kind, confidence, certainty, reason } = verdict;
  const figures = seams.kind === "measured" ? seams.placed : undefined;
  const errors = light?.errors;
  return {
    ...{ label, kind, confidence, certainty, reason },
    text: verdictLine({ label, verdict, seams, ...(votes && { votes }), ...(errors && { errors }) }, isOnly),
    ...(figures?.after && votes && { seams: seamsOf(figures.before, figures.after, votes) }),
    ...(errors && { profileError: errors.profile }),
  };
}

function seamsOf(
  before: SeamFigures,
  after: SeamFigures,
  { arithmetic }: PairVotes,
): NonNullable<ChannelVerdict["seams"]> {
  const { betterCount, count } = arithmetic;
  return {
    before: before.difference,
    after: after.difference,
    betterCount,
    count,
    ofPairs: count === before.pairCount,
  };
}
