/**
 * Scores ways to a profile by overlaps, each pair of tiles by profiles that were made without it. Given profiles, empty
 * regions and BaSiC do not use pairs; refinements do, and are repeated for every fold of the pairs without them.
 */
import { concatenate } from "../concatenate.ts";
import { IsoluxError } from "../errors.ts";
import { figuresBesideGains, usualFolds } from "../estimate/refine/cross-validate.ts";
import { meanOver } from "../estimate/refine/held-out.ts";
import { disagreement } from "../estimate/refine/overlap-data.ts";
import { refineByOverlaps, type ValidatedRefinement } from "../estimate/refine/refine.ts";
import { hasDarkfield, type ProfileEstimate } from "../pipeline/profiles/estimate-stack.ts";
import type { Profile } from "../profile/profile.ts";
import { bestFit, holdsTissue } from "./choose.ts";
import { losesImage } from "./lost-image.ts";
import type { Recipe } from "./recipe.ts";
import { type PairScore, type PairScores, settle } from "./settle.ts";
import { makeEstimate, makeProfile, noShading, type Subject, subsampled } from "./subject.ts";

/** How candidates are scored. */
export interface ScoreRequest {
  /** The simplest and most careful first; no correction is the first. */
  readonly recipes: readonly Recipe[];
  /**
   * Whether fits of BaSiC are compared with each other on small planes, not only on few: the best of them is made from
   * all, and compared with the rest.
   */
  readonly isBounded: boolean;
  /**
   * Whether gains of tiles are applied beside a profile: a correction is then scored by what they leave, and no correction by
   * the image as it is.
   */
  readonly hasGains?: boolean;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called after every candidate of every subject. */
  readonly onStep: () => void;
}

/** Scores candidates, chooses one, and evaluates the choice. @throws IsoluxError `interrupted`, `estimation` */
export async function scoreByPairs(subjects: readonly Subject[], request: ScoreRequest): Promise<PairScores> {
  const tried: PairScore[] = [];
  const isWhole = screenedBy(subjects, request).every((subject, at) => subject === subjects[at]);
  for (const recipe of request.recipes) {
    const isFit = recipe.origin.kind === "basic";
    const score = await scoreRecipe(isFit ? screenedBy(subjects, request) : subjects, recipe, request);
    if (score !== undefined) tried.push({ ...score, isScreened: isFit && !isWhole });
  }
  const raw = tried[0]!.figures;
  const pairs = [...raw.keys()].filter((pair) => Number.isFinite(raw[pair]!));
  if (pairs.length === 0) throw nothingToSee(subjects);
  const best = await withBestFit(subjects, withDoubts(tried, pairs), pairs, request);
  return settle(subjects, withDoubts(best, pairs), pairs, request);
}

/** Marks the fits whose flat-field holds tissue. */
function withDoubts(scores: readonly PairScore[], pairs: readonly number[]): PairScore[] {
  const alone = scores.find(({ recipe }) => recipe.origin.kind === "even");
  return scores.map((score) => {
    if (alone === undefined || score.recipe.origin.kind !== "basic") return score;
    return { ...score, holdsTissue: holdsTissue(score, scores[0]!, alone, pairs) };
  });
}

/** The number of planes of fits that are compared with each other, and their largest size in a bounded search. */
const screening = { planes: 100, boundedPx: 64 } as const;

/** Subjects whose fits take a fraction of the time. */
function screenedBy(subjects: readonly Subject[], { isBounded }: ScoreRequest): readonly Subject[] {
  const fewer = subjects.map(withFewPlanes);
  return isBounded ? fewer.map((subject) => ({ ...subject, mostFitPx: screening.boundedPx })) : fewer;
}

