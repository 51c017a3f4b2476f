/** A verdict and what goes with it, in words. */
import { formatPercent } from "../../quantities.ts";
import type { ChannelQuality, QualityReport, VerdictKind } from "./quality-report.ts";

/** A verdict in a word or two. */
export function verdictWord(kind: VerdictKind): string {
  return kind === "improved" ? "Improved" : kind === "worse" ? "Worse" : "No gain";
}

/** What there is to say of the images beside the verdict: what was noticed, with the channels, then notes. */
export function remarksOf({ flags, notes }: QualityReport): string[] {
  const noticed = flags.map(({ channels, text }) => (channels.length === 0 ? text : `${channels.join(", ")}: ${text}`));
  return [...noticed, ...notes];
}

const lineWords: Readonly<Record<VerdictKind, string>> = {
  improved: "better",
  "no-gain": "no gain that can be told",
  worse: "worse than the source",
};

/**
 * The verdict on a channel in one line: what it is, the seams, and how far the profile is off.
 * @param isOnly whether there is no other channel, so that its name need not be said
 */
export function verdictLine(
  { label, verdict, seams, votes, errors }: Pick<ChannelQuality, "label" | "verdict" | "seams" | "votes" | "errors">,
  isOnly = true,
): string {
  const { kind, confidence, reason, basis } = verdict;
  const head = `Verdict${isOnly ? "" : ` on ${label}`}: ${lineWords[kind]}, ${confidence} confidence.`;
  if (basis === "pixels") return `${head} ${reason}`;
  if (basis !== "overlaps" || seams.kind !== "measured" || votes === undefined) {
    return `${head} No tiles overlap, so nothing shows the same place twice and the error of the profile is not known. ${reason}`;
  }
  const { before, after } = seams.placed;
  const { betterCount, count } = votes.arithmetic;
  const units = count === before.pairCount ? "pairs" : "comparisons";
  const seen = `Seams ${formatPercent(before.difference)} -> ${formatPercent(after?.difference)}, better in ${betterCount} of ${count} ${units}`;
  const why = kind === "improved" ? "" : ` ${reason}`;
  return `${head} ${seen}; ${profileText(errors?.profile)}.${why}`;
}

function profileText(error: { readonly value: number; readonly low: number; readonly high: number } | undefined) {
  if (error === undefined) return "how far the profile is off is not known";
  const [value, low, high] = [error.value, error.low, error.high].map((share) => (100 * share).toPrecision(2));
  return `the profile is off by about ${Number(value)} % (${Number(low)}-${Number(high)} %)`;
}
