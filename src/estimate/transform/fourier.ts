/**
 * Fast Fourier transforms of any length, many at once: data are `[length, batch]` in C order and the transform runs
 * along the first axis, so that the innermost loops walk through contiguous memory. All of it lies in the kernels'
 * memory.
 */
import { reading, writing } from "../../kernels/addresses.ts";
import { bindKernel } from "../../kernels/bind.ts";
import { type Layout, layoutOf, takeAlone } from "../../kernels/layout.ts";
import {
  type ComplexRows,
  complexRows,
  factorize,
  type MixedRadixArrays,
  type MixedRadixPlan,
  mixedRadixLayout,
  planMixedRadix,
} from "./mixed-radix.ts";

/** Tables and memory for transforms of one length and batch, made once and used for each of them. */
export type FourierPlan = MixedRadixPlan | ChirpPlan;

/** A larger prime factor costs more as a pass of its own than the chirp transform of the whole length. */
const largestRadix = 31;

/** What a plan allocates in a memory. */
export type FourierArrays = MixedRadixArrays | ChirpArrays;

/** What {@link planFourierTransform} allocates. */
export function fourierLayout(length: number, batch: number): Layout<FourierArrays> {
  return hasSmallFactors(length) ? mixedRadixLayout(length, batch) : chirpLayout(length, batch);
}

/**
 * Prepares transforms of `length` numbers, `batch` of them at once.
 *
 * @param batch an even number, as kernels work on pairs
 */
export function planFourierTransform(length: number, batch: number, arrays: FourierArrays): FourierPlan {
  if (batch % 2 !== 0)
    throw new RangeError(`Fourier transforms are made of an even number of columns, not of ${batch}`);
  return "chirp" in arrays ? planChirpTransform(length, batch, arrays) : planMixedRadix(length, batch, arrays);
}

function hasSmallFactors(length: number): boolean {
  return factorize(length).every((radix) => radix <= largestRadix);
}

/**
 * The forward transform `Z[k] = Σ_j z[j]·exp(-2πi·jk / length)` of the plan's input along its first axis; the plan's
 * output has the result, and the input is overwritten. With `re` and `im` exchanged in both it is the inverse one,
 * times `length`.
 */
export function transformFourier(plan: FourierPlan): void {
  if (plan.kind === "chirp") plan.transform();
  else transformMixedRadix(plan);
}

/** The transform of the plan's input, which is overwritten. */
function transformMixedRadix({ passes }: MixedRadixPlan): void {
  for (const pass of passes) pass();
}

// Fourier transforms of lengths with a large prime factor, as a convolution with a chirp.

/** A chirp transform. */
interface ChirpPlan {
  readonly kind: "chirp";
  readonly input: ComplexRows;
  /** The same array as the input. */
  readonly output: ComplexRows;
  readonly transform: () => void;
}

interface ChirpArrays {
  /** `exp(-πi·j² / length)`. */
  readonly chirp: ComplexRows;
  /** The transform of the conjugate chirp, over the padded length. */
  readonly filter: ComplexRows;
  readonly input: ComplexRows;
  /** Transforms of a power of two that is at least `2·length - 1`. */
  readonly padded: MixedRadixArrays;
}

function chirpLayout(length: number, batch: number): Layout<ChirpArrays> {
  const paddedLength = paddedLengthOf(length);
  return layoutOf({
    chirp: complexRows(length),
    filter: complexRows(paddedLength),
    input: complexRows(length * batch),
    padded: mixedRadixLayout(paddedLength, batch),
  });
}

/** The length of the convolution. */
function paddedLengthOf(length: number): number {
  return 2 ** Math.ceil(Math.log2(2 * length - 1));
}

/**
 * Prepares forward transforms: `-jk = ((j-k)² - j² - k²) / 2` turns them into convolutions.
 *
 * @see L. I. Bluestein, A linear filtering approach to the computation of discrete Fourier transform, 1970
 */
function planChirpTransform(length: number, batch: number, arrays: ChirpArrays): ChirpPlan {
  const { chirp, filter, input } = arrays;
  const paddedLength = paddedLengthOf(length);
  // j² is taken modulo 2·length, the chirp's period: large angles would lose digits.
  const angles = Array.from({ length }, (_, j) => (-Math.PI * ((j * j) % (2 * length))) / length);
  chirp.re.set(angles.map(Math.cos));
  chirp.im.set(angles.map(Math.sin));
  setFilter(chirp, paddedLength, filter);
  const padded = planMixedRadix(paddedLength, batch, arrays.padded);
  const exchanged = { re: padded.input.im, im: padded.input.re };
  const back = { re: padded.output.im, im: padded.output.re };
  const multiplyIn = bindMultiply(length, batch, input, chirp, 1, padded.input);
  const multiplyBetween = bindMultiply(paddedLength, batch, padded.output, filter, 1, exchanged);
  const multiplyOut = bindMultiply(length, batch, back, chirp, 1 / paddedLength, input);
  const transform = () => {
    for (const part of [padded.input.re, padded.input.im]) part.fill(0, length * batch);
    multiplyIn();
    transformMixedRadix(padded);
    multiplyBetween();
    transformMixedRadix(padded);
    multiplyOut();
  };
  return { kind: "chirp", input, output: input, transform };
}

function setFilter(chirp: ComplexRows, paddedLength: number, filter: ComplexRows): void {
  const columns = 2;
  const plan = planMixedRadix(paddedLength, columns, takeAlone(mixedRadixLayout(paddedLength, columns)));
  const { re, im } = plan.input;
  for (const part of [re, im]) part.fill(0);
  for (let j = 0; j < chirp.re.length; j++) {
    for (const place of [j, (paddedLength - j) % paddedLength]) {
      re[columns * place] = chirp.re[j]!;
      im[columns * place] = -chirp.im[j]!;
    }
  }
  transformMixedRadix(plan);
  for (let j = 0; j < paddedLength; j++) {
    filter.re[j] = plan.output.re[columns * j]!;
    filter.im[j] = plan.output.im[columns * j]!;
  }
}

/** Row j of `[rows, batch]` times factor j and `scale`; source and destination may be the same arrays. */
function bindMultiply(
  rows: number,
  batch: number,
  source: ComplexRows,
  factors: ComplexRows,
  scale: number,
  destination: ComplexRows,
): () => void {
  const count = rows * batch;
  const from = [reading(source.re, 0, count), reading(source.im, 0, count)] as const;
  const by = [reading(factors.re, 0, rows), reading(factors.im, 0, rows)] as const;
  const to = [writing(destination.re, 0, count), writing(destination.im, 0, count)] as const;
  return bindKernel("multiplyRows", rows, batch, ...from, ...by, scale, ...to);
}