/** A subject with as many planes as fits that are compared with each other are made from. */
export function withFewPlanes(subject: Subject): Subject {
  const step = Math.ceil(subject.planes.planeCount / screening.planes);
  return step > 1 ? { ...subject, planes: subsampled(subject.planes, step) } : subject;
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
  const best = fits[bestFit(fits, pairs)];
  const least = Math.min(...others.map(({ figures }) => meanOver(figures, pairs)));
  // What is worse on few planes than another way is not the best on all.
  const isWorthIt = best !== undefined && meanOver(best.figures, pairs) < worthTrying * least;
  const again = isWorthIt && best.isScreened ? await scoreRecipe(subjects, best.recipe, request) : undefined;
  return tried.map((score) => (score === best && again !== undefined ? again : score));
}

/** A fit on few planes may improve by this factor on all. */
const worthTrying = 1.2;

function nothingToSee(subjects: readonly Subject[]): IsoluxError {
  const isDark = (pixels: Float32Array) => pixels.every((value) => !(value < 0));
  if (
    !subjects.every(({ overlaps }) => overlaps.patches.every(({ first, second }) => isDark(first) && isDark(second)))
  ) {
    return new IsoluxError({
      kind: "estimation",
      what: "Pixels are below 0 on average where tiles overlap: a background was subtracted, which leaves no light to score a profile by",
      advice:
        "Say what an image without light would show, such as --camera-offset -400 if 500 counts were subtracted where the camera shows 100, or give a measured profile (--models-folder)",
    });
  }
  return new IsoluxError({
    kind: "estimation",
    what: "Every pixel is 0 where tiles overlap: there is nothing to score a profile by",
    advice: "Look at the image with isolux inspect",
  });
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
  const profiles = parts.map(({ profile }) => profile);
  return {
    recipe,
    figures: concatenate(
      Float64Array,
      parts.map(({ figures }) => figures),
    ),
    ...(parts.every(({ besideGains }) => besideGains !== undefined) && {
      besideGains: concatenate(
        Float64Array,
        parts.map(({ besideGains }) => besideGains!),
      ),
    }),
    profiles,
    losesImage: await losesImage(subjects, profiles),
    isScreened: false,
    estimates: parts.map(({ estimate }) => estimate),
    ofFolds: Array.from({ length: usualFolds }, (_, fold) =>
      parts.map(({ profile, ofFolds }) => (fold in ofFolds ? ofFolds[fold] : profile)),
    ),
  };
}

/** A candidate of one subject. */
interface SubjectScore {
  readonly figures: Float64Array;
  readonly besideGains?: Float64Array;
  readonly profile: Profile | undefined;
  readonly estimate?: ProfileEstimate;
  readonly ofFolds: readonly (Profile | undefined)[];
}

async function scoreSubject(
  subject: Subject,
  { origin, refined: isRefined }: Recipe,
  { seed, signal, hasGains }: ScoreRequest,
): Promise<SubjectScore | undefined> {
  const estimate = await makeEstimate(subject, origin, signal);
  const start = origin.kind === "given" ? subject.given : estimate?.profile;
  if (start === undefined && origin.kind !== "none") return undefined;
  if (estimate === undefined || !isRefined) {
    const figures =
      hasGains && start !== undefined
        ? await figuresBesideGains(start, subject.overlaps, { seed, signal })
        : disagreement(subject.overlaps, start ?? noShading(subject));
    return { figures, profile: start, ofFolds: [], estimate };
  }
  const options = { seed, signal };
  const refined = await refineSubject(subject, origin, estimate.profile, options);
  const { profile, report, ofFolds } = refined;
  return {
    figures: hasGains ? refined.gainCorrected : refined.heldOut,
    besideGains: refined.gainCorrected,
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
): Promise<ValidatedRefinement> {
  const isInDarkfield = subject.offset.kind !== "given" && origin.kind === "basic" && hasDarkfield(origin);
  return refineByOverlaps(start, subject.overlaps, {
    ...options,
    offset: isInDarkfield ? { kind: "in-darkfield" } : subject.offset,
    ...(origin.kind !== "empty" && { planes: subject.blocked }),
    refit: async (offset) => (await makeProfile(subject, origin, options.signal, offset))!,
  });
}
