/** Chooses among candidates that overlaps have scored: the simplest of those that none beats, if it is worth it. */
import { doubtDarkfield } from "../estimate/basic/fit-guards.ts";
import { blocksAcross } from "../estimate/refine/dim-light.ts";
import { improvement, isBetter, meanOver, mostCareful } from "../estimate/refine/held-out.ts";
import type { Profile } from "../profile/profile.ts";
import { meanOf } from "../statistics.ts";
import { blocksOfPlane } from "./field-blocks.ts";
import { noShading, type Subject } from "./subject.ts";

/**
 * Figures that differ by less than this fraction are the same: two profiles that leave almost the same at the seams may
 * differ by much more inside of the field, where the simpler one is less likely to be wrong.
 */
const alike = 0.05;
/**
 * By how much neighbours must agree better, relative to their brightness, than without a correction: every estimated
 * profile is wrong by as much somewhere.
 */
export const leastGain = 0.003;
/** How many times smaller the differences must be with a dark-field that no camera has than without one. */
const darkHandicap = 2;
/**
 * Where overlaps cannot distinguish candidates, the light in dim planes may: with the better one it is even to within
 * `most`, and more even than with the other by the factor `times` and by the share `less`. `alike` is how much worse, as a
 * fraction, pairs may agree.
 */
const byDimPlanes = { most: 0.015, times: 2, less: 0.01, alike: 0.1 } as const;

/**
 * Where overlaps alone explain this share of what neighbours differ by, their light is nearly known: nothing that differs
 * from it by more, as a mean over the field, and is further from even light, is light. Light that is no polynomial, as that
 * of an unswept sheet, differs from it by up to 0.05, and the darkest corners of a brain section by 0.08.
 */
const tissueInIt = { explained: 0.5, difference: 0.12 } as const;
/** What differs from overlaps by more than this is no light, even where these explain little. */
const tissueForSure = 0.25;

/** Profiles by subject; `undefined` where pixels stay as they are. */
export type Profiles = readonly (Profile | undefined)[];

/** A candidate that was scored. */
export interface Scored {
  /** The figure of every pair, made without that pair where it uses pairs. */
  readonly figures: Float64Array;
  readonly profiles: Profiles;
  /** Whether it would set a part of the image to 0. */
  readonly losesImage: boolean;
  /** Whether tissue that keeps its place in the tiles is in its flat-field, see {@link holdsTissue}. */
  readonly holdsTissue?: boolean;
  /** Whether it was made from few or small planes, only to be compared with others that were. */
  readonly isScreened: boolean;
}

/** What a choice rests on, by candidate. */
interface ChoiceRule {
  readonly figures: readonly Float64Array[];
  /** How uneven the light is where planes are dim. */
  readonly unevenness: readonly number[];
}

/** The share of the planes that are dimmer at a place than the value that is looked at: most of them show no sample. */
const dimShare = 0.1;
/** With fewer planes the dimmest of a block is not known. */
const fewestPlanes = 20;

/**
 * How uneven the light is where planes are dim: the standard deviation over the field of a low quantile of every block,
 * over its mean. Where the sample leaves every part of the field in some planes, and there is light beside it, this is
 * the error of the profile; else it is large whatever the profile is.
 * @returns the largest of all subjects; infinite where planes are too few
 */
export function dimUnevenness(subjects: readonly Subject[], profiles: readonly (Profile | undefined)[]): number {
  return Math.max(...subjects.map((subject, index) => ofSubject(subject, profiles[index])));
}

