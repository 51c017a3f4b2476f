/** The verdict at the end of a run: on profiles that are known, without reading an output again. */
import type { RunHooks } from "../../parameters/run-events.ts";
import type { ChannelVerdict, VerdictSummary } from "../../parameters/verdict-summary.ts";
import type { ChannelProfile } from "../../pipeline/channel-profile.ts";
import type { VerdictSubject } from "../../pipeline/report-writer.ts";
import { verdictOfImage } from "./decide-verdict.ts";
import { measureChannel } from "./measure-channel.ts";
import { planQuickCheck } from "./plan-check.ts";
import type { ChannelQuality } from "./quality-report.ts";
import { readProfileCheck } from "./read-profile-check.ts";
import { verdictLine } from "./verdict-words.ts";

/**
 * Judges profiles by the overlaps and planes of their source, corrected in memory. Reads a coarse level, seconds of it.
 * @throws IsoluxError as reading does
 */
export async function verdictOfProfiles(subject: VerdictSubject, hooks: RunHooks): Promise<VerdictSummary> {
  const { profiles } = subject;
  const indices = [...new Set(profiles.map(({ target }) => target.channel.index))];
  const qualities: ChannelQuality[] = [];
  for (const index of indices) {
    const ofChannel = profiles.filter(({ target }) => target.channel.index === index);
    qualities.push(await qualityOf(subject, ofChannel, hooks));
  }
  const channels = qualities.map((quality) => channelVerdict(quality, qualities.length === 1));
  const { kind, confidence, certainty, reason } = verdictOfImage(qualities);
  const text = channels.map((channel) => channel.text).join("\n");
  return { kind, confidence, certainty, reason, text, channels };
}

async function qualityOf(
  { acquisition, background, seed, clipped }: VerdictSubject,
  profiles: readonly ChannelProfile[],
  { report, signal }: RunHooks,
): Promise<ChannelQuality> {
  const { channel } = profiles[0]!.target;
  report({ kind: "stage", text: `Judging the profile of ${channel.label}` });
  const plan = planQuickCheck(acquisition, seed);
  const onChunk = (done: number, total: number) => report({ kind: "progress", stage: "Judging", done, total });
  const pixels = await readProfileCheck(acquisition, profiles, background, plan, { signal, onChunk });
  const share = clipped?.get(channel.label);
  const { quality } = await measureChannel({
    label: channel.label,
    channel: channel.index,
    plan,
    tiles: acquisition.tiles,
    ...pixels,
    profiles: [],
    factorZ: acquisition.levels[plan.level]!.factorsZyx[0],
    seed,
    ...(share && { clipped: share }),
  });
  return quality;
}

function channelVerdict(quality: ChannelQuality, isOnly: boolean): ChannelVerdict {
  const { label, verdict, seams, votes, errors } = quality;
  const { kind, confidence, certainty, reason } = verdict;
  const figures = seams.kind === "measured" && votes !== undefined ? seams.placed : undefined;
  return {
    label,
    kind,
    confidence,
    certainty,
    reason,
    text: verdictLine(quality, isOnly),
    ...(figures?.after && {
      seams: {
        before: figures.before.difference,
        after: figures.after.difference,
        betterCount: votes!.arithmetic.betterCount,
        count: votes!.arithmetic.count,
        ofPairs: votes!.arithmetic.count === figures.before.pairCount,
      },
    }),
    ...(errors && { profileError: errors.profile }),
  };
}
