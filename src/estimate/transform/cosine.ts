/**
 * The orthonormal two-dimensional cosine transform (DCT-II) and its inverse (DCT-III), for images of every size, made
 * of Fourier transforms as `assembly/cosine.ts` describes.
 */
import { reading, writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import { doubles, type Layout, layoutOf, takeAlone } from "../../kernels/layout.ts";
import type { Yx } from "../../shapes.ts";
import {
  type FourierArrays,
  type FourierPlan,
  fourierLayout,
  planFourierTransform,
  transformFourier,
} from "./fourier.ts";
import type { ComplexRows } from "./mixed-radix.ts";

/** Tables and memory for transforms of images of one shape, made once and used for each of them. */
export interface CosinePlan {
  readonly shapeYx: Yx;
  readonly alongY: AxisPlan;
  readonly alongX: AxisPlan;
  /** The image between the two axes, transposed. */
  readonly between: Float64Array;
}

/** What a plan allocates in the kernels' memory. */
export interface CosineArrays {
  readonly alongY: AxisArrays;
  readonly alongX: AxisArrays;
  readonly between: Float64Array;
}

interface AxisArrays {
  readonly fourier: FourierArrays;
  readonly forward: TurnTables;
  readonly backward: TurnTables;
}

/** Cosines and sines of `πk / (2·length)`, times the factor that makes the transform orthonormal. */
interface TurnTables {
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/**
 * The transform along the first axis of `[length, batch]`: two real columns are combined into one complex one, the
 * first `half` of them as real parts, an even number.
 */
interface AxisPlan extends Omit<AxisArrays, "fourier"> {
  readonly length: number;
  readonly batch: number;
  readonly half: number;
  readonly fourier: FourierPlan;
}

/** What {@link planCosineTransform} allocates for images of `shapeYx`. */
export function cosineLayout([height, width]: Yx): Layout<CosineArrays> {
  return layoutOf({
    alongY: axisLayout(height, width),
    alongX: axisLayout(width, height),
    between: doubles(height * width),
  });
}

function axisLayout(length: number, batch: number): Layout<AxisArrays> {
  const turn = layoutOf({ cosines: doubles(length), sines: doubles(length) });
  return layoutOf({ fourier: fourierLayout(length, evenHalf(batch)), forward: turn, backward: turn });
}

/**
 * Prepares transforms of images of `shapeYx`.
 * @param arrays of {@link cosineLayout}; in a memory of their own by default
 */
export function planCosineTransform(shapeYx: Yx, arrays: CosineArrays = takeAlone(cosineLayout(shapeYx))): CosinePlan {
  const [height, width] = shapeYx;
  return {
    shapeYx,
    alongY: planAxis(height, width, arrays.alongY),
    alongX: planAxis(width, height, arrays.alongX),
    between: arrays.between,
  };
}

/** DCT-II of `image` over both axes, orthonormal. The destination may be the image itself. */
export function transformCosine(plan: CosinePlan, image: Float64Array, destination: Float64Array): void {
  transformAxis(plan.alongY, image, plan.between);
  transformAxis(plan.alongX, plan.between, destination);
}

/** The inverse of {@link transformCosine}. The destination may be the coefficients themselves. */
export function invertCosine(plan: CosinePlan, coefficients: Float64Array, destination: Float64Array): void {
  invertAxis(plan.alongY, coefficients, plan.between);
  invertAxis(plan.alongX, plan.between, destination);
}

function planAxis(length: number, batch: number, { fourier, forward, backward }: AxisArrays): AxisPlan {
  setTurns(forward, (k) => Math.sqrt((k === 0 ? 1 : 2) / length) / 2);
  setTurns(backward, (k) => 1 / Math.sqrt((k === 0 ? 1 : 2) * length));
  const half = evenHalf(batch);
  return { length, batch, half, fourier: planFourierTransform(length, half, fourier), forward, backward };
}

function setTurns({ cosines, sines }: TurnTables, scaleOf: (k: number) => number): void {
  const angle = (k: number) => (Math.PI * k) / (2 * cosines.length);
  for (let k = 0; k < cosines.length; k++) {
    cosines[k] = Math.cos(angle(k)) * scaleOf(k);
    sines[k] = Math.sin(angle(k)) * scaleOf(k);
  }
}

/** Half of the columns, or one more or two. */
function evenHalf(batch: number): number {
  return 2 * Math.ceil(batch / 4);
}

/**
 * DCT-II along the first axis of `[length, batch]`, written transposed as `[batch, length]`: the Fourier transform of
 * the shuffled rows, turned by a quarter sample.
 *
 * @see J. Makhoul, A fast cosine transform in one and two dimensions, IEEE Trans. ASSP 28 (1980), 27-34
 */
function transformAxis(plan: AxisPlan, source: Float64Array, transposed: Float64Array): void {
  const { length, batch, half, fourier, forward } = plan;
  const [input, output] = [written(fourier.input), read(fourier.output)];
  runKernel("shuffleColumns", reading(source, 0, length * batch), length, batch, half, ...input);
  transformFourier(fourier);
  const turns = [reading(forward.cosines), reading(forward.sines)] as const;
  runKernel("turnForward", ...output, length, batch, half, ...turns, writing(transposed, 0, length * batch));
}

/** DCT-III along the first axis of `[length, batch]`, written transposed: the steps of `transformAxis`, backwards. */
function invertAxis(plan: AxisPlan, source: Float64Array, transposed: Float64Array): void {
  const { length, batch, half, fourier, backward } = plan;
  // Exchanged, so that the forward transform is the inverse one.
  const input = written({ re: fourier.input.im, im: fourier.input.re });
  const output = read({ re: fourier.output.im, im: fourier.output.re });
  const turns = [reading(backward.cosines), reading(backward.sines)] as const;
  runKernel("turnBack", reading(source, 0, length * batch), length, batch, half, ...turns, ...input);
  transformFourier(fourier);
  runKernel("unshuffleColumns", ...output, length, batch, half, writing(transposed, 0, length * batch));
}

function read({ re, im }: ComplexRows) {
  return [reading(re), reading(im)] as const;
}

function written({ re, im }: ComplexRows) {
  return [writing(re), writing(im)] as const;
}
