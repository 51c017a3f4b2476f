/** Fourier transforms along the first axis of `[length, batch]`, as plain loops, pass by pass as the kernels make them. */
import { factorize } from "../../../src/estimate/transform/mixed-radix.ts";
import { passOddRadix, passRadix2, passRadix4, passRadix5, type Stage } from "./radix-passes.ts";

/** Real and imaginary parts. */
interface Rows {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The forward transform; what it is of is lost. */
export function transformFourier(input: Rows, length: number, batch: number): Rows {
  const radices = factorize(length);
  return radices.every((radix) => radix <= 31)
    ? transformMixedRadix(input, radices, length, batch)
    : transformChirp(input, length, batch);
}

function transformMixedRadix(input: Rows, radices: readonly number[], length: number, batch: number): Rows {
  let [from, to] = [input, emptyRows(length * batch)];
  let [remaining, stride] = [length, batch];
  for (const radix of radices) {
    remaining /= radix;
    const stage = stageOf(radix, remaining, stride);
    const pass = radix === 4 ? passRadix4 : radix === 2 ? passRadix2 : radix === 5 ? passRadix5 : passOddRadix;
    pass(stage, from.re, from.im, to.re, to.im);
    [from, to] = [to, from];
    stride *= radix;
  }
  return from;
}

function stageOf(radix: number, groups: number, stride: number): Stage {
  const steps = Array.from({ length: groups * radix }, (_, i) => Math.floor(i / radix) * (i % radix));
  const places = Array.from({ length: radix }, (_, j) => j);
  const table = (of: readonly number[], wave: (angle: number) => number, period: number) =>
    Float64Array.from(of, (step) => wave((-2 * Math.PI * step) / period));
  return {
    radix,
    groups,
    stride,
    twiddleRe: table(steps, Math.cos, radix * groups),
    twiddleIm: table(steps, Math.sin, radix * groups),
    rootRe: table(places, Math.cos, radix),
    rootIm: table(places, Math.sin, radix),
  };
}

function transformChirp(input: Rows, length: number, batch: number): Rows {
  const paddedLength = 2 ** Math.ceil(Math.log2(2 * length - 1));
  const radices = factorize(paddedLength);
  const angles = Array.from({ length }, (_, j) => (-Math.PI * ((j * j) % (2 * length))) / length);
  const chirp = { re: Float64Array.from(angles, Math.cos), im: Float64Array.from(angles, Math.sin) };
  const conjugate = emptyRows(paddedLength);
  for (let j = 0; j < length; j++) {
    for (const place of [j, (paddedLength - j) % paddedLength]) {
      conjugate.re[place] = chirp.re[j]!;
      conjugate.im[place] = -chirp.im[j]!;
    }
  }
  const filter = transformMixedRadix(conjugate, radices, paddedLength, 1);
  const padded = emptyRows(paddedLength * batch);
  multiplyRows(length, batch, input, chirp, 1, padded);
  const there = transformMixedRadix(padded, radices, paddedLength, batch);
  const product = emptyRows(paddedLength * batch);
  multiplyRows(paddedLength, batch, there, filter, 1, { re: product.im, im: product.re });
  const back = transformMixedRadix(product, radices, paddedLength, batch);
  const output = emptyRows(length * batch);
  multiplyRows(length, batch, { re: back.im, im: back.re }, chirp, 1 / paddedLength, output);
  return output;
}

function emptyRows(length: number): Rows {
  return { re: new Float64Array(length), im: new Float64Array(length) };
}

/** Row j of `[rows, batch]` times factor j and `scale`. */
function multiplyRows(rows: number, batch: number, from: Rows, factors: Rows, scale: number, to: Rows): void {
  for (let j = 0; j < rows; j++) {
    const fr = factors.re[j]! * scale;
    const fi = factors.im[j]! * scale;
    for (let i = j * batch; i < (j + 1) * batch; i++) {
      const r = from.re[i]!;
      const m = from.im[i]!;
      to.re[i] = r * fr - m * fi;
      to.im[i] = r * fi + m * fr;
    }
  }
}
