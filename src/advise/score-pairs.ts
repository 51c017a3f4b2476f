/**
 * Judges ways to a profile by overlaps, each pair of tiles by profiles that it had no part in. Given profiles, empty
 * regions and BaSiC never look at pairs; refinements do, and are made anew for every fold of the pairs without them.
 */
import { IsoluxError } from "../errors.ts";
import { doubtDarkfield } from "../estimate/basic/fit-guards.ts";
import { foldsOf, meanOver, mostCareful } from "../estimate/refine/held-out.ts";
import { disagreement } from "../estimate/refine/overlap-data.ts";
import {
  fewestPairs,
  type JudgedRefinement,
  type RefinementReport,
  refineByOverlaps,
} from "../estimate/refine/refine.ts";
import type { StackEstimate } from "../pipeline/estimate-stack.ts";
import { hasDarkfield } from "../pipeline/plan-profiles.ts";
import type { Profile } from "../profile/profile.ts";
import type { Recipe } from "./recipe.ts";
import { makeEstimate, makeProfile, noShading, type Subject, thinned } from "./subject.ts";

/** How candidates are judged. */
export interface ScoreRequest {
  /** The simplest and most careful first; no correction is the first. */
  readonly recipes: readonly Recipe[];
  /**
   * Whether fits of BaSiC are compared with each other on few small planes: the best of them alone is then made from
   * all, and judged against the rest.
   */
  readonly isBounded: boolean;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told after every candidate of every subject. */
  readonly onStep: () => void;
}

/** Profiles by subject; `undefined` where pixels stay as they are. */
export type Profiles = readonly (Profile | undefined)[];

/** A candidate with the figure of every pair, made without it where it looks at pairs. */
export interface PairScore {
  readonly recipe: Recipe;
  readonly figures: Float64Array;
  readonly profiles: Profiles;
  /** What a run would make of it, by subject; `undefined` for profiles that are no estimates. */
  readonly estimates: readonly (RefinedEstimate | undefined)[];
  /** By fold: what it makes of the other pairs. */
  readonly ofFolds: readonly Profiles[];
}

/** An estimate with what its refinement found. */
export interface RefinedEstimate extends StackEstimate {
  readonly refinement?: RefinementReport;
}

/** What was found; pairs of all subjects are numbered one after the other. */
export interface PairScores {
  readonly pairs: readonly number[];
  readonly candidates: readonly PairScore[];
  /** Which of the candidates is best. */
  readonly chosen: number;
  /** Every pair by what the pairs of other folds choose. */
  readonly heldOut: Float64Array;
  readonly folds: readonly { readonly pairs: readonly number[]; readonly profiles: Profiles }[];
}

const foldCount = 5;

/** Judges candidates, chooses one, and judges the choice. @throws IsoluxError `interrupted`, `estimation` */
export async function scoreByPairs(subjects: readonly Subject[], request: ScoreRequest): Promise<PairScores> {
  const tried: PairScore[] = [];
  for (const recipe of request.recipes) {
    const isSmall = request.isBounded && recipe.origin.kind === "basic";
    const score = await scoreRecipe(isSmall ? subjects.map(screened) : subjects, recipe, request);
    if (score !== undefined) tried.push(score);
  }
  const raw = tried[0]!.figures;
  const pairs = [...raw.keys()].filter((pair) => Number.isFinite(raw[pair]!));
  if (pairs.length === 0) throw nothingToSee();
  const candidates = request.isBounded ? await withBestFit(subjects, tried, pairs, request) : tried;
  const figures = candidates.map(claimed);
  const heldOut = new Float64Array(raw.length).fill(Number.NaN);
  const folds = foldsOfSubjects(subjects, request.seed).map((held, fold) => {
    const seen = pairs.filter((pair) => !held.includes(pair));
    const choice = candidates[mostCareful(figures, seen.length > 1 ? seen : pairs)]!;
    for (const pair of held) heldOut[pair] = choice.figures[pair]!;
    return { pairs: held, profiles: choice.ofFolds[fold]! };
  });
  return { pairs, candidates, chosen: mostCareful(figures, pairs), heldOut, folds };
}

/** A dark-field that no camera has must bring neighbours so many times nearer to each other than what does without it. */
const darkHandicap = 2;

/**
 * The figures by which a candidate competes. A dark-field that takes in the sample makes seams smaller too, and is wrong
 * inside of the field, where no pair tells: a little gain speaks for that, a large one for something that is there.
 */
function claimed({ figures, profiles }: PairScore): Float64Array {
  const isDoubtful = profiles.some((profile) => profile !== undefined && doubtDarkfield(profile) !== undefined);
  return isDoubtful ? figures.map((figure) => darkHandicap * figure) : figures;
}

/** Fits are compared with each other at this size at most, and on so many planes. */
const screening = { sidePx: 64, planes: 100 };

