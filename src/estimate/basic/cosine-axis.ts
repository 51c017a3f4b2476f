/**
 * What makes a cosine transform of a Fourier transform, in TypeScript: the twins of the kernels in `assembly/cosine.ts`,
 * equal to the bit. Data are `[length, batch]`; columns `[0, half)` travel as real parts, the others as imaginary ones.
 */
import type { ComplexRows } from "./complex-rows.ts";

/** How many columns there are, and how many of them travel as real parts: an even number, so that they go in pairs. */
export interface AxisShape {
  readonly length: number;
  readonly batch: number;
  readonly half: number;
}

/** Cosines and sines of `πk / (2·length)`, times what makes the transform orthonormal. */
export interface TurnTables {
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** The row that stands at place `j` when the even rows come first, ascending, and then the odd ones, descending. */
function shuffledRow(j: number, length: number): number {
  return 2 * j < length ? 2 * j : 2 * (length - j) - 1;
}

/** The rows in that order, their columns apart. */
export function shuffleColumns(
  source: Float64Array,
  { length, batch, half }: AxisShape,
  { re, im }: ComplexRows,
): void {
  for (let j = 0; j < length; j++) {
    const row = shuffledRow(j, length) * batch;
    for (let q = 0; q < half; q++) {
      re[j * half + q] = q < batch ? source[row + q]! : 0;
      im[j * half + q] = q + half < batch ? source[row + half + q]! : 0;
    }
  }
}

/** The coefficients of the cosine transform from those of the Fourier transform, written as `[batch, length]`. */
export function turnForward(
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
export function turnBack(
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
export function unshuffleColumns(
  { re, im }: ComplexRows,
  { length, batch, half }: AxisShape,
  transposed: Float64Array,
): void {
  for (let j = 0; j < length; j++) {
    const row = shuffledRow(j, length);
    for (let q = 0; q < half && q < batch; q++) transposed[q * length + row] = re[j * half + q]!;
    for (let q = half; q < batch; q++) transposed[q * length + row] = im[j * half + q - half]!;
  }
}
