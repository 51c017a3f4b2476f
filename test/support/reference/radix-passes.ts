/**
 * The passes of a mixed-radix transform, as plain loops: what the kernels in `assembly/fourier.ts` and
 * `assembly/fourier-odd.ts` are held against.
 */

/** One pass: `groups` twiddle groups of `radix`-point transforms over runs of `stride` contiguous numbers. */
export interface Stage {
  readonly radix: number;
  readonly groups: number;
  readonly stride: number;
  /** `exp(-2πi·p·k / (radix·groups))` at `[p, k]`. */
  readonly twiddleRe: Float64Array;
  readonly twiddleIm: Float64Array;
  /** `exp(-2πi·j / radix)`. */
  readonly rootRe: Float64Array;
  readonly rootIm: Float64Array;
}

/** A pass from one pair of arrays to another. */
export type Pass = (stage: Stage, re: Float64Array, im: Float64Array, toRe: Float64Array, toIm: Float64Array) => void;

/** Groups of two. */
export const passRadix2: Pass = ({ groups, stride, twiddleRe, twiddleIm }, re, im, toRe, toIm) => {
  const half = groups * stride;
  for (let p = 0; p < groups; p++) {
    const wr = twiddleRe[2 * p + 1]!;
    const wi = twiddleIm[2 * p + 1]!;
    for (let q = 0; q < stride; q++) {
      const a = p * stride + q;
      const b = a + half;
      const to = 2 * p * stride + q;
      const dr = re[a]! - re[b]!;
      const di = im[a]! - im[b]!;
      toRe[to] = re[a]! + re[b]!;
      toIm[to] = im[a]! + im[b]!;
      toRe[to + stride] = dr * wr - di * wi;
      toIm[to + stride] = dr * wi + di * wr;
    }
  }
};

/** Groups of four. */
export const passRadix4: Pass = ({ groups, stride, twiddleRe, twiddleIm }, re, im, toRe, toIm) => {
  const quarter = groups * stride;
  for (let p = 0; p < groups; p++) {
    const [w1r, w2r, w3r] = [twiddleRe[4 * p + 1]!, twiddleRe[4 * p + 2]!, twiddleRe[4 * p + 3]!];
    const [w1i, w2i, w3i] = [twiddleIm[4 * p + 1]!, twiddleIm[4 * p + 2]!, twiddleIm[4 * p + 3]!];
    for (let q = 0; q < stride; q++) {
      const a = p * stride + q;
      const b = a + quarter;
      const c = b + quarter;
      const d = c + quarter;
      const sumAcRe = re[a]! + re[c]!;
      const sumAcIm = im[a]! + im[c]!;
      const differenceAcRe = re[a]! - re[c]!;
      const differenceAcIm = im[a]! - im[c]!;
      const sumBdRe = re[b]! + re[d]!;
      const sumBdIm = im[b]! + im[d]!;
      // times -i
      const differenceBdRe = im[b]! - im[d]!;
      const differenceBdIm = re[d]! - re[b]!;
      const oneRe = differenceAcRe + differenceBdRe;
      const oneIm = differenceAcIm + differenceBdIm;
      const twoRe = sumAcRe - sumBdRe;
      const twoIm = sumAcIm - sumBdIm;
      const threeRe = differenceAcRe - differenceBdRe;
      const threeIm = differenceAcIm - differenceBdIm;
      const to = 4 * p * stride + q;
      toRe[to] = sumAcRe + sumBdRe;
      toIm[to] = sumAcIm + sumBdIm;
      toRe[to + stride] = oneRe * w1r - oneIm * w1i;
      toIm[to + stride] = oneRe * w1i + oneIm * w1r;
      toRe[to + 2 * stride] = twoRe * w2r - twoIm * w2i;
      toIm[to + 2 * stride] = twoRe * w2i + twoIm * w2r;
      toRe[to + 3 * stride] = threeRe * w3r - threeIm * w3i;
      toIm[to + 3 * stride] = threeRe * w3i + threeIm * w3r;
    }
  }
};

