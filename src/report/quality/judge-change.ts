import { randomStream } from "../../sample/random.ts";
import type { Change } from "./quality-report.ts";

/** The same thing before and after, in comparable units. */
export interface Comparison {
  readonly before: number;
  readonly after: number;
}

const resamplings = 1000;

/**
 * The mean change over comparisons, each of equal weight, as the mean of ln(after / before), and how sure its sign is:
 * the comparisons are drawn anew, with repetition, and the mean is taken again.
 * @param floor differences below this count as this
 * @see B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979), 1-26
 */
export function judgeChange(comparisons: readonly Comparison[], floor: number, seed: number): Change | undefined {
  const changes = comparisons
    .filter(({ before, after }) => Number.isFinite(before) && Number.isFinite(after))
    .map(({ before, after }) => Math.log(Math.max(after, floor) / Math.max(before, floor)));
  const count = changes.length;
  if (count === 0) return undefined;
  const mean = meanOf(changes);
  const random = randomStream(seed, 0xb007);
  const means = Float64Array.from({ length: resamplings }, () => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += changes[Math.floor(random() * count)]!;
    return sum / count;
  }).sort();
  const agreeing = means.filter((value) => Math.sign(value) === Math.sign(mean)).length / resamplings;
  const share = (logarithm: number) => Math.expm1(logarithm);
  return {
    mean: share(mean),
    interval: [share(means[Math.floor(0.025 * resamplings)]!), share(means[Math.floor(0.975 * resamplings)]!)],
    count,
    betterCount: changes.filter((change) => change < -noticeable).length,
    worseCount: changes.filter((change) => change > noticeable).length,
    certainty: Math.min(agreeing, 1 - 2 ** -count),
  };
}

/**
 * The change of the sum over all comparisons, where large differences weigh as much as they are: pairs that vanish cannot
 * outweigh one that became far worse. How sure its sign is comes from drawing the comparisons anew.
 */
export function judgeTotals(comparisons: readonly Comparison[], floor: number, seed: number): Change | undefined {
  const usable = comparisons
    .filter(({ before, after }) => Number.isFinite(before) && Number.isFinite(after))
    .map(({ before, after }) => ({ before: Math.max(before, floor), after: Math.max(after, floor) }));
  const count = usable.length;
  if (count === 0) return undefined;
  const changeOf = (pick: (i: number) => Comparison) => {
    let [before, after] = [0, 0];
    for (let i = 0; i < count; i++) {
      before += pick(i).before;
      after += pick(i).after;
    }
    return after / before - 1;
  };
  const random = randomStream(seed, 0x707a1);
  const mean = changeOf((i) => usable[i]!);
  const draws = Float64Array.from({ length: resamplings }, () =>
    changeOf(() => usable[Math.floor(random() * count)]!),
  ).sort();
  const logs = usable.map(({ before, after }) => Math.log(after / before));
  return {
    mean,
    interval: [draws[Math.floor(0.025 * resamplings)]!, draws[Math.floor(0.975 * resamplings)]!],
    count,
    betterCount: logs.filter((change) => change < -noticeable).length,
    worseCount: logs.filter((change) => change > noticeable).length,
    certainty: Math.min(
      draws.filter((draw) => Math.sign(draw) === Math.sign(mean)).length / resamplings,
      1 - 2 ** -count,
    ),
  };
}

/** A change of one comparison by less counts as none. */
const noticeable = 0.01;

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
