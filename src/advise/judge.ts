/** From scores to a choice that is told: which candidate, by how much, how sure, and whether more planes would help. */
import { doubtFlatfield, impossibleFlatfield } from "../estimate/basic/fit-guards.ts";
import { offsetToTakeOff } from "../estimate/refine/find-offset.ts";
import { improvement, isBetter, meanOver } from "../estimate/refine/held-out.ts";
import type { Advice, CandidateScore } from "../parameters/advice.ts";
import type { QualityFlag } from "../parameters/quality-flag.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { targetName } from "../pipeline/profile-target.ts";
import { formatCount } from "../quantities.ts";
import { judgeChange } from "../report/quality/judge-change.ts";
import { nameOf, parametersOf, type RunFacts } from "./describe.ts";
import { learningCurve } from "./learning-curve.ts";
import type { Origin, Recipe } from "./recipe.ts";
import { type PairScore, type PairScores, type Profiles, scoreByPairs } from "./score-pairs.ts";
import { fewestPlanes, scoreByPlanes } from "./score-planes.ts";
import { makeProfile, planesFor, type Subject } from "./subject.ts";

/** What is judged. */
export interface JudgingTask {
  readonly subjects: readonly Subject[];
  /** No correction first, then the most trusted. */
  readonly recipes: readonly Recipe[];
  /** Whether it is looked into whether more planes would help. */
  readonly isWide: boolean;
  readonly facts: RunFacts;
  readonly seed: number;
  readonly hooks: RunHooks;
}

/** A choice with all that is told of it. */
export interface Judgement {
  readonly advice: Omit<Advice, "level" | "flags" | "parameters" | "command" | "unchangedChannels" | "offsets">;
  readonly recipe: Recipe;
  /** The chosen profiles, by subject. */
  readonly profiles: Profiles;
  /** What a run makes of the choice, by subject, where it was made already. */
  readonly estimates: PairScore["estimates"];
  /** Labels of channels that the choice does not make better. */
  readonly unchanged: readonly string[];
}

/** Differences below this share of the brightness are rounding. */
const floorShare = 5e-4;
/** Candidates that differ by more inside of the field, on average, are not the same profile. */
const sameWithin = 0.02;

/** Judges by overlaps. @throws IsoluxError `interrupted` */
export async function judgeByPairs(task: JudgingTask): Promise<Judgement> {
  const { subjects, recipes, facts, seed, hooks } = task;
  const onStep = stepsOf(hooks, subjects.length * (recipes.length + (task.isWide ? 2 : 0)));
  const request = { recipes, isBounded: !task.isWide, seed, signal: hooks.signal, onStep };
  const scores = await scoreByPairs(subjects, request);
  const chosen = scores.candidates[scores.chosen]!;
  const isNone = chosen.recipe.origin.kind === "none";
  const { pairs, heldOut } = scores;
  const hasPlanes = task.isWide && planesFor(subjects[0]!, chosen.recipe.origin) !== undefined;
  const curve = hasPlanes ? await learningCurve(subjects, chosen, pairs, request) : undefined;
  const runnerUp = runnerUpOf(scores, seed);
  const rival = rivalOf(scores);
  return {
    recipe: chosen.recipe,
    profiles: chosen.profiles,
    estimates: chosen.estimates,
    unchanged: isNone ? [] : unchangedChannels(subjects, scores),
    advice: {
      basis: "overlaps",
      judgedBy: pairs.length,
      foldCount: scores.folds.length,
      seed,
      candidates: scores.candidates.map(({ recipe, figures }) => scoreOf(recipe, facts, meanOver(figures, pairs))),
      chosen: scores.chosen,
      heldOut: meanOver(heldOut, pairs),
      certainty: certaintyOf(scores.candidates[0]!.figures, isNone ? chosen.figures : heldOut, pairs, seed),
      ...(runnerUp && { runnerUp }),
      ...(rival && { rival }),
      isWide: task.isWide,
      learning: curve?.points ?? [],
      morePlanesHelp: morePlanesHelp(curve?.stillGains, facts, subjects),
    },
  };
}

