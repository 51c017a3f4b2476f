/** Fourier transforms of lengths with a large prime factor, as a convolution with a chirp. */
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import { memoryOf } from "../../kernels/kernel-memory.ts";
import { type ComplexRows, complexRows, type Doubles, plainDoubles, tableOf } from "./complex-rows.ts";
import { factorize, type MixedRadixPlan, planMixedRadix, transformMixedRadix } from "./mixed-radix.ts";

/** Tables and memory of a chirp transform. */
export interface ChirpPlan {
  readonly kind: "chirp";
  readonly length: number;
  readonly batch: number;
  /** Transforms of a power of two that is at least `2·length - 1`. */
  readonly padded: MixedRadixPlan;
  readonly paddedLength: number;
  /** `exp(-πi·j² / length)`. */
  readonly chirp: ComplexRows;
  /** The transform of the conjugate chirp, over `paddedLength`. */
  readonly filter: ComplexRows;
  readonly input: ComplexRows;
  /** The input itself. */
  readonly output: ComplexRows;
  /** Where all of it lies in their memory. */
  readonly kernels: KernelFunctions | undefined;
}

/** Tables and memory for transforms of `length` numbers, `batch` of them at once. */
export function planChirpTransform(length: number, batch: number, doubles: Doubles): ChirpPlan {
  const paddedLength = paddedLengthOf(length);
  // j² is taken modulo 2·length, the chirp's period: large angles would lose digits.
  const angles = Array.from({ length }, (_, j) => (-Math.PI * ((j * j) % (2 * length))) / length);
  const chirp = {
    re: tableOf(Float64Array.from(angles, Math.cos), doubles),
    im: tableOf(Float64Array.from(angles, Math.sin), doubles),
  };
  const filter = planFilter(chirp, paddedLength, doubles);
  const padded = planMixedRadix(factorize(paddedLength), batch, doubles);
  const input = complexRows(length * batch, doubles);
  const memory = memoryOf(input.re, input.im, chirp.re, chirp.im, filter.re, filter.im);
  const kernels = padded.kernels && memory?.functions;
  return { kind: "chirp", length, batch, padded, paddedLength, chirp, filter, input, output: input, kernels };
}

/** How long the convolution is. */
export function paddedLengthOf(length: number): number {
  return 2 ** Math.ceil(Math.log2(2 * length - 1));
}

function planFilter(chirp: ComplexRows, paddedLength: number, doubles: Doubles): ComplexRows {
  const plan = planMixedRadix(factorize(paddedLength), 1, plainDoubles);
  const { re, im } = plan.input;
  for (let j = 0; j < chirp.re.length; j++) {
    for (const place of [j, (paddedLength - j) % paddedLength]) {
      re[place] = chirp.re[j]!;
      im[place] = -chirp.im[j]!;
    }
  }
  transformMixedRadix(plan);
  return { re: tableOf(plan.output.re, doubles), im: tableOf(plan.output.im, doubles) };
}

/**
 * The forward transform of the plan's input: `-jk = ((j-k)² - j² - k²) / 2` turns it into a convolution.
 *
 * @see L. I. Bluestein, A linear filtering approach to the computation of discrete Fourier transform, 1970
 */
export function transformChirp(plan: ChirpPlan): void {
  const { length, batch, padded, paddedLength, chirp, filter, input, kernels } = plan;
  const multiply = kernels === undefined ? multiplyRows : multiplyByKernel(kernels);
  const exchanged = { re: padded.input.im, im: padded.input.re };
  for (const part of [padded.input.re, padded.input.im]) part.fill(0, length * batch);
  multiply(length, batch, input, chirp, 1, padded.input);
  transformMixedRadix(padded);
  multiply(paddedLength, batch, padded.output, filter, 1, exchanged);
  transformMixedRadix(padded);
  multiply(length, batch, { re: padded.output.im, im: padded.output.re }, chirp, 1 / paddedLength, input);
}

/** Row j of `[rows, batch]` times factor j and `scale`; source and destination may be the same arrays. */
type MultiplyRows = (
  rows: number,
  batch: number,
  source: ComplexRows,
  factors: ComplexRows,
  scale: number,
  destination: ComplexRows,
) => void;

const multiplyRows: MultiplyRows = (rows, batch, { re, im }, factors, scale, { re: toRe, im: toIm }) => {
  for (let j = 0; j < rows; j++) {
    const fr = factors.re[j]! * scale;
    const fi = factors.im[j]! * scale;
    for (let i = j * batch; i < (j + 1) * batch; i++) {
      const r = re[i]!;
      const m = im[i]!;
      toRe[i] = r * fr - m * fi;
      toIm[i] = r * fi + m * fr;
    }
  }
};

function multiplyByKernel(kernels: KernelFunctions): MultiplyRows {
  return (rows, batch, source, factors, scale, destination) =>
    kernels.multiplyRows(
      rows,
      batch,
      source.re.byteOffset,
      source.im.byteOffset,
      factors.re.byteOffset,
      factors.im.byteOffset,
      scale,
      destination.re.byteOffset,
      destination.im.byteOffset,
    );
}
