/** Channels that a choice does not improve: they are left as they are, while others are corrected. */
import { improvement, isBetter } from "../estimate/refine/held-out.ts";
import { leastGain } from "./choose.ts";
import type { PairScore, PairScores } from "./score-pairs.ts";
import type { Subject } from "./subject.ts";

/** The tiles of a profile: their channel, and the number of their pairs. */
type PairOwner = {
  readonly target: { readonly channel: Pick<Subject["target"]["channel"], "label"> };
  readonly overlaps: Pick<Subject["overlaps"], "pairCount">;
};

/** Scores with their choice. */
type Choice = Pick<PairScores, "pairs" | "chosen" | "heldOut"> & {
  readonly candidates: readonly Pick<PairScore, "figures">[];
};

/**
 * The scores; with no correction as the choice where the choice improves none of the channels. So it happens where all
 * pairs together favour a candidate, but not the pairs that had no part in choosing it.
 */
export function unlessUnchanged<Scores extends Choice>(subjects: readonly PairOwner[], scores: Scores): Scores {
  if (unchangedChannels(subjects, scores).length < labelsOf(subjects).length) return scores;
  return { ...scores, chosen: 0, heldOut: scores.candidates[0]!.figures };
}

/** Channels whose own pairs are not better by more than a standard error, and by more than profiles are wrong by. */
export function unchangedChannels(
  subjects: readonly PairOwner[],
  { candidates, heldOut, pairs }: Omit<Choice, "chosen">,
): string[] {
  const raw = candidates[0]!.figures;
  return labelsOf(subjects).filter((label) => {
    const own = pairsOf(subjects, label, pairs);
    const gain = improvement(raw, heldOut, own);
    return own.length > 1 && !(isBetter(gain) && gain.mean > leastGain);
  });
}

function labelsOf(subjects: readonly PairOwner[]): string[] {
  return [...new Set(subjects.map(({ target }) => target.channel.label))];
}

/** The pairs of a channel's tiles; those of all subjects are numbered one after the other. */
function pairsOf(subjects: readonly PairOwner[], label: string, pairs: readonly number[]): number[] {
  let first = 0;
  return subjects.flatMap(({ target, overlaps }) => {
    const [from, to] = [first, first + overlaps.pairCount];
    first = to;
    return target.channel.label === label ? pairs.filter((pair) => pair >= from && pair < to) : [];
  });
}
