/** Fourier transforms of lengths that are a product of small primes: one pass over the data for each factor. */
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import { memoryOf } from "../../kernels/kernel-memory.ts";
import { type ComplexRows, complexRows, type Doubles, tableOf } from "./complex-rows.ts";
import { passOddRadix, passRadix2, passRadix4, passRadix5, type Stage } from "./radix-passes.ts";

/** Tables and memory of a mixed-radix transform. */
export interface MixedRadixPlan {
  readonly kind: "mixed-radix";
  readonly stages: readonly Stage[];
  readonly input: ComplexRows;
  /** What the passes take turns with. */
  readonly spare: ComplexRows;
  /** One of the two. */
  readonly output: ComplexRows;
  /** Where all of it lies in their memory. */
  readonly kernels: KernelFunctions | undefined;
}

/** Tables and memory for transforms of a length that is the product of `radices` (4, 2 or odd). */
export function planMixedRadix(radices: readonly number[], batch: number, doubles: Doubles): MixedRadixPlan {
  const length = radices.reduce((product, radix) => product * radix, 1);
  const stages: Stage[] = [];
  let remaining = length;
  let stride = batch;
  for (const radix of radices) {
    stages.push(planStage(radix, remaining / radix, stride, doubles));
    remaining /= radix;
    stride *= radix;
  }
  const [input, spare] = [complexRows(length * batch, doubles), complexRows(length * batch, doubles)];
  const output = stages.length % 2 === 0 ? input : spare;
  const tables = stages.flatMap(({ twiddleRe, twiddleIm, rootRe, rootIm }) => [twiddleRe, twiddleIm, rootRe, rootIm]);
  const memory = batch % 2 === 0 ? memoryOf(input.re, input.im, spare.re, spare.im, ...tables) : undefined;
  return { kind: "mixed-radix", stages, input, spare, output, kernels: memory?.functions };
}

/**
 * The forward transform of the plan's input along its first axis, factor by factor in Stockham's self-sorting order; by
 * WebAssembly where the plan lies in its memory. The input is lost.
 *
 * @see C. Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992, section 1.7
 */
export function transformMixedRadix({ stages, input, spare, kernels }: MixedRadixPlan): void {
  let [from, to] = [input, spare];
  for (const stage of stages) {
    if (kernels === undefined) passByTwin(stage, from, to);
    else passByKernel(kernels, stage, from, to);
    [from, to] = [to, from];
  }
}

function passByTwin(stage: Stage, { re, im }: ComplexRows, to: ComplexRows): void {
  if (stage.radix === 4) passRadix4(stage, re, im, to.re, to.im);
  else if (stage.radix === 2) passRadix2(stage, re, im, to.re, to.im);
  else if (stage.radix === 5) passRadix5(stage, re, im, to.re, to.im);
  else passOddRadix(stage, re, im, to.re, to.im);
}

function passByKernel(kernels: KernelFunctions, stage: Stage, from: ComplexRows, to: ComplexRows): void {
  const { radix, groups, stride } = stage;
  const [wr, wi] = [stage.twiddleRe.byteOffset, stage.twiddleIm.byteOffset];
  const [rr, ri] = [stage.rootRe.byteOffset, stage.rootIm.byteOffset];
  const [re, im, toRe, toIm] = [from.re.byteOffset, from.im.byteOffset, to.re.byteOffset, to.im.byteOffset];
  if (radix === 4) kernels.radixFour(groups, stride, wr, wi, re, im, toRe, toIm);
  else if (radix === 2) kernels.radixTwo(groups, stride, wr, wi, re, im, toRe, toIm);
  else if (radix === 5) kernels.radixFive(groups, stride, wr, wi, rr, ri, re, im, toRe, toIm);
  else kernels.oddRadix(radix, groups, stride, wr, wi, rr, ri, re, im, toRe, toIm);
}

/** The prime factors of a length, fours before a two before odd primes. */
export function factorize(length: number): number[] {
  const radices: number[] = [];
  let rest = length;
  for (; rest % 4 === 0; rest /= 4) radices.push(4);
  for (; rest % 2 === 0; rest /= 2) radices.push(2);
  for (let radix = 3; radix * radix <= rest; radix += 2) {
    for (; rest % radix === 0; rest /= radix) radices.push(radix);
  }
  if (rest > 1) radices.push(rest);
  return radices;
}

function planStage(radix: number, groups: number, stride: number, doubles: Doubles): Stage {
  const twiddles = Array.from({ length: groups * radix }, (_, i) => Math.floor(i / radix) * (i % radix));
  const roots = Array.from({ length: radix }, (_, j) => j);
  const angle = -2 * Math.PI;
  const table = (steps: readonly number[], wave: (angle: number) => number, period: number) =>
    tableOf(
      Float64Array.from(steps, (step) => wave((angle * step) / period)),
      doubles,
    );
  return {
    radix,
    groups,
    stride,
    twiddleRe: table(twiddles, Math.cos, radix * groups),
    twiddleIm: table(twiddles, Math.sin, radix * groups),
    rootRe: table(roots, Math.cos, radix),
    rootIm: table(roots, Math.sin, radix),
  };
}
