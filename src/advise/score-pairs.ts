/**
 * Judges ways to a profile by overlaps, each pair of tiles by profiles that it had no part in. BaSiC, empty regions and
 * given profiles never look at pairs; refinements and the choice of BaSiC's parameters do. So pairs are divided into
 * folds, and for each fold all that looks at pairs is done anew without its pairs: the tuning, the refinements, and the
 * choice among all of these. What judges the choice is what was chosen without the pair.
 */
import { IsoluxError } from "../errors.ts";
import type { BasicParameters } from "../estimate/basic/parameters.ts";
import { foldsOf, mostCareful } from "../estimate/refine/held-out.ts";
import { disagreement, ofPairs } from "../estimate/refine/overlap-data.ts";
import { fewestPairs, refineByOverlaps } from "../estimate/refine/refine.ts";
import { chooseParameters, rememberFigures } from "../estimate/refine/tune-basic.ts";
import type { Profile } from "../profile/profile.ts";
import type { Origin, Recipe } from "./recipe.ts";
import { makeProfile, noShading, type Subject } from "./subject.ts";

/** How candidates are judged. */
export interface ScoreRequest {
  /** Candidates that are made from these; the most careful first. */
  readonly origins: readonly Origin[];
  /** Where the tuning of BaSiC begins. */
  readonly basic: BasicParameters;
  /** Counts that every fit of BaSiC takes off its planes first. */
  readonly cameraOffset: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told after every fit and refinement. */
  readonly onStep: () => void;
}

/** A candidate with the figure of every pair, made without it where it looks at pairs. */
export interface PairScore {
  readonly recipe: Recipe;
  readonly figures: Float64Array;
}

/** What was found; pairs of all subjects are numbered one after the other. */
export interface PairScores {
  readonly pairs: readonly number[];
  readonly foldCount: number;
  readonly candidates: readonly PairScore[];
  /** Which of the candidates is best, seen all pairs. */
  readonly chosen: number;
  /** Every pair by what was chosen without it, the choice included. */
  readonly heldOut: Float64Array;
  /** What that was, fold by fold, with the profiles it gave, by subject: for who judges by other figures. */
  readonly folds: readonly { readonly pairs: readonly number[]; readonly profiles: readonly (Profile | undefined)[] }[];
}

const foldCount = 5;

/** One way on a set of pairs: its figures there, and what it makes of all others. */
interface Arm {
  readonly recipe: Recipe;
  readonly figures: Float64Array;
  readonly profiles: readonly (Profile | undefined)[];
}

/** Judges candidates, chooses one, and judges the choice. @throws IsoluxError `interrupted`, `estimation` */
export async function scoreByPairs(subjects: readonly Subject[], request: ScoreRequest): Promise<PairScores> {
  const bench = new Bench(subjects, request);
  const raw = (await bench.figuresOf({ kind: "none" }))!;
  const pairs = [...raw.keys()].filter((pair) => Number.isFinite(raw[pair]!));
  if (pairs.length === 0) throw nothingToSee();
  const heldOut = new Float64Array(raw.length).fill(Number.NaN);
  const judged: Float64Array[] = [];
  const folds: PairScores["folds"][number][] = [];
  for (const held of foldsOf(pairs, Math.min(foldCount, pairs.length), request.seed)) {
    const training = pairs.filter((pair) => !held.includes(pair));
    const arms = await bench.armsOn(training);
    const choice = mostCareful(
      arms.map(({ figures }) => figures),
      training,
    );
    for (const [index, arm] of arms.entries()) {
      const values = bench.judge(arm.profiles);
      judged[index] ??= new Float64Array(raw.length).fill(Number.NaN);
      for (const pair of held) {
        judged[index][pair] = values[pair]!;
        if (index === choice) heldOut[pair] = values[pair]!;
      }
    }
    folds.push({ pairs: held, profiles: arms[choice]!.profiles });
  }
  const recipes = await bench.recipesOn(pairs);
  const candidates = recipes.map((recipe, index): PairScore => ({ recipe, figures: judged[index]! }));
  const chosen = mostCareful(judged, pairs);
  return { pairs, foldCount: folds.length, candidates, chosen, heldOut, folds };
}

function nothingToSee(): IsoluxError {
  return new IsoluxError({
    kind: "estimation",
    what: "Every pixel is 0 where tiles overlap: there is nothing to judge a profile by",
    advice: "Look at the image with isolux inspect",
  });
}

/** Makes candidates and their figures, each fit once. */
export class Bench {
  private readonly subjects: readonly Subject[];
  private readonly request: ScoreRequest;
  private readonly starts = new Map<string, Promise<readonly (Profile | undefined)[] | undefined>>();
  private readonly fits = new Map<string, Float64Array | undefined>();

  constructor(subjects: readonly Subject[], request: ScoreRequest) {
    this.subjects = subjects;
    this.request = request;
  }

