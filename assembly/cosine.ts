/**
 * What makes a cosine transform of a Fourier transform, along the first axis of `[length, batch]` of f64.
 * Columns `[0, half)` travel as real parts, the others as imaginary ones; `half` is
 * even, and what lies beyond the last column is 0.
 */

/** Even rows first, ascending, then odd ones, descending; the columns apart. */
export function shuffleColumns(source: usize, length: i32, batch: i32, half: i32, re: usize, im: usize): void {
  const rowBytes = (<usize>batch) << 3;
  const run = (<usize>half) << 3;
  for (let j = 0; j < length; j++) {
    const row = source + <usize>shuffledRow(j, length) * rowBytes;
    for (let q = 0; q < half; q += 2) {
      const at = (<usize>q) << 3;
      v128.store(re + at, pair(row + at, batch - q));
      v128.store(im + at, pair(row + run + at, batch - half - q));
    }
    re += run;
    im += run;
  }
}

/** The coefficients of the cosine transform, written as `[batch, length]`. */
export function turnForward(
  re: usize,
  im: usize,
  length: i32,
  batch: i32,
  half: i32,
  cosines: usize,
  sines: usize,
  transposed: usize,
): void {
  const run = (<usize>half) << 3;
  const rowBytes = (<usize>length) << 3;
  for (let k = 0; k < length; k += 2) {
    const a = <usize>k * run;
    const b = k === 0 ? 0 : <usize>(length - k) * run;
    const isPair = k + 1 < length;
    const c = isPair ? a + run : a;
    const d = isPair ? <usize>(length - k - 1) * run : b;
    const at = (<usize>k) << 3;
    const next: usize = isPair ? at + 8 : at;
    const cosine = v128.load64_splat(cosines + at);
    const sine = v128.load64_splat(sines + at);
    const nextCosine = v128.load64_splat(cosines + next);
    const nextSine = v128.load64_splat(sines + next);
    for (let q = 0; q < half; q += 2) {
      const i = (<usize>q) << 3;
      const to = transposed + <usize>q * rowBytes + at;
      storeColumns(
        to,
        rowBytes,
        min(2, batch - q),
        isPair,
        even(re, im, a + i, b + i, cosine, sine),
        even(re, im, c + i, d + i, nextCosine, nextSine),
      );
      storeColumns(
        to + <usize>half * rowBytes,
        rowBytes,
        min(2, batch - half - q),
        isPair,
        odd(re, im, a + i, b + i, cosine, sine),
        odd(re, im, c + i, d + i, nextCosine, nextSine),
      );
    }
  }
}

/** Of two columns that went as one complex one, the first: the conjugate-even part, turned. */
function even(re: usize, im: usize, a: usize, b: usize, cosine: v128, sine: v128): v128 {
  const sum = f64x2.add(v128.load(re + a), v128.load(re + b));
  const difference = f64x2.sub(v128.load(im + a), v128.load(im + b));
  return f64x2.add(f64x2.mul(sum, cosine), f64x2.mul(difference, sine));
}

/** The second: the conjugate-odd part. */
function odd(re: usize, im: usize, a: usize, b: usize, cosine: v128, sine: v128): v128 {
  const sum = f64x2.add(v128.load(im + a), v128.load(im + b));
  const difference = f64x2.sub(v128.load(re + a), v128.load(re + b));
  return f64x2.sub(f64x2.mul(sum, cosine), f64x2.mul(difference, sine));
}

/** Coefficients to what the inverse Fourier transform takes. */
export function turnBack(
  source: usize,
  length: i32,
  batch: i32,
  half: i32,
  cosines: usize,
  sines: usize,
  re: usize,
  im: usize,
): void {
  const rowBytes = (<usize>batch) << 3;
  const run = (<usize>half) << 3;
  for (let k = 0; k < length; k++) {
    const row = source + <usize>k * rowBytes;
    const mirrored = k === 0 ? source : source + <usize>(length - k) * rowBytes;
    const present = f64x2.splat(k === 0 ? 0 : 1);
    const cosine = v128.load64_splat(cosines + ((<usize>k) << 3));
    const sine = v128.load64_splat(sines + ((<usize>k) << 3));
    for (let q = 0; q < half; q += 2) {
      const i = (<usize>q) << 3;
      const a = pair(row + i, batch - q);
      const b = f64x2.mul(pair(mirrored + i, batch - q), present);
      const c = pair(row + run + i, batch - half - q);
      const d = f64x2.mul(pair(mirrored + run + i, batch - half - q), present);
      const firstRe = f64x2.add(f64x2.mul(a, cosine), f64x2.mul(b, sine));
      const firstIm = f64x2.sub(f64x2.mul(a, sine), f64x2.mul(b, cosine));
      const secondRe = f64x2.sub(f64x2.mul(c, sine), f64x2.mul(d, cosine));
      const secondIm = f64x2.add(f64x2.mul(c, cosine), f64x2.mul(d, sine));
      v128.store(re + i, f64x2.sub(firstRe, secondRe));
      v128.store(im + i, f64x2.add(firstIm, secondIm));
    }
    re += run;
    im += run;
  }
}

/** Undoes {@link shuffleColumns}, written as `[batch, length]`. */
export function unshuffleColumns(re: usize, im: usize, length: i32, batch: i32, half: i32, transposed: usize): void {
  const run = (<usize>half) << 3;
  const rowBytes = (<usize>length) << 3;
  for (let row = 0; row < length; row += 2) {
    const a = <usize>(row >> 1) * run;
    const isPair = row + 1 < length;
    const b = isPair ? <usize>(length - 1 - (row >> 1)) * run : a;
    for (let q = 0; q < half; q += 2) {
      const i = (<usize>q) << 3;
      const to = transposed + <usize>q * rowBytes + ((<usize>row) << 3);
      const far = to + <usize>half * rowBytes;
      storeColumns(to, rowBytes, min(2, batch - q), isPair, v128.load(re + a + i), v128.load(re + b + i));
      storeColumns(far, rowBytes, min(2, batch - half - q), isPair, v128.load(im + a + i), v128.load(im + b + i));
    }
  }
}

/** The row that stands at place `j`. */
function shuffledRow(j: i32, length: i32): i32 {
  return 2 * j < length ? 2 * j : 2 * (length - j) - 1;
}

/** Two neighbours, or as many as are left; 0 for others. */
function pair(at: usize, left: i32): v128 {
  if (left >= 2) return v128.load(at);
  return left === 1 ? v128.load64_zero(at) : f64x2.splat(0);
}

/** Two rows of two columns, or of as many as there are, as columns of two rows; without the second row where it is none. */
function storeColumns(to: usize, rowBytes: usize, columns: i32, isPair: bool, first: v128, second: v128): void {
  if (columns <= 0) return;
  if (isPair) {
    v128.store(to, v128.shuffle<i64>(first, second, 0, 2));
    if (columns > 1) v128.store(to + rowBytes, v128.shuffle<i64>(first, second, 1, 3));
    return;
  }
  v128.store_lane<u64>(to, first, 0);
  if (columns > 1) v128.store_lane<u64>(to + rowBytes, first, 1);
}
