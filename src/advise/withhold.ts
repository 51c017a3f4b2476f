/** The verdict on what was chosen, before anything is made of it: what does not make the image better is not used. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectParameters, EstimateParameters } from "../parameters/schema.ts";
import type { ChannelVerdict } from "../parameters/verdict-summary.ts";
import { type ChannelProfile, fieldFacts } from "../pipeline/profiles/channel-profile.ts";
import { withGains } from "../pipeline/profiles/tile-gains.ts";
import type { VerdictMaker } from "../pipeline/threads/platform.ts";
import { fieldShape } from "../tiles/tile.ts";
import type { Decision } from "./decide-by-pairs.ts";
import type { Subject } from "./subject.ts";

/** What a verdict is reached on, and by what. */
interface VerdictTask {
  readonly acquisition: Acquisition;
  readonly subjects: readonly Subject[];
  readonly parameters: CorrectParameters | EstimateParameters;
  /** Without, no verdict is reached. */
  readonly verdicts?: VerdictMaker;
  readonly hooks: RunHooks;
}

/** Seams that a choice leaves of this share of the source's, or more, are not smaller. */
const notSmaller = 0.95;
/** The share of the pairs that agree better, and what they leave of the seams, where a choice is the better for it. */
const clear = { share: 0.9, left: 0.6 } as const;

/**
 * A choice without the channels that it does not make better by the verdict: they are left as they are, and if they are all of
 * them, the choice is no correction.
 * @throws IsoluxError where it is interrupted
 */
export async function withholdUnconfirmed(decision: Decision, task: VerdictTask): Promise<Decision> {
  if (decision.recipe.origin.kind === "none") return decision;
  const refused = await refusedChannels(decision, task);
  if (refused.length === 0) return decision;
  const labels = new Set(task.subjects.map(({ target }) => target.channel.label));
  const unchanged = [...labels].filter(
    (label) => decision.unchanged.includes(label) || refused.some((channel) => channel.label === label),
  );
  const { advice, recipe, profiles, estimates } = decision;
  const { name } = advice.candidates[advice.chosen]!;
  const withheld = { name, channels: refused.map(({ label }) => label), reason: refused[0]!.reason };
  if (unchanged.length < labels.size) {
    return { recipe, profiles, estimates, unchanged, advice: { ...advice, withheld } };
  }
  return {
    recipe: { origin: { kind: "none" }, refined: false },
    profiles: profiles.map(() => undefined),
    estimates: [],
    unchanged: [],
    advice: { ...advice, chosen: 0, heldOut: advice.candidates[0]!.figure, rival: undefined, withheld },
  };
}

/** The verdicts on channels that a choice does not make better. An error of a verdict is one of the run's own, which says so. */
async function refusedChannels(
  { recipe, profiles, unchanged, advice }: Decision,
  { acquisition, subjects, parameters, verdicts, hooks }: VerdictTask,
): Promise<readonly ChannelVerdict[]> {
  if (verdicts === undefined) return [];
  const chosen = subjects.flatMap((subject, index): ChannelProfile[] => {
    const profile = profiles[index];
    if (profile === undefined || unchanged.includes(subject.target.channel.label)) return [];
    const [, y, x] = acquisition.levels[subject.sample.level]!.factorsZyx;
    return [
      {
        target: subject.target,
        source: recipe.origin.kind === "none" ? "given" : recipe.origin.kind,
        profile,
        baselineMeaning: recipe.origin.kind === "given" ? (subject.givenMeaning ?? "offset") : "brightness",
        alignment: { kind: "centres", factorYx: [y, x] },
        field: fieldFacts(acquisition, fieldShape(subject.target.tiles[0]!)),
        level: subject.sample.level,
        planes: [],
      },
    ];
  });
  if (chosen.length === 0) return [];
  const silent = { ...hooks, report: () => {} };
  try {
    if ((await verdicts.projectedBytes({ acquisition, seed: parameters.seed })) > parameters.memory) return [];
    const profilesWithGains = await withGains(chosen, { acquisition, parameters }, silent);
    const subject = { acquisition, profiles: profilesWithGains, background: "keep", seed: parameters.seed } as const;
    const { channels } = await verdicts.assess(subject, hooks);
    // What the brightness of tiles hides, seams do not show.
    const isBySeams = advice.basis === "overlaps" && advice.besideGains !== true && parameters.gains === "none";
    return channels.filter(
      (channel) =>
        (channel.kind === "worse" && !(isBySeams && isClearAtSeams(channel))) || (isBySeams && isWithoutGain(channel)),
    );
  } catch (error) {
    if (hooks.signal.aborted) throw error;
    return [];
  }
}

/**
 * Whether nearly all pairs agree far better. The verdict is wary of what makes seams vanish and the image worse, as a
 * subtracted background or gains do: a choice scored on held-out overlaps has none of it.
 */
function isClearAtSeams({ seams }: ChannelVerdict): boolean {
  const { share, left } = clear;
  return seams !== undefined && seams.betterCount >= share * seams.count && seams.after <= left * seams.before;
}

function isWithoutGain({ kind, seams }: ChannelVerdict): boolean {
  return kind === "no-gain" && seams !== undefined && seams.after >= notSmaller * seams.before;
}
