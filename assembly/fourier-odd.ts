/** Passes of a Fourier transform for any odd radix, and rows times factors; see `fourier.ts`. */
import { storeOffTurned, storeSumTurned } from "./fourier";

/** Groups of any odd number. Overwrites its input. */
export function oddRadix(
  radix: i32,
  groups: i32,
  stride: i32,
  twiddleRe: usize,
  twiddleIm: usize,
  rootRe: usize,
  rootIm: usize,
  re: usize,
  im: usize,
  toRe: usize,
  toIm: usize,
): void {
  const run = (<usize>stride) << 3;
  const apart = <usize>groups * run;
  const pairs = (radix - 1) >> 1;
  for (let p = 0; p < groups; p++) {
    addPairs(radix, pairs, run, apart, re, im, toRe, toIm);
    for (let k = 1; k <= pairs; k++) {
      const l = radix - k;
      const atK = (<usize>k) << 3;
      const atL = (<usize>l) << 3;
      for (let q: usize = 0; q < run; q += 16) {
        let evenRe = v128.load(re + q);
        let evenIm = v128.load(im + q);
        let oddRe = f64x2.splat(0);
        let oddIm = f64x2.splat(0);
        let root = 0;
        for (let j = 1; j <= pairs; j++) {
          const a = <usize>j * apart + q;
          const b = <usize>(radix - j) * apart + q;
          root += k;
          if (root >= radix) root -= radix;
          const cosine = v128.load64_splat(rootRe + ((<usize>root) << 3));
          const sine = v128.load64_splat(rootIm + ((<usize>root) << 3));
          evenRe = f64x2.add(evenRe, f64x2.mul(v128.load(re + a), cosine));
          evenIm = f64x2.add(evenIm, f64x2.mul(v128.load(im + a), cosine));
          oddRe = f64x2.sub(oddRe, f64x2.mul(v128.load(im + b), sine));
          oddIm = f64x2.add(oddIm, f64x2.mul(v128.load(re + b), sine));
        }
        const toK = <usize>k * run + q;
        const toL = <usize>l * run + q;
        storeSumTurned(toRe + toK, toIm + toK, evenRe, oddRe, evenIm, oddIm, twiddleRe + atK, twiddleIm + atK);
        storeOffTurned(toRe + toL, toIm + toL, evenRe, oddRe, evenIm, oddIm, twiddleRe + atL, twiddleIm + atL);
      }
    }
    twiddleRe += (<usize>radix) << 3;
    twiddleIm += (<usize>radix) << 3;
    re += run;
    im += run;
    toRe += <usize>radix * run;
    toIm += <usize>radix * run;
  }
}

/** z[j] and z[radix - j] become their sum and their difference; Z[0] is the sum of all. */
function addPairs(
  radix: i32,
  pairs: i32,
  run: usize,
  apart: usize,
  re: usize,
  im: usize,
  toRe: usize,
  toIm: usize,
): void {
  for (let q: usize = 0; q < run; q += 16) {
    let totalRe = v128.load(re + q);
    let totalIm = v128.load(im + q);
    for (let j = 1; j <= pairs; j++) {
      const a = <usize>j * apart + q;
      const b = <usize>(radix - j) * apart + q;
      const ar = v128.load(re + a);
      const ai = v128.load(im + a);
      const br = v128.load(re + b);
      const bi = v128.load(im + b);
      const sumRe = f64x2.add(ar, br);
      const sumIm = f64x2.add(ai, bi);
      v128.store(re + a, sumRe);
      v128.store(im + a, sumIm);
      v128.store(re + b, f64x2.sub(ar, br));
      v128.store(im + b, f64x2.sub(ai, bi));
      totalRe = f64x2.add(totalRe, sumRe);
      totalIm = f64x2.add(totalIm, sumIm);
    }
    v128.store(toRe + q, totalRe);
    v128.store(toIm + q, totalIm);
  }
}

/** Row j of `[rows, batch]` times factor j and `scale`; source and destination may be the same. */
export function multiplyRows(
  rows: i32,
  batch: i32,
  re: usize,
  im: usize,
  factorRe: usize,
  factorIm: usize,
  scale: f64,
  toRe: usize,
  toIm: usize,
): void {
  const run = (<usize>batch) << 3;
  for (let j = 0; j < rows; j++) {
    const fr = f64x2.splat(load<f64>(factorRe + ((<usize>j) << 3)) * scale);
    const fi = f64x2.splat(load<f64>(factorIm + ((<usize>j) << 3)) * scale);
    const start = <usize>j * run;
    for (let i = start; i < start + run; i += 16) {
      const r = v128.load(re + i);
      const m = v128.load(im + i);
      v128.store(toRe + i, f64x2.sub(f64x2.mul(r, fr), f64x2.mul(m, fi)));
      v128.store(toIm + i, f64x2.add(f64x2.mul(r, fi), f64x2.mul(m, fr)));
    }
  }
}
