/**
 * Random numbers without a state: every number is a hash of what it belongs to, so that pixels are the same in whatever
 * order and pieces they are made.
 */

import { meanOf } from "../statistics.ts";

/** Spreads the bits of a 32-bit integer. A bijection; the multipliers are those of MurmurHash3's finalizer. */
export function scramble(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Joins a further integer to a hash. */
export function mix(hash: number, value: number): number {
  return scramble(Math.imul(hash, 0x9e3779b1) + value + 0x7f4a7c15);
}

/** The hash of a list of integers. */
export function hashOf(...values: readonly number[]): number {
  return values.reduce(mix, 0x2545f491);
}

/** A hash as a number in [0, 1). */
export function toUnit(hash: number): number {
  return (hash >>> 0) / 2 ** 32;
}

const deviateBits = 14;

/**
 * Normal deviates: 2^14 of them, spread evenly over the unit square by the golden ratio and turned by the Box-Muller
 * transform; mean 0, variance 1.
 */
const deviates: Float32Array = makeDeviates();

function makeDeviates(): Float32Array {
  const count = 2 ** deviateBits;
  const golden = (Math.sqrt(5) - 1) / 2;
  const raw = Float64Array.from({ length: count }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log((i + 0.5) / count));
    return radius * Math.cos(2 * Math.PI * ((i * golden) % 1));
  });
  const mean = meanOf(raw);
  const deviation = Math.sqrt(raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  return Float32Array.from(raw, (value) => (value - mean) / deviation);
}

/** A normal deviate (mean 0, variance 1) by hash. */
export function normal(hash: number): number {
  return deviates[hash >>> (32 - deviateBits)]!;
}

/** Above this mean Poisson's distribution is made from a normal deviate. */
const largeMean = 30;

/**
 * A camera's reading of `mean` photo-electrons: Poisson noise, and read noise of variance `readVariance`.
 * Not rounded: with read noise it can lie below 0.
 */
export function detect(mean: number, readVariance: number, hash: number): number {
  const read = readVariance === 0 ? 0 : Math.sqrt(readVariance) * normal(mix(hash, 1));
  return (mean > largeMean ? manyPhotons(mean, normal(hash)) : poisson(mean, toUnit(hash))) + read;
}

/**
 * Poisson's distribution of a large mean, by a normal deviate: its first three moments are right.
 * @see E. A. Cornish, R. A. Fisher, Revue de l'Institut International de Statistique 5 (1938) 307
 */
function manyPhotons(mean: number, deviate: number): number {
  return mean + Math.sqrt(mean) * deviate + (deviate * deviate - 1) / 6;
}

/** The quantile of the Poisson distribution at `unit` in [0, 1): for small means. */
function poisson(mean: number, unit: number): number {
  let probability = Math.exp(-mean);
  let cumulative = probability;
  let count = 0;
  while (unit > cumulative && count < 200) {
    count += 1;
    probability *= mean / count;
    cumulative += probability;
  }
  return count;
}