/**
 * The candidate that overlaps cannot tell from the choice and that differs the most from it inside of the field, where no
 * overlap is; `undefined` where all of these are the same profile.
 */
function rivalOf({ candidates, chosen, pairs }: PairScores): Advice["rival"] {
  const own = candidates[chosen]!;
  const rivals = candidates.flatMap(({ figures, profiles }, candidate) => {
    const isAsGood = candidate !== chosen && !isBetter(improvement(figures, own.figures, pairs));
    const difference = isAsGood ? differenceOf(profiles, own.profiles) : 0;
    return difference > sameWithin ? [{ candidate, difference }] : [];
  });
  return rivals.sort((a, b) => b.difference - a.difference)[0];
}

/** The largest mean difference of flat-fields among subjects. */
function differenceOf(a: Profiles, b: Profiles): number {
  const differences = a.map((first, subject) => {
    const second = b[subject];
    const pixels = first?.flatfield.length ?? second?.flatfield.length ?? 0;
    let sum = 0;
    for (let i = 0; i < pixels; i++) sum += Math.abs((first?.flatfield[i] ?? 1) - (second?.flatfield[i] ?? 1));
    return pixels === 0 ? 0 : sum / pixels;
  });
  return Math.max(...differences);
}

/** Judges by planes alone. @throws IsoluxError `interrupted` */
export async function judgeByPlanes(
  { subjects, recipes, isWide, facts, seed, hooks }: JudgingTask,
  flags: QualityFlag[],
): Promise<Judgement> {
  // No profile fits an image that was stitched: each of its pixels may have been anywhere in the field.
  const isStitched = flags.some(({ kind }) => kind === "stitched") && subjects[0]!.target.tiles.length === 1;
  const origins = [...new Set(recipes.map(({ origin }) => origin))].map((origin) => withFoundOffset(origin, subjects));
  const doubts = facts.independentViews < fewestViews ? [tooAlike(facts.independentViews)] : [];
  flags.push(...doubts);
  const trusted = origins.filter(({ kind }) => kind === "given" || kind === "empty");
  // Of many fits one makes planes more even by chance: those of sorted values are left out.
  const isFit = (origin: Origin) => origin.kind === "basic" && !origin.parameters.sortIntensity;
  const fits = doubts.length > 0 ? [] : origins.filter(isFit);
  const tried = isStitched ? [] : [...trusted, ...fits];
  const onStep = stepsOf(hooks, 2 * subjects.length * tried.length);
  const { signal } = hooks;
  const scores = await scoreByPlanes(subjects, { origins: tried, seed, signal, onStep });
  const { origin, figure, certainty } = scores.candidates[scores.chosen]!;
  const profiles = await Promise.all(subjects.map((subject) => makeProfile(subject, origin, signal)));
  if (origin.kind === "basic") flags.push(...(await doubtsOf(subjects, origin, profiles, signal)));
  return {
    recipe: { origin, refined: false },
    profiles,
    estimates: [],
    unchanged: [],
    advice: {
      basis: "planes",
      judgedBy: scores.planeCount,
      foldCount: scores.planeCount < fewestPlanes ? 0 : 2,
      seed,
      candidates: scores.candidates.map((candidate) =>
        scoreOf({ origin: candidate.origin, refined: false }, facts, candidate.figure),
      ),
      chosen: scores.chosen,
      heldOut: figure,
      certainty,
      isWide,
      learning: [],
      morePlanesHelp: "unknown",
    },
  };
}

/** BaSiC tells sample from shading where it sees at least so many different parts of it. */
const fewestViews = 6;

function tooAlike(views: number): QualityFlag {
  const text =
    `The planes show ${formatCount(views, "part")} of the sample: what stays in its place from plane to plane ` +
    "cannot be told from shading. Measure the profile, or name tiles or planes without sample.";
  return { kind: "planes-too-alike", channels: [], text };
}

