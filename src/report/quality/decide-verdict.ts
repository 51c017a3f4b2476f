import type { Change, Verdict, VerdictKind } from "./quality-report.ts";

/** What a verdict on a channel is made from. */
export interface Evidence {
  readonly isUnchanged: boolean;
  /** Share of the corrected values' variance that one profile for all planes explains; 0 where none does. */
  readonly explained: number;
  readonly correlation: number;
  readonly zeroedShare: number;
  readonly overlapChange?: Change | undefined;
  readonly edgeChange?: Change | undefined;
  readonly flatnessChange?: Change | undefined;
}

/** Less of a change than this is none, however sure it is. */
const leastChange = 0.05;
const leastCertainty = 0.9;
/** Flatness of the mean also depends on where the sample lies: it is never surer than this. */
const mostCertainOfFlatness = 0.8;
/** Where this share of the pixels was set to 0, no seam can speak for the correction. */
const mostZeroed = 0.6;

/** Decides whether a correction helped in a channel. The surest evidence that there is decides. */
export function decideVerdict(evidence: Evidence): Verdict {
  const { overlapChange, edgeChange, flatnessChange } = evidence;
  const atOnce = obviousVerdict(evidence);
  if (atOnce !== undefined) return atOnce;
  if (overlapChange !== undefined) return verdictOf(overlapChange, "overlaps");
  const edges = edgeChange && verdictOf(edgeChange, "edges");
  if (edges !== undefined && edges.kind !== "no-gain") return edges;
  if (flatnessChange !== undefined) {
    const verdict = verdictOf(flatnessChange, "flatness");
    return { ...verdict, certainty: Math.min(verdict.certainty, mostCertainOfFlatness) };
  }
  const reason = "Nothing in the images tells whether the correction helped.";
  return edges ?? { kind: "no-gain", reason, basis: "flatness", certainty: 0.5 };
}

function obviousVerdict({ isUnchanged, explained, correlation, zeroedShare }: Evidence): Verdict | undefined {
  const basis = "pixels" as const;
  if (isUnchanged) return { kind: "no-gain", reason: "The pixels are those of the source.", basis, certainty: 1 };
  if (!(correlation >= 0.5) && !(explained >= 0.5)) {
    const reason = "The corrected image does not show what the source shows: no flat-field turns one into the other.";
    return { kind: "worse", reason, basis, certainty: 1 };
  }
  if (zeroedShare <= mostZeroed) return undefined;
  const reason = `${Math.round(100 * zeroedShare)} % of the pixels were set to 0: too much was subtracted.`;
  return { kind: "worse", reason, basis, certainty: 1 };
}

/** What changed, as sentences say it. */
const words = {
  overlaps: {
    less: "Where neighbouring tiles show the same tissue, shading makes them differ by SIZE less",
    more: "Where neighbouring tiles show the same tissue, shading makes them differ by SIZE more",
    same: "Where neighbouring tiles show the same tissue, they differ about as much as before (CHANGE)",
    units: "comparisons",
  },
  edges: {
    less: "Steps where tiles meet are SIZE smaller",
    more: "Steps where tiles meet are SIZE larger",
    same: "Steps where tiles meet are about as large as before (CHANGE)",
    units: "edges",
  },
  flatness: {
    less: "On average over the planes the field is by SIZE more even",
    more: "On average over the planes the field is by SIZE less even",
    same: "On average over the planes the field is about as even as before (CHANGE)",
    units: "planes",
  },
} as const;

function verdictOf(change: Change, basis: keyof typeof words): Verdict {
  const kind = kindOf(change);
  const { mean, count, betterCount, worseCount, certainty } = change;
  const { units, ...texts } = words[basis];
  const size = `${Math.round(100 * Math.abs(mean))} %`;
  const text = kind === "no-gain" ? texts.same : mean < 0 ? texts.less : texts.more;
  const counts = `better in ${betterCount}, worse in ${worseCount} of ${count} ${units}`;
  const reason = `${text.replace("SIZE", size).replace("CHANGE", `${mean < 0 ? "-" : "+"}${size}`)}: ${counts}.`;
  // A small change is surely no gain; a large one that may be chance is half a guess.
  const small = Math.abs(mean) < leastChange;
  return { kind, reason, basis, certainty: kind === "no-gain" ? (small ? 1 - 2 ** -count : 0.5) : certainty };
}

function kindOf({ mean, certainty, count }: Change): VerdictKind {
  const isSure = certainty >= Math.min(leastCertainty, 1 - 2 ** -count);
  if (!isSure || Math.abs(mean) < leastChange) return "no-gain";
  return mean < 0 ? "improved" : "worse";
}

/** The verdict on an image: the worst of its channels, else the best. */
export function verdictOfImage(channels: readonly { readonly label: string; readonly verdict: Verdict }[]): Verdict {
  const order: readonly VerdictKind[] = ["worse", "improved", "no-gain"];
  const kind = order.find((candidate) => channels.some(({ verdict }) => verdict.kind === candidate)) ?? "no-gain";
  const decisive = channels.filter(({ verdict }) => verdict.kind === kind);
  const [first] = decisive;
  const least = decisive.reduce((a, b) => (b.verdict.certainty < a.verdict.certainty ? b : a), first!);
  if (channels.length === 1) return first!.verdict;
  const reason = decisive.map(({ label, verdict }) => `${label}: ${verdict.reason}`).join(" ");
  return { ...least.verdict, kind, reason };
}
