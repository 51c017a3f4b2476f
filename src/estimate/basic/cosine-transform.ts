/** The orthonormal two-dimensional cosine transform (DCT-II) and its inverse (DCT-III), for images of every size. */
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import { memoryOf } from "../../kernels/kernel-memory.ts";
import type { Yx } from "../../shapes.ts";
import { type ComplexRows, type Doubles, plainDoubles, tableOf } from "./complex-rows.ts";
import {
  type AxisShape,
  shuffleColumns,
  type TurnTables,
  turnBack,
  turnForward,
  unshuffleColumns,
} from "./cosine-axis.ts";
import { type FourierPlan, fourierNumbers, planFourierTransform, transformFourier } from "./fourier-transform.ts";

/** Tables and memory for transforms of images of one shape, made once and used again. */
export interface CosinePlan {
  readonly shapeYx: Yx;
  readonly alongY: AxisPlan;
  readonly alongX: AxisPlan;
  /** The image between the two axes, transposed. */
  readonly between: Float64Array;
}

/** The transform along the first axis of `[length, batch]`; two real columns travel as one complex one. */
interface AxisPlan extends AxisShape {
  readonly fourier: FourierPlan;
  readonly forward: TurnTables;
  readonly backward: TurnTables;
}

/**
 * Tables and memory for images of `shapeYx`.
 * @param doubles where they are; {@link cosineBytes} of them where that is the memory of the kernels
 */
export function planCosineTransform(shapeYx: Yx, doubles: Doubles = plainDoubles): CosinePlan {
  const [height, width] = shapeYx;
  return {
    shapeYx,
    alongY: planAxis(height, width, doubles),
    alongX: planAxis(width, height, doubles),
    between: doubles(height * width),
  };
}

/** The bytes that {@link planCosineTransform} takes from a memory, at most. */
export function cosineBytes([height, width]: Yx): number {
  const axisNumbers = (length: number, batch: number) => fourierNumbers(length, evenHalf(batch)) + 4 * (length + 8);
  return 8 * (axisNumbers(height, width) + axisNumbers(width, height) + height * width + 8);
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

function planAxis(length: number, batch: number, doubles: Doubles): AxisPlan {
  const half = evenHalf(batch);
  const angles = Array.from({ length }, (_, k) => (Math.PI * k) / (2 * length));
  const turns = (scaleOf: (k: number) => number): TurnTables => ({
    cosines: tableOf(
      Float64Array.from(angles, (angle, k) => Math.cos(angle) * scaleOf(k)),
      doubles,
    ),
    sines: tableOf(
      Float64Array.from(angles, (angle, k) => Math.sin(angle) * scaleOf(k)),
      doubles,
    ),
  });
  return {
    length,
    batch,
    half,
    fourier: planFourierTransform(length, half, doubles),
    forward: turns((k) => Math.sqrt((k === 0 ? 1 : 2) / length) / 2),
    backward: turns((k) => 1 / Math.sqrt((k === 0 ? 1 : 2) * length)),
  };
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
  const { input, output } = fourier;
  const kernels = kernelsFor(plan, forward, source, transposed);
  if (kernels === undefined) shuffleColumns(source, plan, input);
  else kernels.shuffleColumns(source.byteOffset, length, batch, half, input.re.byteOffset, input.im.byteOffset);
  transformFourier(fourier);
  if (kernels === undefined) {
    turnForward(output, plan, forward, transposed);
  } else {
    const [cosines, sines] = [forward.cosines.byteOffset, forward.sines.byteOffset];
    const [re, im, to] = [output.re.byteOffset, output.im.byteOffset, transposed.byteOffset];
    kernels.turnForward(re, im, length, batch, half, cosines, sines, to);
  }
}

/** DCT-III along the first axis of `[length, batch]`, written transposed: the steps of `transformAxis`, backwards. */
function invertAxis(plan: AxisPlan, source: Float64Array, transposed: Float64Array): void {
  const { length, batch, half, fourier, backward } = plan;
  // Exchanged, so that the forward transform is the inverse one.
  const input: ComplexRows = { re: fourier.input.im, im: fourier.input.re };
  const output: ComplexRows = { re: fourier.output.im, im: fourier.output.re };
  const kernels = kernelsFor(plan, backward, source, transposed);
  if (kernels === undefined) {
    turnBack(source, plan, backward, input);
  } else {
    const [cosines, sines] = [backward.cosines.byteOffset, backward.sines.byteOffset];
    const [re, im] = [input.re.byteOffset, input.im.byteOffset];
    kernels.turnBack(source.byteOffset, length, batch, half, cosines, sines, re, im);
  }
  transformFourier(fourier);
  if (kernels === undefined) {
    unshuffleColumns(output, plan, transposed);
  } else {
    const [re, im, to] = [output.re.byteOffset, output.im.byteOffset, transposed.byteOffset];
    kernels.unshuffleColumns(re, im, length, batch, half, to);
  }
}

/** The kernels, where plan and images lie in their memory. */
function kernelsFor(
  { fourier }: AxisPlan,
  { cosines, sines }: TurnTables,
  source: Float64Array,
  transposed: Float64Array,
): KernelFunctions | undefined {
  const { kernels } = fourier;
  return kernels && memoryOf(source, transposed, cosines, sines)?.functions === kernels ? kernels : undefined;
}
