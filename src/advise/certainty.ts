import { randomStream } from "../sample/random.ts";

const resamplings = 1000;

/**
 * The share of resamplings, with repetition, in which the mean of gains is above 0; never surer than so few gains allow.
 * @param gains numbers of independent comparisons; those that are NaN are left out
 * @see B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979), 1-26
 */
export function certaintyOf(gains: readonly number[], seed: number): number {
  const finite = gains.filter(Number.isFinite);
  if (finite.length === 0) return 0.5;
  const random = randomStream(seed, 0xb007);
  let better = 0;
  for (let n = 0; n < resamplings; n++) {
    let sum = 0;
    for (let i = 0; i < finite.length; i++) sum += finite[Math.floor(random() * finite.length)]!;
    better += sum > 0 ? 1 : sum === 0 ? 0.5 : 0;
  }
  return Math.min(better / resamplings, 1 - 2 ** -finite.length);
}
