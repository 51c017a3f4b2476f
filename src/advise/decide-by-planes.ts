/**
 * Chooses a candidate where no overlaps tell: by how even it makes the mean of planes, unless guards say that the sample
 * is in it.
 */
import { passOver } from "../errors.ts";
import { doubtFlatfield, impossibleFlatfield } from "../estimate/basic/fit-guards.ts";
import { offsetToTakeOff } from "../estimate/refine/find-offset.ts";
import type { QualityFlag } from "../parameters/advice.ts";
import { targetName } from "../pipeline/profiles/channel-profile.ts";
import type { Profile } from "../profile/profile.ts";
import { formatCount } from "../quantities.ts";
import { upperMedianOf } from "../statistics.ts";
import type { Profiles } from "./choose.ts";
import type { Decision, DecisionTask } from "./decide-by-pairs.ts";
import { type Origin, scoreOf, stepsOf } from "./recipe.ts";
import { fewestPlanes, type PlaneScores, scoreByPlanes, timesSample } from "./score-planes.ts";
import { makeProfile, type Subject } from "./subject.ts";

/** Chooses among candidates by planes alone. @throws IsoluxError `interrupted` */
export async function decideByPlanes(
  { subjects, recipes, isWide, facts, seed, hooks }: DecisionTask,
  flags: QualityFlag[],
): Promise<Decision> {
  // No profile fits an image that was stitched: each of its pixels may come from anywhere in the field.
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
  const viewsPerTile = Math.max(1, Math.floor(facts.independentViews / subjects[0]!.target.tiles.length));
  const scores = await scoreByPlanes(subjects, { origins: tried, viewsPerTile, seed, signal, onStep });
  if (scores.chosen === 0 && fits.length > 0 && scores.candidates.length > 1) flags.push(...sampleOrShading(scores));
  const { chosen, profiles } = await withoutTooDeep(subjects, scores, signal, flags);
  const { origin, figure, certainty } = scores.candidates[chosen]!;
  if (origin.kind === "basic") flags.push(...(await doubtsOf(subjects, origin, profiles, signal)));
  return {
    recipe: { origin, refined: false },
    profiles,
    estimates: [],
    unchanged: [],
    advice: {
      basis: "planes",
      scoredBy: scores.planeCount,
      foldCount: scores.planeCount < fewestPlanes ? 0 : 2,
      seed,
      candidates: scores.candidates.map((candidate) =>
        scoreOf({ origin: candidate.origin, refined: false }, facts, candidate.figure),
      ),
      chosen,
      heldOut: figure,
      certainty,
      isWide,
      learning: [],
      morePlanesHelp: "unknown",
    },
  };
}

/** The least number of different parts of a sample from which BaSiC separates it from shading. */
const fewestViews = 6;

function tooAlike(views: number): QualityFlag {
  const text =
    `The planes show ${formatCount(views, "part")} of the sample: what stays in its place from plane to plane ` +
    "cannot be distinguished from shading. Measure the profile, or name tiles or planes without sample.";
  return { kind: "planes-too-alike", channels: [], text };
}

/** A flag where the sample explains as well why the mean of the planes is uneven. */
function sampleOrShading({ candidates, sampleSpread }: PlaneScores): QualityFlag[] {
  const { figure } = candidates[0]!;
  if (!(figure <= timesSample * sampleSpread)) return [];
  const percent = (value: number) => `${(100 * value).toPrecision(2)} %`;
  const text =
    `The mean of the planes is uneven by ${percent(figure)}, and the sample alone leaves about ${percent(sampleSpread)}: ` +
    "shading cannot be distinguished from it. Use more tiles, deeper stacks or a measured profile.";
  return [{ kind: "planes-too-alike", channels: [], text }];
}

/** The mean distance from even of light whose darkest part has lost 40 % is less. */
const mostDepth = 0.1;

/** Why a flat-field is deeper than light mostly is; `undefined` where it is not. */
function deepFlatfield({ flatfield }: Pick<Profile, "flatfield">): string | undefined {
  const depth = flatfield.reduce((sum, light) => sum + Math.abs(light - 1), 0) / flatfield.length;
  if (!(depth > mostDepth)) return undefined;
  return (
    `The flat-field is ${(100 * depth).toFixed(0)} % from even on average, deeper than the light of most sheets: the ` +
    "outline of the sample is in it, if that is in the same place in all planes."
  );
}

/**
 * The choice with its profiles; no correction where one of few tiles is deeper than most light: the sample's outline is
 * then in it, which stays in its place in all planes.
 */
async function withoutTooDeep(
  subjects: readonly Subject[],
  { candidates, chosen }: PlaneScores,
  signal: AbortSignal,
  flags: QualityFlag[],
): Promise<{ readonly chosen: number; readonly profiles: Profiles }> {
  const { origin } = candidates[chosen]!;
  const profiles = await Promise.all(subjects.map((subject) => makeProfile(subject, origin, signal)));
  const isDoubtful = ({ target }: Subject, at: number) => {
    const doubt = profiles[at] && target.tiles.length < fewestViews ? deepFlatfield(profiles[at]) : undefined;
    if (doubt !== undefined) flags.push({ kind: "doubtful-profile", channels: [targetName(target)], text: doubt });
    return doubt !== undefined;
  };
  const doubtful = origin.kind === "basic" ? subjects.filter(isDoubtful) : [];
  return doubtful.length === 0 ? { chosen, profiles } : { chosen: 0, profiles: subjects.map(() => undefined) };
}

/** A fit without a dark-field with the camera's offset subtracted, where planes determine it. */
function withFoundOffset(origin: Origin, subjects: readonly Subject[]): Origin {
  if (origin.kind !== "basic" || origin.parameters.getDarkfield || origin.cameraOffset > 0) return origin;
  const found = subjects.map(({ offset }) => Math.round(offsetToTakeOff(offset)));
  return { ...origin, cameraOffset: upperMedianOf(found)! };
}

/** Reasons to doubt fits of BaSiC: their own figures, and how much a dark-field would change. */
async function doubtsOf(
  subjects: readonly Subject[],
  origin: Extract<Origin, { kind: "basic" }>,
  profiles: Profiles,
  signal: AbortSignal,
): Promise<QualityFlag[]> {
  const parameters = { ...origin.parameters, getDarkfield: !origin.parameters.getDarkfield };
  const flags: QualityFlag[] = [];
  for (const [index, subject] of subjects.entries()) {
    const other = await makeProfile(subject, { ...origin, parameters }, signal).catch(passOver);
    const profile = profiles[index]!;
    const texts = [impossibleFlatfield(profile), other && doubtFlatfield(profile, other)];
    for (const text of texts) {
      if (text !== undefined) flags.push({ kind: "doubtful-profile", channels: [targetName(subject.target)], text });
    }
  }
  return flags;
}
