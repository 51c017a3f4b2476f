/**
 * Computes how far an image is from the light of the sample, before and after a correction, for every possible light.
 */

import type { LightPartition } from "./light-equations.ts";
import type { LogGains } from "./light-fit.ts";
import type { LightDraw } from "./light-posterior.ts";
import type { FieldBlocks } from "./planes.ts";
import { sumOfTerms, termCount, termsOverField } from "./shading-terms.ts";

/** A figure with its central 95 % interval. */
export interface Estimated {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Errors as fractions: mean |image - light| over the mean light, the image scaled to fit best. */
export interface ErrorEstimate {
  readonly before: Estimated;
  readonly after: Estimated;
  /** Relative change of the image's error: -0.8 means that it is 80 % smaller. */
  readonly change: Estimated;
  /**
   * The probability that the error became smaller, that it did by more than a twentieth, and that it became larger by
   * that.
   */
  readonly chanceBetter: number;
  readonly chanceMuchBetter: number;
  readonly chanceMuchWorse: number;
  /** The error of the profile: mean |S / S_true - 1|, both of mean 1; and that of an even profile. */
  readonly profile: Estimated;
  readonly profileBefore: Estimated;
  /** The probability that the profile is closer to the light than an even one. */
  readonly chanceProfileBetter: number;
}

/** What a correction applied to the blocks of a field. */
interface AppliedField {
  /** The log flat-field, and its residual beyond the terms. */
  readonly logField: Float64Array;
  readonly rest: Float64Array;
  /** Counts subtracted at places of the field beyond those subtracted everywhere. */
  readonly dark: Float64Array;
}

/** The planes whose errors are estimated, as blocks; and what the correction applied to them. */
interface ErrorQuestion {
  readonly before: FieldBlocks;
  readonly after: FieldBlocks;
  /** Of every plane. */
  readonly planes: readonly { readonly tile: number; readonly plane: number }[];
  /** What was applied in a part. */
  readonly appliedIn: (part: number) => AppliedField;
  readonly gains?: LogGains;
}

/** Smaller errors are noise: changes are relative to at least this. */
const noiseFloor = 0.002;
/** A larger relative change counts. */
const much = 0.05;
/** The most values that are used for each light. */
const mostValues = 12_000;

/** Estimates errors under all lights. */
export function estimateErrors(question: ErrorQuestion, draws: readonly LightDraw[]): ErrorEstimate {
  const terms = termsOverField([question.before.shapeYx[0], question.before.shapeYx[1]]);
  const sample = sampleOf(question);
  const middles = meanSizes(draws);
  const found = draws.map((draw, index) => {
    return {
      ...errorsUnder(question, draw, index, terms, sample),
      scatter: meanDistance(draw.sizes, middles.get(draw.partition)!),
    };
  });
  const changes = found.map(({ before, after }) => (after + noiseFloor) / (before + noiseFloor) - 1);
  return {
    before: summarise(found.map(({ before }) => before)),
    after: summarise(found.map(({ after }) => after)),
    change: summarise(changes),
    chanceBetter: shareOf(changes.map((change) => change < 0)),
    chanceMuchBetter: shareOf(changes.map((change) => change < -much)),
    chanceMuchWorse: shareOf(changes.map((change) => change > much)),
    profileBefore: summarise(found.map(({ profileBefore }) => profileBefore)),
    chanceProfileBetter: shareOf(found.map(({ profile, profileBefore }) => profile < profileBefore)),
    profile: profileErrorOf(
      found.map(({ profile }) => profile),
      found.map(({ scatter }) => scatter),
    ),
  };
}

/**
 * The error of the profile. A mean distance is never below the uncertainty of the light, so that is subtracted from the
 * lower end.
 */
function profileErrorOf(errors: readonly number[], scatters: readonly number[]): Estimated {
  const { value, low, high } = summarise(errors);
  return { value, low: Math.max(0, low - summarise(scatters).value), high };
}

/** The mean of the lights of each partition. */
function meanSizes(draws: readonly LightDraw[]): Map<LightPartition, Float64Array> {
  const partitions = new Set(draws.map(({ partition }) => partition));
  const meanOf = (own: readonly LightDraw[]) =>
    own[0]!.sizes.map((_, i) => own.reduce((sum, { sizes }) => sum + sizes[i]!, 0) / own.length);
  return new Map([...partitions].map((one) => [one, meanOf(draws.filter(({ partition }) => partition === one))]));
}

/** The mean distance of two normally distributed fields of terms: 0.8 standard deviations; the mean over parts. */
function meanDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let from = 0; from < a.length; from += termCount) {
    let squares = 0;
    for (let i = from; i < from + termCount; i++) squares += (a[i]! - b[i]!) ** 2;
    sum += 0.8 * Math.sqrt(squares);
  }
  return (sum * termCount) / a.length;
}

