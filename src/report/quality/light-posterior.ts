/**
 * Lights that may have made an image: drawn in proportion to how well they explain what overlaps of the source show. What
 * overlaps cannot see follows the profile that was applied, as far as what they do see speaks for it.
 */
import { randomStream } from "../../sample/random.ts";
import { type LightEquations, type LightPartition, lightEquations, typicalBrightness } from "./light-equations.ts";
import { drawSizes, estimateNoise, fitLight, type LightFit, type LightPrior, type LogGains } from "./light-fit.ts";
import type { OverlapBlock } from "./overlap-blocks.ts";
import { termCount, termOrders, usualSizes } from "./shading-terms.ts";

/** What the source shows, and what the correction took for its light. */
export interface LightQuestion {
  readonly blocks: readonly OverlapBlock[];
  /** The first is without variation; the best of them is taken. */
  readonly partitions: readonly LightPartition[];
  /** The log flat-field that was applied in every part of a partition, as terms. */
  readonly appliedIn: (partition: LightPartition) => Float64Array;
  /** The counts that the correction took off, and the darkest that the source shows. */
  readonly subtracted: number;
  readonly darkest: number;
  /** Gains of tiles that the correction applied. */
  readonly gains?: LogGains;
  readonly seed: number;
}

/** One light that may be true. */
export interface LightDraw {
  /** Counts that no light made. */
  readonly offset: number;
  /** Whether tiles are as bright against each other as the correction has it. */
  readonly hasGains: boolean;
  /** Terms of the log light, part after part. */
  readonly sizes: Float64Array;
}

/** Lights that may be true. */
export interface LightPosterior {
  readonly partition: LightPartition;
  readonly draws: readonly LightDraw[];
}

const drawCount = 160;
const offsetSteps = 8;
/** How likely it is beforehand that what was subtracted is just what no light made. */
const trustInSubtraction = 0.3;
/** How far a profile may be off, as a share of itself: which of these holds is left to the data. */
const distrusts = [0.1, 0.25, 0.6, 1.5];
const largestDistrust = 1.5;
/** A variation of the light is believed where it is so much more likely, as a logarithm. */
const leastAdvantage = 3;

/** Draws lights. @returns `undefined` where there are no overlaps */
export function drawLights(question: LightQuestion): LightPosterior | undefined {
  const { blocks, partitions, seed } = question;
  if (blocks.length === 0) return undefined;
  const offsets = offsetsOf(question);
  const [plain, ...varying] = partitions as [LightPartition, ...LightPartition[]];
  const start = candidatesOf(question, plain, offsets);
  const likely = best(start);
  const tried = varying.map((partition) => ({
    partition,
    found: best(candidatesOf(question, partition, [likely.prior])),
  }));
  const other = tried.reduce<(typeof tried)[number] | undefined>(
    (a, b) => (a === undefined || b.found.evidence > a.found.evidence ? b : a),
    undefined,
  );
  const atLikely = best(start.filter(({ prior }) => prior === likely.prior));
  const varies = other !== undefined && other.found.evidence > atLikely.evidence + leastAdvantage;
  const partition = varies ? other.partition : plain;
  const candidates = varies ? candidatesOf(question, partition, offsets) : start;
  return { partition, draws: drawFrom(candidates, seed) };
}

interface OffsetPrior {
  readonly offset: number;
  readonly probability: number;
}

/** An offset, with how far the profile is off and whether gains are real, and what fits then. */
interface Candidate {
  readonly prior: OffsetPrior;
  readonly hasGains: boolean;
  readonly fit: LightFit;
  /** Logarithm of how likely it is. */
  readonly evidence: number;
}

/** From 0 to the darkest counts there are, and what was subtracted. */
function offsetsOf({ subtracted, darkest, blocks }: LightQuestion): OffsetPrior[] {
  const most = Math.max(0, Math.min(darkest, 0.98 * typicalBrightness(blocks)));
  const isPossible = subtracted >= 0 && subtracted <= most;
  const share = (isPossible ? 1 - trustInSubtraction : 1) / (offsetSteps + 1);
  const even = Array.from({ length: offsetSteps + 1 }, (_, i) => ({
    offset: (most * i) / offsetSteps,
    probability: share,
  }));
  return isPossible ? [...even, { offset: subtracted, probability: trustInSubtraction }] : even;
}

function candidatesOf(
  { blocks, appliedIn, gains }: LightQuestion,
  partition: LightPartition,
  offsets: readonly OffsetPrior[],
): Candidate[] {
  const applied = appliedIn(partition);
  return offsets.flatMap((prior) => {
    const equations = lightEquations(blocks, prior.offset, partition);
    const without = fitsOf(equations, applied, undefined);
    const withGains = gains === undefined ? [] : fitsOf(equations, applied, gains);
    // Gains were found in these overlaps: every one of them explains some of it by chance.
    const price = 0.5 * Math.max(0, (gains?.size ?? 1) - 1) * Math.log(Math.max(2, equations.pairs.length));
    const chance = Math.log(prior.probability);
    return [
      ...without.map((fit) => ({ prior, hasGains: false, fit, evidence: fit.evidence + chance })),
      ...withGains.map((fit) => ({ prior, hasGains: true, fit, evidence: fit.evidence + chance - price })),
    ];
  });
}

function fitsOf(equations: LightEquations, applied: Float64Array, gains: LogGains | undefined): LightFit[] {
  const noise = estimateNoise(equations, priorAround(applied, largestDistrust), gains);
  return distrusts.map((distrust) => fitLight(equations, priorAround(applied, distrust), noise, gains));
}

/**
 * The light is expected to be as the profile has it, give or take a share of that. Terms that are larger than light has
 * them, such as steps inside the field, may as well not be there.
 */
function priorAround(applied: Float64Array, distrust: number): LightPrior {
  const variances = applied.map((size, i) => {
    const usual = usualSizes[i % termCount]!;
    const isFine = termOrders[i % termCount]! > 2;
    const implausible = isFine ? Math.max(0, Math.abs(size) - 2 * usual) : 0;
    return distrust ** 2 * (size ** 2 + (0.5 * usual) ** 2) + implausible ** 2 + 1e-8;
  });
  return { means: applied, variances };
}

function best(candidates: readonly Candidate[]): Candidate {
  return candidates.reduce((a, b) => (b.evidence > a.evidence ? b : a));
}

/** Draws candidates in proportion to their likelihood, and a light of each. */
function drawFrom(candidates: readonly Candidate[], seed: number): LightDraw[] {
  const most = best(candidates).evidence;
  const weights = candidates.map(({ evidence }) => Math.exp(evidence - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const random = randomStream(seed, 0x11647);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draws: LightDraw[] = [];
  let [index, passed] = [0, weights[0]!];
  for (let i = 0; i < drawCount; i++) {
    while (passed < ((i + 0.5) / drawCount) * total && index + 1 < candidates.length) passed += weights[++index]!;
    const { prior, hasGains, fit } = candidates[index]!;
    draws.push({ offset: prior.offset, hasGains, sizes: drawSizes(fit, normal) });
  }
  return draws;
}
