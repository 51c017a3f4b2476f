/** Changes of figures between an image and its correction, with their certainty by resampling. */

import { randomStream } from "../../sample/choose-planes.ts";
import { meanOf } from "../../statistics.ts";
import type { FieldBlocks } from "./planes.ts";
import type { Change } from "./quality-report.ts";

/** A figure before and after, in comparable units. */
export interface Comparison {
  readonly before: number;
  readonly after: number;
}

const resamplings = 1000;

/**
 * The mean change over comparisons, each of equal weight, as the mean of ln(after / before), and the certainty of its
 * sign: the comparisons are resampled with repetition, and the mean is taken again.
 * @param floor smaller differences count as this
 * @see B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979), 1-26
 */
export function assessChange(comparisons: readonly Comparison[], floor: number, seed: number): Change | undefined {
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
 * The change of the sum over all comparisons, in which large differences have more weight: pairs whose difference
 * vanishes cannot outweigh one that became far worse. The certainty of its sign is by resampling.
 */
export function assessTotals(comparisons: readonly Comparison[], floor: number, seed: number): Change | undefined {
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

/** A smaller change of one comparison counts as none. */
const noticeable = 0.01;

const flatnessResamplings = 200;

/**
 * The change of the unevenness of the mean of all planes: the standard deviation of its blocks, that after divided by
 * `gain`. Its certainty is by resampling the planes.
 */
export function assessFlatness(
  before: FieldBlocks,
  after: FieldBlocks,
  gain: number,
  seed: number,
): Change | undefined {
  const { planeCount } = before;
  const all = Array.from({ length: planeCount }, (_, n) => n);
  const products = { before: planeProducts(before), after: planeProducts(after) };
  const changeOf = (planes: readonly number[]) => {
    const [earlier, later] = [unevenness(products.before, planes), unevenness(products.after, planes) / gain];
    return Math.log(later / earlier);
  };
  const mean = changeOf(all);
  if (!Number.isFinite(mean)) return undefined;
  const random = randomStream(seed, 0xf1a7);
  const draws = Array.from({ length: flatnessResamplings }, () =>
    changeOf(all.map(() => Math.floor(random() * planeCount))),
  ).sort((a, b) => a - b);
  const single = all.map((n) => changeOf([n]));
  const agreeing = draws.filter((draw) => Math.sign(draw) === Math.sign(mean)).length / flatnessResamplings;
  return {
    mean: Math.expm1(mean),
    interval: [
      Math.expm1(draws[Math.floor(0.025 * flatnessResamplings)]!),
      Math.expm1(draws[Math.floor(0.975 * flatnessResamplings)]!),
    ],
    count: planeCount,
    betterCount: single.filter((change) => change < -0.01).length,
    worseCount: single.filter((change) => change > 0.01).length,
    certainty: Math.min(agreeing, 1 - 2 ** -planeCount),
  };
}

/**
 * Covariances of every two planes over their blocks, `[n, m]`: the variance of a sum of planes is a sum of these, so
 * that resampled planes need no field of their own.
 */
function planeProducts({ planeCount, shapeYx: [down, across], means }: FieldBlocks): Float64Array {
  const size = down * across;
  const centred = new Float64Array(means.length);
  for (let n = 0; n < planeCount; n++) {
    let sum = 0;
    for (let i = n * size; i < (n + 1) * size; i++) sum += means[i]!;
    for (let i = n * size; i < (n + 1) * size; i++) centred[i] = means[i]! - sum / size;
  }
  const products = new Float64Array(planeCount * planeCount);
  for (let n = 0; n < planeCount; n++) {
    for (let m = 0; m <= n; m++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += centred[n * size + i]! * centred[m * size + i]!;
      products[n * planeCount + m] = sum / size;
      products[m * planeCount + n] = sum / size;
    }
  }
  return products;
}

/** Standard deviation over blocks of the mean of planes, which may be repeated. */
function unevenness(products: Float64Array, planes: readonly number[]): number {
  const planeCount = Math.sqrt(products.length);
  const times = new Float64Array(planeCount);
  for (const plane of planes) times[plane]! += 1;
  let variance = 0;
  for (let n = 0; n < planeCount; n++) {
    if (times[n] === 0) continue;
    for (let m = 0; m < planeCount; m++) variance += times[n]! * times[m]! * products[n * planeCount + m]!;
  }
  return Math.sqrt(Math.max(0, variance)) / planes.length;
}
