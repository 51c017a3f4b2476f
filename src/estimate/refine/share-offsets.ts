/**
 * One camera has one offset. The sides of a channel are one camera's: their estimates are pooled, so that all of them have
 * the same offset or none, as sides of which only one is freed of it differ in brightness where they meet. Channels may
 * be of different cameras: each keeps what it shows itself, and one that shows nothing takes what the others agree on.
 */
import type { OffsetEvidence } from "../offset/combine-offsets.ts";
import { type OffsetFinding, type OffsetSigns, offsetOf } from "./find-offset.ts";

/** What the planes and overlaps of a profile tell of the offset, and the channel of the profile. */
interface SignsOfProfile {
  readonly channel: string;
  readonly signs: OffsetSigns;
}

/** Offsets that differ by more than this many standard errors are not of one camera. */
const mostApart = 2;
/** Cameras of one microscope differ by about this many counts. */
const camerasDiffer = 2;

type Found = Extract<OffsetFinding, { kind: "found" }>;

/** The offsets of profiles, in their order. */
export function shareOffsets(profiles: readonly SignsOfProfile[]): OffsetFinding[] {
  const channels = [...new Set(profiles.map(({ channel }) => channel))].map((channel) => {
    const signs = profiles.filter((profile) => profile.channel === channel).map((profile) => profile.signs);
    const pooled = poolSigns(signs);
    return { channel, isShared: signs.length > 1, limits: pooled.limits, finding: offsetOf(pooled) };
  });
  const findings = new Map(
    channels.map((own): [string, OffsetFinding] => {
      const finding = own.finding.kind === "unknown" ? offsetOfOthers(own.limits, channels) : own.finding;
      return [own.channel, finding.kind === "found" && own.isShared ? { ...finding, isShared: true } : finding];
    }),
  );
  return profiles.map(({ channel }) => findings.get(channel)!);
}

/** The signs of several profiles of one camera as those of one. */
function poolSigns(signs: readonly OffsetSigns[]): OffsetSigns {
  if (signs.length === 1) return signs[0]!;
  const evidence = signs.flatMap((one) => one.evidence);
  const sources = [...new Set(evidence.map(({ source }) => source))];
  return {
    evidence: sources.map((source) => poolEvidence(evidence.filter((one) => one.source === source))),
    limits: {
      bound: Math.min(...signs.map(({ limits }) => limits.bound)),
      brightness: Math.min(...signs.map(({ limits }) => limits.brightness)),
    },
  };
}

/**
 * Estimates of one kind as one. What makes one of them wrong may make all of them wrong: together they are no more certain than
 * the best alone, and less where they contradict each other.
 */
function poolEvidence(estimates: readonly OffsetEvidence[]): OffsetEvidence {
  const best = estimates.reduce((a, b) => (b.standardError < a.standardError ? b : a));
  if (estimates.length === 1) return best;
  const weights = estimates.map(({ standardError }) => 1 / standardError ** 2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const offset = estimates.reduce((sum, one, at) => sum + (weights[at]! * one.offset) / total, 0);
  const apart = estimates.reduce((sum, one, at) => sum + weights[at]! * (one.offset - offset) ** 2, 0);
  const scatter = Math.sqrt(apart / (estimates.length - 1) / total);
  return { ...best, offset, standardError: Math.max(best.standardError, scatter) };
}

/** The offset that the other channels agree on, for one that shows none and cannot contradict it. */
function offsetOfOthers(
  limits: OffsetSigns["limits"],
  channels: readonly { readonly channel: string; readonly finding: OffsetFinding }[],
): OffsetFinding {
  const found = channels.flatMap(({ channel, finding }) => (finding.kind === "found" ? [{ channel, finding }] : []));
  const best = found.reduce<(typeof found)[number] | undefined>(
    (a, b) => (a === undefined || b.finding.standardError < a.finding.standardError ? b : a),
    undefined,
  );
  if (best === undefined) return { kind: "unknown" };
  const { offset } = best.finding;
  const standardError = Math.hypot(best.finding.standardError, camerasDiffer);
  const areAlike = found.every(({ finding }) => !isApart(finding, best.finding));
  const signs = { evidence: [{ source: "overlaps", offset, standardError } as const], limits };
  const isPossible = offset <= limits.bound && offsetOf(signs).kind === "found";
  return areAlike && isPossible
    ? { kind: "found", offset, standardError, ofChannel: best.channel }
    : { kind: "unknown" };
}

function isApart(a: Found, b: Found): boolean {
  return Math.abs(a.offset - b.offset) > mostApart * Math.hypot(a.standardError, b.standardError, camerasDiffer);
}
