/**
 * The passes of a Fourier transform over `[length, batch]` of complex f64, real and imaginary parts apart.
 * Batches are even, so that numbers go in pairs. Addresses of twiddle factors
 * and roots are those of f64, extents count numbers.
 */

/** Groups of two. */
export function radixTwo(
  groups: i32,
  stride: i32,
  twiddleRe: usize,
  twiddleIm: usize,
  re: usize,
  im: usize,
  toRe: usize,
  toIm: usize,
): void {
  const run = (<usize>stride) << 3;
  const half = <usize>groups * run;
  for (let p = 0; p < groups; p++) {
    const wr = v128.load64_splat(twiddleRe, 8);
    const wi = v128.load64_splat(twiddleIm, 8);
    for (let q: usize = 0; q < run; q += 16) {
      const ar = v128.load(re + q);
      const ai = v128.load(im + q);
      const br = v128.load(re + half + q);
      const bi = v128.load(im + half + q);
      const dr = f64x2.sub(ar, br);
      const di = f64x2.sub(ai, bi);
      v128.store(toRe + q, f64x2.add(ar, br));
      v128.store(toIm + q, f64x2.add(ai, bi));
      storeTurned(toRe + run + q, toIm + run + q, dr, di, wr, wi);
    }
    twiddleRe += 16;
    twiddleIm += 16;
    re += run;
    im += run;
    toRe += 2 * run;
    toIm += 2 * run;
  }
}

/** Groups of four. */
export function radixFour(
  groups: i32,
  stride: i32,
  twiddleRe: usize,
  twiddleIm: usize,
  re: usize,
  im: usize,
  toRe: usize,
  toIm: usize,
): void {
  const run = (<usize>stride) << 3;
  const apart = <usize>groups * run;
  for (let p = 0; p < groups; p++) {
    const w1r = v128.load64_splat(twiddleRe, 8);
    const w2r = v128.load64_splat(twiddleRe, 16);
    const w3r = v128.load64_splat(twiddleRe, 24);
    const w1i = v128.load64_splat(twiddleIm, 8);
    const w2i = v128.load64_splat(twiddleIm, 16);
    const w3i = v128.load64_splat(twiddleIm, 24);
    for (let q: usize = 0; q < run; q += 16) {
      const b = apart + q;
      const c = b + apart;
      const d = c + apart;
      const sumAcRe = f64x2.add(v128.load(re + q), v128.load(re + c));
      const sumAcIm = f64x2.add(v128.load(im + q), v128.load(im + c));
      const differenceAcRe = f64x2.sub(v128.load(re + q), v128.load(re + c));
      const differenceAcIm = f64x2.sub(v128.load(im + q), v128.load(im + c));
      const sumBdRe = f64x2.add(v128.load(re + b), v128.load(re + d));
      const sumBdIm = f64x2.add(v128.load(im + b), v128.load(im + d));
      // times -i
      const differenceBdRe = f64x2.sub(v128.load(im + b), v128.load(im + d));
      const differenceBdIm = f64x2.sub(v128.load(re + d), v128.load(re + b));
      const oneRe = f64x2.add(differenceAcRe, differenceBdRe);
      const oneIm = f64x2.add(differenceAcIm, differenceBdIm);
      const twoRe = f64x2.sub(sumAcRe, sumBdRe);
      const twoIm = f64x2.sub(sumAcIm, sumBdIm);
      const threeRe = f64x2.sub(differenceAcRe, differenceBdRe);
      const threeIm = f64x2.sub(differenceAcIm, differenceBdIm);
      v128.store(toRe + q, f64x2.add(sumAcRe, sumBdRe));
      v128.store(toIm + q, f64x2.add(sumAcIm, sumBdIm));
      storeTurned(toRe + run + q, toIm + run + q, oneRe, oneIm, w1r, w1i);
      storeTurned(toRe + 2 * run + q, toIm + 2 * run + q, twoRe, twoIm, w2r, w2i);
      storeTurned(toRe + 3 * run + q, toIm + 3 * run + q, threeRe, threeIm, w3r, w3i);
    }
    twiddleRe += 32;
    twiddleIm += 32;
    re += run;
    im += run;
    toRe += 4 * run;
    toIm += 4 * run;
  }
}