/** A fit without a dark-field takes off the camera's offset, where planes tell it. */
function withFoundOffset(origin: Origin, subjects: readonly Subject[]): Origin {
  if (origin.kind !== "basic" || origin.parameters.getDarkfield || origin.cameraOffset > 0) return origin;
  const found = subjects.map(({ offset }) => Math.round(offsetToTakeOff(offset))).sort((a, b) => a - b);
  return { ...origin, cameraOffset: found[found.length >> 1]! };
}

/** What makes one doubt fits of BaSiC: their own figures, and how much a dark-field would change. */
async function doubtsOf(
  subjects: readonly Subject[],
  origin: Extract<Origin, { kind: "basic" }>,
  profiles: Profiles,
  signal: AbortSignal,
): Promise<QualityFlag[]> {
  const parameters = { ...origin.parameters, getDarkfield: !origin.parameters.getDarkfield };
  const flags: QualityFlag[] = [];
  for (const [index, subject] of subjects.entries()) {
    const other = await makeProfile(subject, { ...origin, parameters }, signal).catch(() => undefined);
    const profile = profiles[index]!;
    const texts = [impossibleFlatfield(profile), other && doubtFlatfield(profile, other)];
    for (const text of texts) {
      if (text !== undefined) flags.push({ kind: "doubtful-profile", channels: [targetName(subject.target)], text });
    }
  }
  return flags;
}

function stepsOf({ report }: RunHooks, total: number): () => void {
  let done = 0;
  return () => {
    done = Math.min(total, done + 1);
    report({ kind: "progress", stage: "Trying the ways to a profile", done, total });
  };
}

function scoreOf(recipe: Recipe, facts: RunFacts, figure: number): CandidateScore {
  const parameters = parametersOf(recipe, facts);
  return { name: nameOf(recipe, facts), source: recipe.origin.kind, refined: recipe.refined, parameters, figure };
}

/** The share of resampled pairs in which `after` is smaller. */
function certaintyOf(before: Float64Array, after: Float64Array, pairs: readonly number[], seed: number): number {
  const comparisons = pairs.map((pair) => ({ before: before[pair]!, after: after[pair]! }));
  const change = judgeChange(comparisons, floorShare, seed);
  if (change === undefined || change.mean === 0) return 0.5;
  return change.mean < 0 ? change.certainty : 1 - change.certainty;
}

/** The best of the others that is another way, not the same one under another name. */
function runnerUpOf({ candidates, chosen, pairs }: PairScores, seed: number): Advice["runnerUp"] {
  const own = candidates[chosen]!;
  const others = candidates
    .map(({ recipe, figures }, candidate) => ({ recipe, figures, candidate, mean: meanOver(figures, pairs) }))
    .filter(({ recipe }) => JSON.stringify(recipe) !== JSON.stringify(own.recipe));
  const best = others.sort((a, b) => a.mean - b.mean)[0];
  return best && { candidate: best.candidate, certainty: certaintyOf(best.figures, own.figures, pairs, seed) };
}

/** Channels whose own pairs are not better by more than a standard error. */
function unchangedChannels(subjects: readonly Subject[], { candidates, heldOut, pairs }: PairScores): string[] {
  const raw = candidates[0]!.figures;
  const labels = [...new Set(subjects.map(({ target }) => target.channel.label))];
  return labels.filter((label) => {
    let first = 0;
    const own: number[] = [];
    for (const { target, overlaps } of subjects) {
      const [from, to] = [first, first + overlaps.pairCount];
      if (target.channel.label === label) own.push(...pairs.filter((pair) => pair >= from && pair < to));
      first = to;
    }
    return own.length > 1 && !isBetter(improvement(raw, heldOut, own));
  });
}

function morePlanesHelp(
  stillGains: boolean | undefined,
  { nZplanes }: RunFacts,
  subjects: readonly Subject[],
): Advice["morePlanesHelp"] {
  if (stillGains === undefined) return "unknown";
  if (!stillGains) return "no";
  return subjects.every(({ planes }) => planes.planeCount < nZplanes) ? "all-used" : "yes";
}
