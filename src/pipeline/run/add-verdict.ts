/** The verdict at the end of a run: whether the profiles that it ends with make the image better. */
import type { RunHooks } from "../../parameters/run-events.ts";
import type { VerdictSummary } from "../../parameters/verdict-summary.ts";
import type { Platform, VerdictSubject } from "../threads/platform.ts";
import { pixelsOf } from "./losses.ts";
import type { CorrectedChannel } from "./provenance.ts";

/**
 * Assesses the profiles of a run. An image is worth more than the verdict on it: where that cannot be reached, a warning says
 * why. A correction that makes the image worse is a warning of its own.
 * @returns `undefined` where there is nothing to assess, or no function that assesses
 * @throws IsoluxError where the run is interrupted
 */
export async function addVerdict(
  { verdicts, collectGarbage }: Platform,
  subject: VerdictSubject,
  memoryBytes: number,
  hooks: RunHooks,
): Promise<VerdictSummary | undefined> {
  if (verdicts === undefined || subject.profiles.length === 0) return undefined;
  try {
    const needed = await verdicts.projectedBytes(subject);
    if (needed > memoryBytes) {
      hooks.report({ kind: "warning", text: tooLittleMemory(needed) });
      return undefined;
    }
    // What the pixels left is none of what the verdict counts
    collectGarbage?.();
    const verdict = await verdicts.assess(subject, hooks);
    if (verdict.kind === "worse") hooks.report({ kind: "warning", text: worseThanSource(verdict) });
    return verdict;
  } catch (error) {
    if (hooks.signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    hooks.report({ kind: "warning", text: `No verdict was possible. ${reason}` });
    return undefined;
  }
}

function tooLittleMemory(needed: number): string {
  const enough = `${Math.ceil(needed / 1e6)}MB`;
  return `Whether the image improves was not checked: that takes --memory ${enough}, or isolux check afterwards`;
}

function worseThanSource({ channels, confidence }: VerdictSummary): string {
  const worse = channels.filter(({ kind }) => kind === "worse").map(({ label }) => label);
  const labels = worse.join(", ");
  return confidence === "low"
    ? `This correction may make the image worse (${labels}; low confidence): look at it before you use it`
    : `THIS CORRECTION MAKES THE IMAGE WORSE (${labels}; ${confidence} confidence): use the source, or another profile`;
}

/** What a correction clipped, as shares, by label of the channel. */
export function clippedShares(corrected: readonly CorrectedChannel[]): NonNullable<VerdictSubject["clipped"]> {
  const sums = new Map<string, { low: number; high: number; pixels: number }>();
  for (const { profile, clippedLow, clippedHigh } of corrected) {
    const { label } = profile.target.channel;
    const sum = sums.get(label) ?? { low: 0, high: 0, pixels: 0 };
    sums.set(label, sum);
    sum.low += clippedLow;
    sum.high += clippedHigh;
    sum.pixels += pixelsOf(profile);
  }
  return new Map(
    [...sums].map(([label, { low, high, pixels }]) => [label, { low: low / pixels, high: high / pixels }]),
  );
}
