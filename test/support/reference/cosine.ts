/**
 * The cosine transform, as plain loops: what the kernels of `assembly/cosine.ts` and `assembly/fourier*.ts` are held
 * against. Data are `[length, batch]`; columns `[0, half)` travel as real parts, the others as imaginary ones.
 */
import type { Yx } from "../../../src/shapes.ts";
import { transformFourier } from "./fourier.ts";

/** DCT-II of an image over both axes, orthonormal; its inverse where `inverse`. */
export function transformCosine(image: Float64Array, [height, width]: Yx, inverse: boolean): Float64Array {
  const transform = inverse ? invertAxis : transformAxis;
  return transform(transform(image, height, width), width, height);
}

function transformAxis(source: Float64Array, length: number, batch: number): Float64Array {
  const shape = { length, batch, half: 2 * Math.ceil(batch / 4) };
  const [input, transposed] = [rowsOf(shape), new Float64Array(length * batch)];
  shuffleColumns(source, shape, input);
  const output = transformFourier(input, length, shape.half);
  turnForward(
    output,
    shape,
    tablesOf(length, (k) => Math.sqrt((k === 0 ? 1 : 2) / length) / 2),
    transposed,
  );
  return transposed;
}

function invertAxis(source: Float64Array, length: number, batch: number): Float64Array {
  const shape = { length, batch, half: 2 * Math.ceil(batch / 4) };
  const [input, transposed] = [rowsOf(shape), new Float64Array(length * batch)];
  turnBack(
    source,
    shape,
    tablesOf(length, (k) => 1 / Math.sqrt((k === 0 ? 1 : 2) * length)),
    input,
  );
  // Exchanged, so that the forward transform is the inverse one
  const { re, im } = transformFourier({ re: input.im, im: input.re }, length, shape.half);
  unshuffleColumns({ re: im, im: re }, shape, transposed);
  return transposed;
}

function rowsOf({ length, half }: AxisShape): ComplexRows {
  return { re: new Float64Array(length * half), im: new Float64Array(length * half) };
}

function tablesOf(length: number, scaleOf: (k: number) => number): TurnTables {
  const angles = Array.from({ length }, (_, k) => (Math.PI * k) / (2 * length));
  return {
    cosines: Float64Array.from(angles, (angle, k) => Math.cos(angle) * scaleOf(k)),
    sines: Float64Array.from(angles, (angle, k) => Math.sin(angle) * scaleOf(k)),
  };
}

interface ComplexRows {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** How many columns there are, and how many of them travel as real parts: an even number, so that they go in pairs. */
interface AxisShape {
  readonly length: number;
  readonly batch: number;
  readonly half: number;
}

/** Cosines and sines of `πk / (2·length)`, times what makes the transform orthonormal. */
interface TurnTables {
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** The row that stands at place `j` when the even rows come first, ascending, and then the odd ones, descending. */
function shuffledRow(j: number, length: number): number {
  return 2 * j < length ? 2 * j : 2 * (length - j) - 1;
}

/** The rows in that order, their columns apart. */
function shuffleColumns(source: Float64Array, { length, batch, half }: AxisShape, { re, im }: ComplexRows): void {
  for (let j = 0; j < length; j++) {
    const row = shuffledRow(j, length) * batch;
    for (let q = 0; q < half; q++) {
      re[j * half + q] = q < batch ? source[row + q]! : 0;
      im[j * half + q] = q + half < batch ? source[row + half + q]! : 0;
    }
  }
}

/** The coefficients of the cosine transform from those of the Fourier transform, written as `[batch, length]`. */
function turnForward(
  { re, im }: ComplexRows,
  { length, batch, half }: AxisShape,
  { cosines, sines }: TurnTables,
  transposed: Float64Array,
): void {
  for (let k = 0; k < length; k++) {
    const [cosine, sine] = [cosines[k]!, sines[k]!];
    const mirrored = k === 0 ? 0 : length - k;
    for (let q = 0; q < half; q++) {
      const a = k * half + q;
      const b = mirrored * half + q;
      // The transforms of the two real columns are the conjugate-even and the conjugate-odd part.
      if (q < batch) transposed[q * length + k] = (re[a]! + re[b]!) * cosine + (im[a]! - im[b]!) * sine;
      if (q + half < batch) {
        transposed[(q + half) * length + k] = (im[a]! + im[b]!) * cosine - (re[a]! - re[b]!) * sine;
      }
    }
  }
}

/** What the inverse Fourier transform takes, from the coefficients of the cosine transform. */
function turnBack(
  source: Float64Array,
  { length, batch, half }: AxisShape,
  { cosines, sines }: TurnTables,
  { re, im }: ComplexRows,
): void {
  for (let k = 0; k < length; k++) {
    const [cosine, sine] = [cosines[k]!, sines[k]!];
    // Coefficient `length` is zero: it stands for the imaginary part of a real number.
    const mirrored = (k === 0 ? 0 : length - k) * batch;
    const present = k === 0 ? 0 : 1;
    for (let q = 0; q < half; q++) {
      const [isFirst, isSecond] = [q < batch, q + half < batch];
      const a = isFirst ? source[k * batch + q]! : 0;
      const b = (isFirst ? source[mirrored + q]! : 0) * present;
      const c = isSecond ? source[k * batch + q + half]! : 0;
      const d = (isSecond ? source[mirrored + q + half]! : 0) * present;
      re[k * half + q] = a * cosine + b * sine - (c * sine - d * cosine);
      im[k * half + q] = a * sine - b * cosine + (c * cosine + d * sine);
    }
  }
}

/** Undoes {@link shuffleColumns}, written as `[batch, length]`. */
function unshuffleColumns({ re, im }: ComplexRows, { length, batch, half }: AxisShape, transposed: Float64Array): void {
  for (let j = 0; j < length; j++) {
    const row = shuffledRow(j, length);
    for (let q = 0; q < half && q < batch; q++) transposed[q * length + row] = re[j * half + q]!;
    for (let q = half; q < batch; q++) transposed[q * length + row] = im[j * half + q - half]!;
  }
}
