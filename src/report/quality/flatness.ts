import { randomStream } from "../../sample/random.ts";
import type { FieldBlocks } from "./field-blocks.ts";
import type { Change } from "./quality-report.ts";

const resamplings = 200;

/**
 * How the unevenness of the mean of all planes changed: the standard deviation of its blocks, that after divided by
 * `gain`. How sure that is comes from drawing the planes anew, with repetition.
 */
export function judgeFlatness(before: FieldBlocks, after: FieldBlocks, gain: number, seed: number): Change | undefined {
  const { planeCount } = before;
  const all = Array.from({ length: planeCount }, (_, n) => n);
  const changeOf = (planes: readonly number[]) => {
    const [earlier, later] = [unevenness(before, planes), unevenness(after, planes) / gain];
    return Math.log(later / earlier);
  };
  const mean = changeOf(all);
  if (!Number.isFinite(mean)) return undefined;
  const random = randomStream(seed, 0xf1a7);
  const draws = Array.from({ length: resamplings }, () =>
    changeOf(all.map(() => Math.floor(random() * planeCount))),
  ).sort((a, b) => a - b);
  const single = all.map((n) => changeOf([n]));
  const agreeing = draws.filter((draw) => Math.sign(draw) === Math.sign(mean)).length / resamplings;
  return {
    mean: Math.expm1(mean),
    interval: [
      Math.expm1(draws[Math.floor(0.025 * resamplings)]!),
      Math.expm1(draws[Math.floor(0.975 * resamplings)]!),
    ],
    count: planeCount,
    betterCount: single.filter((change) => change < -0.01).length,
    worseCount: single.filter((change) => change > 0.01).length,
    certainty: Math.min(agreeing, 1 - 2 ** -planeCount),
  };
}

function unevenness({ shapeYx: [down, across], means }: FieldBlocks, planes: readonly number[]): number {
  const size = down * across;
  const field = new Float64Array(size);
  for (const n of planes) for (let block = 0; block < size; block++) field[block]! += means[n * size + block]!;
  const mean = field.reduce((sum, value) => sum + value, 0) / size;
  return Math.sqrt(field.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size) / planes.length;
}
