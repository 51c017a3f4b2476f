/**
 * The colours of viridis by N. Smith and S. van der Walt (CC0), from the polynomials that M. Zucker fitted to them (CC0).
 * @see https://bids.github.io/colormap and https://www.shadertoy.com/view/WlfXRN
 */
const coefficients: readonly (readonly [number, number, number])[] = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
];

/** The colour at a share from 0 (dark violet) to 1 (yellow), as red, green and blue bytes. */
export function viridis(share: number): [red: number, green: number, blue: number] {
  const t = Math.min(1, Math.max(0, share));
  const channel = (index: 0 | 1 | 2) => {
    const value = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient[index], 0);
    return Math.min(255, Math.max(0, Math.round(255 * value)));
  };
  return [channel(0), channel(1), channel(2)];
}

/** 256 colours, three bytes each: a palette for images of 8 bits. */
export function viridisPalette(): Uint8Array {
  return Uint8Array.from({ length: 768 }, (_, at) => viridis(Math.floor(at / 3) / 255)[at % 3]!);
}