/** Blocks of planes, subsampled evenly; NaN counts as 0. */
interface Sample {
  readonly plane: Int32Array;
  readonly block: Int32Array;
  readonly before: Float64Array;
  readonly after: Float64Array;
  /** The light of the sample for the last draw. */
  readonly light: Float64Array;
}

function sampleOf({ before, after }: ErrorQuestion): Sample {
  const blocks = before.shapeYx[0] * before.shapeYx[1];
  const step = Math.max(1, Math.ceil(before.means.length / mostValues));
  // A step without a common factor with the number of rows does not stay in single columns.
  const odd = step % 2 === 0 ? step + 1 : step;
  const places = Int32Array.from({ length: Math.floor(before.means.length / odd) }, (_, i) => i * odd);
  const values = ({ means }: FieldBlocks) => Float64Array.from(places, (at) => means[at]! || 0);
  return {
    plane: places.map((at) => Math.floor(at / blocks)),
    block: places.map((at) => at % blocks),
    before: values(before),
    after: values(after),
    light: new Float64Array(places.length),
  };
}

function errorsUnder(
  { before, planes, appliedIn, gains }: ErrorQuestion,
  { partition, offset, hasDark, hasGains, sizes }: LightDraw,
  index: number,
  terms: Float64Array,
  sample: Sample,
) {
  const blocks = before.shapeYx[0] * before.shapeYx[1];
  const even = new Float64Array(blocks);
  // The residual beyond the terms counts as light in every other draw.
  const share = index % 2;
  const shadings = Array.from({ length: partition.count }, (_, part) => {
    const shading = new Float64Array(blocks);
    const { rest } = appliedIn(part);
    for (let block = 0; block < blocks; block++) {
      shading[block] = Math.exp(sumOfTerms(sizes, terms, block, part * termCount) + share * rest[block]!);
    }
    return shading;
  });
  const parts = planes.map(({ tile, plane }) => partition.partOf(tile, plane));
  const planeLights = planes.map(({ tile }, index) => ({
    shading: shadings[parts[index]!]!,
    dark: hasDark ? appliedIn(parts[index]!).dark : even,
    gain: hasGains ? Math.exp(gains?.get(tile) ?? 0) : 1,
  }));
  setLight(sample, planeLights, offset);
  const meanError = (logFieldOf: (part: number) => Float64Array) =>
    shadings.reduce((sum, shading, part) => sum + profileError(logFieldOf(part), shading), 0) / shadings.length;
  return {
    before: imageError(sample.before, sample.light),
    after: imageError(sample.after, sample.light),
    profile: meanError((part) => appliedIn(part).logField),
    profileBefore: meanError(() => even),
  };
}

/** The light of a plane, in blocks of the field, and the counts in it without light. */
interface PlaneLight {
  readonly shading: Float64Array;
  readonly dark: Float64Array;
  readonly gain: number;
}

/** Computes the light of the sample. */
function setLight({ light, before, plane, block }: Sample, planeLights: readonly PlaneLight[], offset: number): void {
  for (let i = 0; i < light.length; i++) {
    const { shading, dark, gain } = planeLights[plane[i]!]!;
    light[i] = (before[i]! - offset - dark[block[i]!]!) / shading[block[i]!]! / gain;
  }
}

/** Mean |a · image - light| over the mean light, with `a` by least squares. */
function imageError(image: Float64Array, light: Float64Array): number {
  let [both, own, sum] = [0, 0, 0];
  for (let i = 0; i < image.length; i++) {
    both += image[i]! * light[i]!;
    own += image[i]! * image[i]!;
    sum += Math.abs(light[i]!);
  }
  const scale = own === 0 ? 0 : Math.max(0, both / own);
  let apart = 0;
  for (let i = 0; i < image.length; i++) apart += Math.abs(scale * image[i]! - light[i]!);
  return apart / sum;
}

/** Mean |S / S_true - 1|, both of mean 1. */
function profileError(logField: Float64Array, truth: Float64Array): number {
  const ratios = new Float64Array(truth.length);
  let sum = 0;
  for (let block = 0; block < truth.length; block++) {
    ratios[block] = Math.exp(logField[block]!) / truth[block]!;
    sum += ratios[block]! / truth.length;
  }
  let apart = 0;
  for (let block = 0; block < truth.length; block++) apart += Math.abs(ratios[block]! / sum - 1) / truth.length;
  return apart;
}

function shareOf(answers: readonly boolean[]): number {
  return answers.filter(Boolean).length / answers.length;
}

/** The median and the central 95 % interval of values. */
export function summarise(values: readonly number[]): Estimated {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return { value: at(0.5), low: at(0.025), high: at(0.975) };
}