/** The steps of `passOddRadix`, written out: the samples of the fast solver often have sides of 50 or 60 pixels. */
export const passRadix5: Pass = ({ groups, stride, twiddleRe, twiddleIm, rootRe, rootIm }, re, im, toRe, toIm) => {
  const apart = groups * stride;
  const [cosine1, cosine2, sine1, sine2] = [rootRe[1]!, rootRe[2]!, rootIm[1]!, rootIm[2]!];
  for (let p = 0; p < groups; p++) {
    const at = 5 * p;
    const [w1r, w2r, w3r, w4r] = [twiddleRe[at + 1]!, twiddleRe[at + 2]!, twiddleRe[at + 3]!, twiddleRe[at + 4]!];
    const [w1i, w2i, w3i, w4i] = [twiddleIm[at + 1]!, twiddleIm[at + 2]!, twiddleIm[at + 3]!, twiddleIm[at + 4]!];
    for (let q = 0; q < stride; q++) {
      const a = p * stride + q;
      const b = a + apart;
      const c = b + apart;
      const d = c + apart;
      const e = d + apart;
      const to = 5 * p * stride + q;
      const sumBeRe = re[b]! + re[e]!;
      const sumBeIm = im[b]! + im[e]!;
      const sumCdRe = re[c]! + re[d]!;
      const sumCdIm = im[c]! + im[d]!;
      const differenceBeRe = re[b]! - re[e]!;
      const differenceBeIm = im[b]! - im[e]!;
      const differenceCdRe = re[c]! - re[d]!;
      const differenceCdIm = im[c]! - im[d]!;
      toRe[to] = re[a]! + sumBeRe + sumCdRe;
      toIm[to] = im[a]! + sumBeIm + sumCdIm;
      const even1Re = re[a]! + sumBeRe * cosine1 + sumCdRe * cosine2;
      const even1Im = im[a]! + sumBeIm * cosine1 + sumCdIm * cosine2;
      const odd1Re = -differenceBeIm * sine1 - differenceCdIm * sine2;
      const odd1Im = differenceBeRe * sine1 + differenceCdRe * sine2;
      const even2Re = re[a]! + sumBeRe * cosine2 + sumCdRe * cosine1;
      const even2Im = im[a]! + sumBeIm * cosine2 + sumCdIm * cosine1;
      const odd2Re = -differenceBeIm * sine2 + differenceCdIm * sine1;
      const odd2Im = differenceBeRe * sine2 - differenceCdRe * sine1;
      const [oneRe, oneIm] = [even1Re + odd1Re, even1Im + odd1Im];
      const [fourRe, fourIm] = [even1Re - odd1Re, even1Im - odd1Im];
      const [twoRe, twoIm] = [even2Re + odd2Re, even2Im + odd2Im];
      const [threeRe, threeIm] = [even2Re - odd2Re, even2Im - odd2Im];
      toRe[to + stride] = oneRe * w1r - oneIm * w1i;
      toIm[to + stride] = oneRe * w1i + oneIm * w1r;
      toRe[to + 2 * stride] = twoRe * w2r - twoIm * w2i;
      toIm[to + 2 * stride] = twoRe * w2i + twoIm * w2r;
      toRe[to + 3 * stride] = threeRe * w3r - threeIm * w3i;
      toIm[to + 3 * stride] = threeRe * w3i + threeIm * w3r;
      toRe[to + 4 * stride] = fourRe * w4r - fourIm * w4i;
      toIm[to + 4 * stride] = fourRe * w4i + fourIm * w4r;
    }
  }
};

/** Any odd radix, using that `exp(-2πi·jk/r)` and `exp(-2πi·(r-j)k/r)` are conjugates. Overwrites its input. */
export const passOddRadix: Pass = (
  { radix, groups, stride, twiddleRe, twiddleIm, rootRe, rootIm },
  re,
  im,
  toRe,
  toIm,
) => {
  const apart = groups * stride;
  const pairs = (radix - 1) / 2;
  for (let p = 0; p < groups; p++) {
    const from = p * stride;
    const to = radix * p * stride;
    // 1. z[j] and z[r - j] become their sum and their difference; Z[0] is the sum of all.
    for (let q = 0; q < stride; q++) {
      let totalRe = re[from + q]!;
      let totalIm = im[from + q]!;
      for (let j = 1; j <= pairs; j++) {
        const a = from + j * apart + q;
        const b = from + (radix - j) * apart + q;
        const [ar, ai, br, bi] = [re[a]!, im[a]!, re[b]!, im[b]!];
        re[a] = ar + br;
        im[a] = ai + bi;
        re[b] = ar - br;
        im[b] = ai - bi;
        totalRe += ar + br;
        totalIm += ai + bi;
      }
      toRe[to + q] = totalRe;
      toIm[to + q] = totalIm;
    }
    // 2. Z[k] and Z[r - k] from the sums (cosines) and the differences (sines), turned by the twiddle factors.
    for (let k = 1; k <= pairs; k++) {
      const [kr, ki] = [twiddleRe[p * radix + k]!, twiddleIm[p * radix + k]!];
      const [lr, li] = [twiddleRe[p * radix + radix - k]!, twiddleIm[p * radix + radix - k]!];
      for (let q = 0; q < stride; q++) {
        let evenRe = re[from + q]!;
        let evenIm = im[from + q]!;
        let oddRe = 0;
        let oddIm = 0;
        for (let j = 1; j <= pairs; j++) {
          const a = from + j * apart + q;
          const b = from + (radix - j) * apart + q;
          const root = (j * k) % radix;
          evenRe += re[a]! * rootRe[root]!;
          evenIm += im[a]! * rootRe[root]!;
          oddRe -= im[b]! * rootIm[root]!;
          oddIm += re[b]! * rootIm[root]!;
        }
        const atK = to + k * stride + q;
        const atL = to + (radix - k) * stride + q;
        toRe[atK] = (evenRe + oddRe) * kr - (evenIm + oddIm) * ki;
        toIm[atK] = (evenRe + oddRe) * ki + (evenIm + oddIm) * kr;
        toRe[atL] = (evenRe - oddRe) * lr - (evenIm - oddIm) * li;
        toIm[atL] = (evenRe - oddRe) * li + (evenIm - oddIm) * lr;
      }
    }
  }
};