function ofSubject(subject: Subject, profile: Profile | undefined): number {
  const { planes } = subject;
  if (planes.planeCount < fewestPlanes) return Number.POSITIVE_INFINITY;
  const shading = profile ?? noShading(subject);
  const blocks = Array.from({ length: planes.planeCount }, (_, n) => blocksOfPlane(planes, n, shading));
  const dim = Float64Array.from({ length: blocksAcross ** 2 }, (_, block) => {
    const values = Float64Array.from(blocks, (plane) => plane[block]!).sort();
    return values[Math.floor(dimShare * values.length)]!;
  });
  const mean = meanOf(dim);
  const spread = Math.sqrt(meanOf(dim.map((value) => (value - mean) ** 2)));
  return mean > 0 ? spread / mean : Number.POSITIVE_INFINITY;
}

/** The rule for candidates, of which no correction is the first. */
export function ruleOf(subjects: readonly Subject[], candidates: readonly Scored[]): ChoiceRule {
  return {
    figures: candidates.map((score) => (score.isScreened ? noFigures(score) : claimed(score))),
    unevenness: candidates.map(({ profiles }) => dimUnevenness(subjects, profiles)),
  };
}

/** The first candidate that none beats, by some pairs; no correction where the gain is too small. */
export function choiceBy({ figures, unevenness }: ChoiceRule, pairs: readonly number[]): number {
  const careful = mostCareful(figures, pairs, alike);
  const means = figures.map((values) => meanOver(values, pairs));
  if (!(means[0]! - means[careful]! > leastGain)) return 0;
  const { most, times, less, alike: asGood } = byDimPlanes;
  return figures.reduce((choice, values, at) => {
    const isAsGood =
      means[at]! <= (1 + asGood) * means[careful]! ||
      (Number.isFinite(means[at]!) && !isBetter(improvement(values, figures[careful]!, pairs)));
    const isEven = unevenness[at]! <= most && times * unevenness[at]! < unevenness[choice]!;
    return at > 0 && isAsGood && isEven && unevenness[careful]! - unevenness[at]! > less ? at : choice;
  }, careful);
}

/**
 * Whether a fit took tissue for light that lies in the same part of every tile. Overlaps do not show that part, so such a
 * fit may agree at all seams.
 * @param none no correction
 * @param alone the profile of overlaps alone
 */
export function holdsTissue(
  fit: Pick<Scored, "profiles">,
  none: Pick<Scored, "figures">,
  alone: Pick<Scored, "figures" | "profiles">,
  pairs: readonly number[],
): boolean {
  const isExplained = meanOver(alone.figures, pairs) <= (1 - tissueInIt.explained) * meanOver(none.figures, pairs);
  const most = isExplained ? tissueInIt.difference : tissueForSure;
  return fit.profiles.some((profile, subject) => {
    const other = alone.profiles[subject];
    if (profile === undefined || other === undefined) return false;
    const isFurther = apartFrom(profile) > apartFrom(other);
    return isFurther && apartFrom(profile, other) > most;
  });
}

/** The mean difference of a flat-field from another one, or from even light. */
function apartFrom({ flatfield }: Profile, other?: Profile): number {
  let sum = 0;
  for (let i = 0; i < flatfield.length; i++) sum += Math.abs(flatfield[i]! - (other?.flatfield[i] ?? 1));
  return sum / Math.max(1, flatfield.length);
}

/** The best of several fits that are compared with each other. */
export function bestFit(fits: readonly Scored[], pairs: readonly number[]): number {
  return mostCareful(fits.map(claimed), pairs, alike);
}

function noFigures({ figures }: Scored): Float64Array {
  return figures.map(() => Number.NaN);
}

/**
 * The figures by which a candidate competes: none where it would set a part of the image to 0, or holds tissue. A dark-field that
 * contains sample makes seams smaller too, but is wrong inside of the field, where there are no pairs: a small gain
 * suggests that, a large one a real dark-field.
 */
function claimed(score: Scored): Float64Array {
  const { figures, profiles, losesImage } = score;
  if (losesImage || score.holdsTissue) return noFigures(score);
  const isDoubtful = profiles.some((profile) => profile !== undefined && doubtDarkfield(profile) !== undefined);
  return isDoubtful ? figures.map((figure) => darkHandicap * figure) : figures;
}
