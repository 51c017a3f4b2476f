/** How far an image is from the light of the sample, before and after a correction, for every light that may be true. */
import type { FieldBlocks } from "./field-blocks.ts";
import type { LogGains } from "./light-fit.ts";
import type { LightDraw, LightPosterior } from "./light-posterior.ts";
import { sumOfTerms, termCount, termsOverField } from "./shading-terms.ts";

/** A figure with the middle 95 % of what it may be. */
export interface Estimated {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Errors as shares: mean |image - light| over the mean light, the image scaled to fit best. */
export interface ErrorEstimate {
  readonly before: Estimated;
  readonly after: Estimated;
  /** Relative change of the image's error: -0.8 says that it is 80 % smaller. */
  readonly change: Estimated;
  /** How likely it is that the error became smaller. */
  readonly chanceBetter: number;
  /** What is left in the profile: mean |S / S_true - 1|, both of mean 1. */
  readonly profile: Estimated;
}

/** The planes that errors are looked at in, as blocks; and what the correction applied to them. */
export interface ErrorQuestion {
  readonly before: FieldBlocks;
  readonly after: FieldBlocks;
  /** Of every plane. */
  readonly planes: readonly { readonly tile: number; readonly plane: number }[];
  /** The log flat-field that was applied in a part, over the blocks of the field, and what of it terms do not hold. */
  readonly appliedIn: (part: number) => { readonly logField: Float64Array; readonly rest: Float64Array };
  readonly gains?: LogGains;
}

/** Errors below this are noise: changes are seen against it. */
const noiseFloor = 0.002;
/** So many values are looked at for each light. */
const mostValues = 20_000;

/** Estimates errors under all lights. */
export function estimateErrors(question: ErrorQuestion, posterior: LightPosterior): ErrorEstimate {
  const terms = termsOverField([question.before.shapeYx[0], question.before.shapeYx[1]]);
  const sample = sampleOf(question, posterior);
  const found = posterior.draws.map((draw, index) => errorsUnder(question, posterior, draw, index, terms, sample));
  const changes = found.map(({ before, after }) => (after + noiseFloor) / (before + noiseFloor) - 1);
  return {
    before: summarise(found.map(({ before }) => before)),
    after: summarise(found.map(({ after }) => after)),
    change: summarise(changes),
    chanceBetter: changes.filter((change) => change < 0).length / changes.length,
    profile: summarise(found.map(({ profile }) => profile)),
  };
}

/** Indices of blocks in the stack of planes, thinned evenly. */
function sampleOf({ before }: ErrorQuestion, _posterior: LightPosterior): Int32Array {
  const total = before.means.length;
  const step = Math.max(1, Math.ceil(total / mostValues));
  // A step without a factor in common with the rows does not keep to single columns.
  const odd = step % 2 === 0 ? step + 1 : step;
  return Int32Array.from({ length: Math.floor(total / odd) }, (_, i) => i * odd);
}

function errorsUnder(
  { before, after, planes, appliedIn, gains }: ErrorQuestion,
  { partition }: LightPosterior,
  { offset, hasGains, sizes }: LightDraw,
  index: number,
  terms: Float64Array,
  sample: Int32Array,
) {
  const blocks = before.shapeYx[0] * before.shapeYx[1];
  const shadings = Array.from({ length: partition.count }, (_, part) => {
    // What terms do not hold is taken for light in every other draw.
    const { rest } = appliedIn(part);
    const share = index % 2;
    return Float64Array.from({ length: blocks }, (_v, block) =>
      Math.exp(sumOfTerms(sizes, terms, block, part * termCount) + share * rest[block]!),
    );
  });
  const parts = planes.map(({ tile, plane }) => partition.partOf(tile, plane));
  const scales = planes.map(({ tile }) => (hasGains ? Math.exp(-(gains?.get(tile) ?? 0)) : 1));
  const light = Float64Array.from(sample, (at) => {
    const plane = Math.floor(at / blocks);
    return ((before.means[at]! - offset) / shadings[parts[plane]!]![at % blocks]!) * scales[plane]!;
  });
  const profile = shadings.map((shading, part) => profileError(appliedIn(part).logField, shading));
  return {
    before: imageError(sample, before.means, light),
    after: imageError(sample, after.means, light),
    profile: profile.reduce((sum, error) => sum + error, 0) / profile.length,
  };
}

/** Mean |a · image - light| over the mean light, with the `a` of least squares; what is no number counts as 0. */
function imageError(sample: Int32Array, image: Float64Array, light: Float64Array): number {
  let [both, own, sum] = [0, 0, 0];
  for (let i = 0; i < sample.length; i++) {
    const value = image[sample[i]!]! || 0;
    both += value * light[i]!;
    own += value * value;
    sum += Math.abs(light[i]!);
  }
  const scale = own === 0 ? 0 : Math.max(0, both / own);
  let apart = 0;
  for (let i = 0; i < sample.length; i++) apart += Math.abs(scale * (image[sample[i]!]! || 0) - light[i]!);
  return apart / sum;
}

/** Mean |S / S_true - 1|, both of mean 1. */
function profileError(logField: Float64Array, truth: Float64Array): number {
  const ratios = Float64Array.from(truth, (value, block) => Math.exp(logField[block]!) / value);
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  return ratios.reduce((sum, ratio) => sum + Math.abs(ratio / mean - 1), 0) / ratios.length;
}

function summarise(values: readonly number[]): Estimated {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return { value: at(0.5), low: at(0.025), high: at(0.975) };
}