/** A subject whose fits take a fraction of the time. */
function screened(subject: Subject): Subject {
  const step = Math.max(1, Math.ceil(subject.planes.planeCount / screening.planes));
  return { ...subject, planes: thinned(subject.planes, step), mostFitPx: screening.sidePx };
}

/** Candidates with the best fit of BaSiC made from all planes; the others as they were compared. */
async function withBestFit(
  subjects: readonly Subject[],
  tried: readonly PairScore[],
  pairs: readonly number[],
  request: ScoreRequest,
): Promise<PairScore[]> {
  const fits = tried.filter(({ recipe }) => recipe.origin.kind === "basic");
  const others = tried.filter(({ recipe }) => recipe.origin.kind !== "basic");
  const best = fits[mostCareful(fits.map(claimed), pairs)];
  const least = Math.min(...others.map(({ figures }) => meanOver(figures, pairs)));
  // What is worse on few planes than another way is not the best on all.
  const isWorthIt = best !== undefined && meanOver(best.figures, pairs) < worthTrying * least;
  const again = isWorthIt ? await scoreRecipe(subjects, best.recipe, request) : undefined;
  return tried.map((score) => (score === best && again !== undefined ? again : score));
}

/** A fit on few planes may become better by this on all. */
const worthTrying = 1.2;

/** Whether there are pairs enough to hold some out. */
export function canJudgeByPairs(subjects: readonly Subject[]): boolean {
  return subjects.reduce((sum, { overlaps }) => sum + overlaps.pairCount, 0) >= fewestPairs;
}

function nothingToSee(): IsoluxError {
  return new IsoluxError({
    kind: "estimation",
    what: "Every pixel is 0 where tiles overlap: there is nothing to judge a profile by",
    advice: "Look at the image with isolux inspect",
  });
}

/** The pairs of every fold, of all subjects; the same folds as refinements have. */
function foldsOfSubjects(subjects: readonly Subject[], seed: number): number[][] {
  const folds: number[][] = Array.from({ length: foldCount }, () => []);
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
  return foldsOf(pairs, Math.min(foldCount, pairs.length), seed);
}

/** A candidate of all subjects; `undefined` where it cannot be made for one of them. */
export async function scoreRecipe(
  subjects: readonly Subject[],
  recipe: Recipe,
  request: ScoreRequest,
): Promise<PairScore | undefined> {
  const parts: SubjectScore[] = [];
  for (const subject of subjects) {
    const part = await scoreSubject(subject, recipe, request).catch((error: unknown) => {
      if (request.signal.aborted) throw error;
      return undefined;
    });
    request.onStep();
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return {
    recipe,
    figures: concatenated(parts.map(({ figures }) => figures)),
    profiles: parts.map(({ profile }) => profile),
    estimates: parts.map(({ estimate }) => estimate),
    ofFolds: Array.from({ length: foldCount }, (_, fold) =>
      parts.map(({ profile, ofFolds }) => (fold in ofFolds ? ofFolds[fold] : profile)),
    ),
  };
}

/** A candidate of one subject. */
interface SubjectScore {
  readonly figures: Float64Array;
  readonly profile: Profile | undefined;
  readonly estimate?: RefinedEstimate;
  readonly ofFolds: readonly (Profile | undefined)[];
}

async function scoreSubject(
  subject: Subject,
  { origin, refined }: Recipe,
  { seed, signal }: ScoreRequest,
): Promise<SubjectScore | undefined> {
  const estimate = await makeEstimate(subject, origin, signal);
  const start = origin.kind === "given" ? subject.given : estimate?.profile;
  if (start === undefined && origin.kind !== "none") return undefined;
  if (estimate === undefined || !refined) {
    const figures = disagreement(subject.overlaps, start ?? noShading(subject));
    return { figures, profile: start, ofFolds: [], ...(estimate && { estimate }) };
  }
  const options = { seed, signal };
  const { profile, report, heldOut, ofFolds } = await refineSubject(subject, origin, estimate.profile, options);
  return {
    figures: heldOut,
    profile,
    estimate: { ...estimate, profile, refinement: report },
    ofFolds: ofFolds.map((fold) => fold.profile),
  };
}

function refineSubject(
  subject: Subject,
  origin: Recipe["origin"],
  start: Profile,
  options: Pick<ScoreRequest, "seed" | "signal">,
): Promise<JudgedRefinement> {
  const takesOffAll = subject.offset.kind === "given" || (origin.kind === "basic" && hasDarkfield(origin));
  return refineByOverlaps(start, subject.overlaps, {
    ...options,
    offset: takesOffAll ? { kind: "given" } : subject.offset,
    refit: async (offset) => (await makeProfile(subject, origin, options.signal, offset))!,
  });
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
