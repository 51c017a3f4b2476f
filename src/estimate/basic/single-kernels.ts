/**
 * The two passes of one LADMAP iteration in single precision, for a slab of pixels of all planes: the twins of the
 * kernels in `assembly/ladmap-*.ts`, equal to the bit. What they compute says `ladmap-kernels.ts`; here every operation
 * is rounded, and the sums over a slab are taken in four lanes, as vector instructions take them.
 */
import type { LadmapPlanes } from "./ladmap-kernels.ts";

/** The arrays of a fit in single precision. */
export interface SinglePlanes extends LadmapPlanes {
  readonly image: Float32Array;
  readonly residual: Float32Array;
  readonly multiplier: Float32Array;
  readonly weights: Float32Array;
}

/** The illumination in single precision, and room for what is summed by pixel. */
export interface SingleIllumination {
  readonly flatfield: Float32Array;
  readonly darkfield: Float32Array;
  readonly baselines: Float32Array;
  readonly pixelSums: Float32Array;
}

const { fround } = Math;
/** Four lanes, and the pixels after the last whole vector: they are gone through one lane after the other. */
const lanes = 4;
const [lanesA, lanesB] = [new Float32Array(lanes + 1), new Float32Array(lanes + 1)];

/** Writes `planeSums[n]` of the slab `[from, to)`; returns the squared change of the residual. */
export function updateResidualsTwin(
  { planeCount, pixelCount, image, residual, multiplier, weights }: SinglePlanes,
  { flatfield, darkfield, baselines, pixelSums }: SingleIllumination,
  from: number,
  to: number,
  inverseMu: number,
  threshold: number,
  planeSums: Float64Array,
): number {
  const vectorEnd = to - ((to - from) % 4);
  const inverse = fround(inverseMu);
  const limitOfOne = fround(threshold);
  let squaredChange = 0;
  pixelSums.fill(0, from, to);
  for (let n = 0; n < planeCount; n++) {
    const offset = n * pixelCount;
    const baseline = baselines[n]!;
    for (let lane = 0; lane <= lanes; lane++) {
      const first = lane < lanes ? from + lane : vectorEnd;
      const stop = lane < lanes ? vectorEnd : to;
      const step = lane < lanes ? lanes : 1;
      let laneChange = 0;
      let laneSum = 0;
      for (let p = first; p < stop; p += step) {
        const i = offset + p;
        const flat = flatfield[p]!;
        const x = fround(image[i]! + fround(multiplier[i]! * inverse));
        const unexplained = fround(fround(x - fround(flat * baseline)) - darkfield[p]!);
        const limit = fround(weights[i]! * limitOfOne);
        const r =
          unexplained > limit ? fround(unexplained - limit) : unexplained < -limit ? fround(unexplained + limit) : 0;
        const change = fround(r - residual[i]!);
        const background = fround(x - r);
        residual[i] = r;
        laneChange = fround(laneChange + fround(change * change));
        laneSum = fround(laneSum + fround(flat * background));
        pixelSums[p] = fround(pixelSums[p]! + background);
      }
      lanesA[lane] = laneChange;
      lanesB[lane] = laneSum;
    }
    squaredChange += total(lanesA);
    planeSums[n] = total(lanesB);
  }
  return squaredChange;
}

/** Writes the squared remainders and the sum of the multipliers of the slab `[from, to)` into `totals`. */
export function updateMultipliersTwin(
  { planeCount, pixelCount, image, residual, multiplier }: SinglePlanes,
  { flatfield, darkfield, baselines, pixelSums }: SingleIllumination,
  from: number,
  to: number,
  mu: number,
  inverseNextMu: number,
  totals: Float64Array,
): void {
  const vectorEnd = to - ((to - from) % 4);
  const singleMu = fround(mu);
  const inverse = fround(inverseNextMu);
  let squaredRemainder = 0;
  let multiplierSum = 0;
  pixelSums.fill(0, from, to);
  for (let n = 0; n < planeCount; n++) {
    const offset = n * pixelCount;
    const baseline = baselines[n]!;
    for (let lane = 0; lane <= lanes; lane++) {
      const first = lane < lanes ? from + lane : vectorEnd;
      const stop = lane < lanes ? vectorEnd : to;
      const step = lane < lanes ? lanes : 1;
      let laneSquares = 0;
      let laneSum = 0;
      for (let p = first; p < stop; p += step) {
        const i = offset + p;
        const background = fround(image[i]! - residual[i]!);
        const remainder = fround(fround(background - fround(flatfield[p]! * baseline)) - darkfield[p]!);
        const y = fround(multiplier[i]! + fround(singleMu * remainder));
        multiplier[i] = y;
        laneSquares = fround(laneSquares + fround(remainder * remainder));
        laneSum = fround(laneSum + y);
        pixelSums[p] = fround(pixelSums[p]! + fround(baseline * fround(background + fround(y * inverse))));
      }
      lanesA[lane] = laneSquares;
      lanesB[lane] = laneSum;
    }
    squaredRemainder += total(lanesA);
    multiplierSum += total(lanesB);
  }
  totals[0] = squaredRemainder;
  totals[1] = multiplierSum;
}

/** In double precision, in the order of the kernels. */
function total(sums: Float32Array): number {
  return sums[0]! + sums[1]! + (sums[2]! + sums[3]!) + sums[4]!;
}