  /** The candidates that pairs suggest; the same number in the same order for any pairs. */
  async recipesOn(pairs: readonly number[]): Promise<Recipe[]> {
    const { origins, basic, cameraOffset } = this.request;
    const originOf = (parameters: BasicParameters): Origin => ({ kind: "basic", parameters, cameraOffset });
    const figuresOf = rememberFigures(this.fits, (parameters) => this.figuresOf(originOf(parameters)));
    const tuned = (await chooseParameters(basic, pairs, figuresOf)).parameters;
    const all: Origin[] = [...origins, originOf(tuned)];
    const usable: Origin[] = [];
    for (const origin of all) if ((await this.figuresOf(origin)) !== undefined) usable.push(origin);
    const plain = usable.map((origin): Recipe => ({ origin, refined: false }));
    const refined: Recipe[] = [];
    for (const kind of ["empty", "basic"] as const) {
      const starts = usable.filter((origin) => origin.kind === kind);
      // Only the best start of a kind is refined: that is most of the work.
      const figures: Float64Array[] = [];
      for (const origin of starts) figures.push((await this.figuresOf(origin))!);
      if (starts.length > 0) refined.push({ origin: starts[mostCareful(figures, pairs)]!, refined: true });
    }
    return [...plain, ...refined];
  }

  /** The candidates, made from some of the pairs. */
  async armsOn(pairs: readonly number[]): Promise<Arm[]> {
    const arms: Arm[] = [];
    for (const recipe of await this.recipesOn(pairs)) {
      const starts = (await this.startsOf(recipe.origin))!;
      const plain = { recipe, figures: this.judge(starts), profiles: starts };
      arms.push(recipe.refined ? await this.refine(recipe, starts, new Set(pairs)) : plain);
    }
    return arms;
  }

  /** Every pair's figure by an origin as it is; `undefined` where it cannot be made. */
  async figuresOf(origin: Origin): Promise<Float64Array | undefined> {
    const starts = await this.startsOf(origin);
    return starts && this.judge(starts);
  }

  /** Every pair's figure by profiles of all subjects. */
  judge(profiles: readonly (Profile | undefined)[]): Float64Array {
    return this.concatenated((subject, index) => {
      const reference = noShading(subject);
      return disagreement(subject.overlaps, profiles[index] ?? reference, reference);
    });
  }

  /** Refines by some pairs; the figures of these are those of folds among them. */
  async refine(recipe: Recipe, starts: Arm["profiles"], pairs: ReadonlySet<number>): Promise<Arm> {
    const { seed, signal, onStep } = this.request;
    const profiles: Profile[] = [];
    const inner: Float64Array[] = [];
    let first = 0;
    for (const [index, subject] of this.subjects.entries()) {
      const start = starts[index]!;
      const own = new Set([...pairs].map((pair) => pair - first));
      first += subject.overlaps.pairCount;
      const data = ofPairs(subject.overlaps, own);
      const refit = async (offset: number) => (await makeProfile(subject, recipe.origin, signal, offset))!;
      const refined = await refineByOverlaps(start, data, { seed, signal, refit });
      // Its figures are in units of the start's brightness, ours in those of the planes as they are.
      const reference = noShading(subject);
      const [ours, its] = [disagreement(data, start, reference), disagreement(data, start, start)];
      inner.push(refined.heldOut.map((value, pair) => (value * ours[pair]!) / its[pair]!));
      profiles.push(refined.profile);
      onStep();
    }
    return { recipe, profiles, figures: this.concatenated((_, index) => inner[index]!) };
  }

  /** The profiles of an origin as it is, by subject. */
  startsOf(origin: Origin): Promise<readonly (Profile | undefined)[] | undefined> {
    const key = JSON.stringify(origin);
    let starts = this.starts.get(key);
    if (starts === undefined) {
      starts = this.makeStarts(origin);
      this.starts.set(key, starts);
    }
    return starts;
  }

  private async makeStarts(origin: Origin): Promise<readonly (Profile | undefined)[] | undefined> {
    const { signal, onStep } = this.request;
    const profiles: (Profile | undefined)[] = [];
    for (const subject of this.subjects) {
      const profile = await makeProfile(subject, origin, signal).catch((error: unknown) => {
        if (signal.aborted) throw error;
        return undefined;
      });
      if (profile === undefined && origin.kind !== "none") return undefined;
      profiles.push(profile);
      onStep();
    }
    return profiles;
  }

  private concatenated(figuresOf: (subject: Subject, index: number) => Float64Array): Float64Array {
    const parts = this.subjects.map(figuresOf);
    const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** Whether there are pairs enough to hold some out. */
export function canJudgeByPairs(subjects: readonly Subject[]): boolean {
  return subjects.reduce((sum, { overlaps }) => sum + overlaps.pairCount, 0) >= fewestPairs;
}
