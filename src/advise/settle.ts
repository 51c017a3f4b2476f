/** Settles on one of the candidates that were scored: by all pairs, and for each fold of them by the others. */
import { concatenate } from "../concatenate.ts";
import { figuresBesideGains, usualFolds } from "../estimate/refine/cross-validate.ts";
import { foldsOf, improvement, isBetter, meanOver } from "../estimate/refine/held-out.ts";
import { disagreement } from "../estimate/refine/overlap-data.ts";
import type { RefinementReport } from "../estimate/refine/refinement-report.ts";
import type { ProfileEstimate } from "../pipeline/profiles/estimate-stack.ts";
import { choiceBy, leastGain, type Profiles, ruleOf, type Scored } from "./choose.ts";
import type { Recipe } from "./recipe.ts";
import { noShading, type Subject } from "./subject.ts";

/** A candidate with the figure of every pair, made without that pair where it uses pairs. */
export interface PairScore extends Scored {
  readonly recipe: Recipe;
  /** The figures less what gains of tiles explain, where that is known. */
  readonly besideGains?: Float64Array;
  /** The estimates of a run, by subject; `undefined` for profiles that are no estimates. */
  readonly estimates: readonly (ProfileEstimate | undefined)[];
  /** By fold: the profiles by the other pairs. */
  readonly ofFolds: readonly Profiles[];
}

/** The scores; pairs of all subjects are numbered one after the other. */
export interface PairScores {
  readonly pairs: readonly number[];
  readonly candidates: readonly PairScore[];
  /** Which of the candidates is best. */
  readonly chosen: number;
  /** The figure of every pair by the choice of the other folds. */
  readonly heldOut: Float64Array;
  readonly folds: readonly { readonly pairs: readonly number[]; readonly profiles: Profiles }[];
  /** Whether figures are less what the brightness of tiles explains, which no profile changes. */
  readonly areBesideGains: boolean;
}

/** How a choice is made. */
interface SettleOptions {
  readonly hasGains?: boolean;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/**
 * Settles on a candidate; beside the gains of tiles where these hide that one is better than no correction, or where planes show
 * that light fades from tile to tile: a tilt of a profile would hide that.
 * @param candidates no correction first
 */
export async function settle(
  subjects: readonly Subject[],
  candidates: readonly PairScore[],
  pairs: readonly number[],
  options: SettleOptions,
): Promise<PairScores> {
  const asTheyAre = settleBy(subjects, candidates, pairs, options.seed);
  const isHidden = !options.hasGains && (asTheyAre.chosen === 0 ? areUnequal(candidates) : areSeenUnequal(candidates));
  if (!isHidden) return { ...asTheyAre, areBesideGains: false };
  const lessened = settleBy(subjects, await lessGains(subjects, candidates, pairs, options), pairs, options.seed);
  return lessened.chosen === 0 ? { ...asTheyAre, areBesideGains: false } : { ...lessened, areBesideGains: true };
}

function settleBy(
  subjects: readonly Subject[],
  candidates: readonly PairScore[],
  pairs: readonly number[],
  seed: number,
): Omit<PairScores, "areBesideGains"> {
  const rule = ruleOf(subjects, candidates);
  const heldOut = candidates[0]!.figures.map(() => Number.NaN);
  const folds = foldsOfSubjects(subjects, seed).map((held, fold) => {
    const seen = pairs.filter((pair) => !held.includes(pair));
    const choice = candidates[choiceBy(rule, seen.length > 1 ? seen : pairs)]!;
    for (const pair of held) heldOut[pair] = choice.figures[pair]!;
    return { pairs: held, profiles: choice.ofFolds[fold]! };
  });
  const { chosen, ...rest } = unlessUnchanged(subjects, { pairs, candidates, chosen: choiceBy(rule, pairs), heldOut });
  return { pairs, candidates, chosen, heldOut: rest.heldOut, folds };
}

/** The pairs of every fold, of all subjects; the same folds as refinements have. */
function foldsOfSubjects(subjects: readonly Subject[], seed: number): number[][] {
  const folds: number[][] = Array.from({ length: usualFolds }, () => []);
  let first = 0;
  for (const subject of subjects) {
    for (const [fold, held] of foldsOfSubject(subject, seed).entries()) {
      folds[fold]!.push(...held.map((pair) => pair + first));
    }
    first += subject.overlaps.pairCount;
  }
  return folds;
}

function foldsOfSubject(subject: Subject, seed: number): number[][] {
  const figures = disagreement(subject.overlaps, noShading(subject));
  const pairs = [...figures.keys()].filter((pair) => Number.isFinite(figures[pair]!));
  return foldsOf(pairs, Math.min(usualFolds, pairs.length), seed);
}

// Tiles that differ in brightness hide the shading that a profile takes away.

/** Tiles differ in brightness from this standard deviation of their log gains on. */
const leastGains = 0.02;

/** Whether tiles differ in brightness by the estimates of a candidate. */
function areUnequal(candidates: readonly PairScore[]): boolean {
  return candidates.some(({ estimates }) => estimates.some((estimate) => hasGains(estimate?.refinement)));
}

/** Whether planes show it, too. */
function areSeenUnequal(candidates: readonly PairScore[]): boolean {
  return candidates.some(({ estimates }) =>
    estimates.some((estimate) => estimate?.refinement?.areGainsSeen === true && hasGains(estimate.refinement)),
  );
}

function hasGains(refinement: RefinementReport | undefined): boolean {
  return (refinement?.gainSpread ?? 0) >= leastGains;
}

/**
 * Candidates with figures of what gains of tiles leave of the differences of neighbours; with none where neighbours differ
 * more than without a correction as long as gains are not applied.
 * @param candidates no correction first
 */
async function lessGains(
  subjects: readonly Subject[],
  candidates: readonly PairScore[],
  pairs: readonly number[],
  options: { readonly seed: number; readonly signal: AbortSignal },
): Promise<PairScore[]> {
  const before = meanOver(candidates[0]!.figures, pairs);
  const lessened: PairScore[] = [];
  for (const score of candidates) {
    const figures = score.besideGains ?? (await figuresLessGains(subjects, score.profiles, options));
    const isWorse = meanOver(score.figures, pairs) > before;
    lessened.push({ ...score, figures: isWorse ? figures.map(() => Number.NaN) : figures });
  }
  return lessened;
}

async function figuresLessGains(
  subjects: readonly Subject[],
  profiles: Profiles,
  options: { readonly seed: number; readonly signal: AbortSignal },
): Promise<Float64Array> {
  const figures: Float64Array[] = [];
  for (const [index, subject] of subjects.entries()) {
    figures.push(await figuresBesideGains(profiles[index] ?? noShading(subject), subject.overlaps, options));
  }
  return concatenate(Float64Array, figures);
}

// Channels that a choice does not improve.

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