/** Groups of five. */
export function radixFive(
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
  const cosine1 = v128.load64_splat(rootRe, 8);
  const cosine2 = v128.load64_splat(rootRe, 16);
  const sine1 = v128.load64_splat(rootIm, 8);
  const sine2 = v128.load64_splat(rootIm, 16);
  for (let p = 0; p < groups; p++) {
    for (let q: usize = 0; q < run; q += 16) {
      const b = apart + q;
      const c = b + apart;
      const d = c + apart;
      const e = d + apart;
      const ar = v128.load(re + q);
      const ai = v128.load(im + q);
      const sumBeRe = f64x2.add(v128.load(re + b), v128.load(re + e));
      const sumBeIm = f64x2.add(v128.load(im + b), v128.load(im + e));
      const sumCdRe = f64x2.add(v128.load(re + c), v128.load(re + d));
      const sumCdIm = f64x2.add(v128.load(im + c), v128.load(im + d));
      const offBeRe = f64x2.sub(v128.load(re + b), v128.load(re + e));
      const offBeIm = f64x2.sub(v128.load(im + b), v128.load(im + e));
      const offCdRe = f64x2.sub(v128.load(re + c), v128.load(re + d));
      const offCdIm = f64x2.sub(v128.load(im + c), v128.load(im + d));
      v128.store(toRe + q, f64x2.add(f64x2.add(ar, sumBeRe), sumCdRe));
      v128.store(toIm + q, f64x2.add(f64x2.add(ai, sumBeIm), sumCdIm));
      const even1Re = addTwo(ar, sumBeRe, cosine1, sumCdRe, cosine2);
      const even1Im = addTwo(ai, sumBeIm, cosine1, sumCdIm, cosine2);
      const odd1Re = f64x2.sub(f64x2.neg(f64x2.mul(offBeIm, sine1)), f64x2.mul(offCdIm, sine2));
      const odd1Im = f64x2.add(f64x2.mul(offBeRe, sine1), f64x2.mul(offCdRe, sine2));
      const even2Re = addTwo(ar, sumBeRe, cosine2, sumCdRe, cosine1);
      const even2Im = addTwo(ai, sumBeIm, cosine2, sumCdIm, cosine1);
      const odd2Re = f64x2.add(f64x2.neg(f64x2.mul(offBeIm, sine2)), f64x2.mul(offCdIm, sine1));
      const odd2Im = f64x2.sub(f64x2.mul(offBeRe, sine2), f64x2.mul(offCdRe, sine1));
      storeSumTurned(toRe + run + q, toIm + run + q, even1Re, odd1Re, even1Im, odd1Im, twiddleRe + 8, twiddleIm + 8);
      storeOffTurned(
        toRe + 4 * run + q,
        toIm + 4 * run + q,
        even1Re,
        odd1Re,
        even1Im,
        odd1Im,
        twiddleRe + 32,
        twiddleIm + 32,
      );
      storeSumTurned(
        toRe + 2 * run + q,
        toIm + 2 * run + q,
        even2Re,
        odd2Re,
        even2Im,
        odd2Im,
        twiddleRe + 16,
        twiddleIm + 16,
      );
      storeOffTurned(
        toRe + 3 * run + q,
        toIm + 3 * run + q,
        even2Re,
        odd2Re,
        even2Im,
        odd2Im,
        twiddleRe + 24,
        twiddleIm + 24,
      );
    }
    twiddleRe += 40;
    twiddleIm += 40;
    re += run;
    im += run;
    toRe += 5 * run;
    toIm += 5 * run;
  }
}

/** A complex number times another. */
export function storeTurned(toRe: usize, toIm: usize, re: v128, im: v128, wr: v128, wi: v128): void {
  v128.store(toRe, f64x2.sub(f64x2.mul(re, wr), f64x2.mul(im, wi)));
  v128.store(toIm, f64x2.add(f64x2.mul(re, wi), f64x2.mul(im, wr)));
}

/** The sum of two complex numbers, times a twiddle factor. */
export function storeSumTurned(
  toRe: usize,
  toIm: usize,
  evenRe: v128,
  oddRe: v128,
  evenIm: v128,
  oddIm: v128,
  twiddleRe: usize,
  twiddleIm: usize,
): void {
  const wr = v128.load64_splat(twiddleRe);
  const wi = v128.load64_splat(twiddleIm);
  storeTurned(toRe, toIm, f64x2.add(evenRe, oddRe), f64x2.add(evenIm, oddIm), wr, wi);
}

/** Their difference, times a twiddle factor. */
export function storeOffTurned(
  toRe: usize,
  toIm: usize,
  evenRe: v128,
  oddRe: v128,
  evenIm: v128,
  oddIm: v128,
  twiddleRe: usize,
  twiddleIm: usize,
): void {
  const wr = v128.load64_splat(twiddleRe);
  const wi = v128.load64_splat(twiddleIm);
  storeTurned(toRe, toIm, f64x2.sub(evenRe, oddRe), f64x2.sub(evenIm, oddIm), wr, wi);
}

function addTwo(first: v128, a: v128, factorA: v128, b: v128, factorB: v128): v128 {
  return f64x2.add(f64x2.add(first, f64x2.mul(a, factorA)), f64x2.mul(b, factorB));
}
