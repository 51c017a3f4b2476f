/**
 * The two passes of one LADMAP iteration in single precision, for some of the planes, as plain loops: what the kernels of
 * `assembly/ladmap-*.ts` are held against. What they compute says `ladmap-passes.ts`; here every operation is rounded,
 * and the sums over a block of pixels are taken in four lanes, as vector instructions take them.
 */
import type { SinglePlanes } from "../../../src/estimate/basic/ladmap-passes.ts";

/** The illumination in single precision. */
interface SingleIllumination {
  readonly flatfield: Float32Array;
  readonly darkfield: Float32Array;
  readonly baselines: Float32Array;
}

/** Pixels whose sums are taken in single precision. */
const pixelsPerBlock = 1024;

const { fround } = Math;
/** Four lanes, and the pixels after the last whole vector: they are gone through one lane after the other. */
const lanes = 4;
const [lanesA, lanesB] = [new Float32Array(lanes + 1), new Float32Array(lanes + 1)];

/**
 * The planes `[first, stop)`: writes their `planeSums[n]` and, summed over them, `pixelSums`.
 * @returns the squared change of their residual
 */
export function updateResiduals(
  {
    pixelCount,
    image,
    residual,
    multiplier,
    weights,
  }: Pick<SinglePlanes, "pixelCount" | "image" | "residual" | "multiplier" | "weights">,
  { flatfield, darkfield, baselines }: SingleIllumination,
  first: number,
  stop: number,
  inverseMu: number,
  threshold: number,
  planeSums: Float64Array,
  pixelSums: Float32Array,
): number {
  const inverse = fround(inverseMu);
  const limitOfOne = fround(threshold);
  let squaredChange = 0;
  pixelSums.fill(0);
  inKernelOrder(first, stop, pixelCount, (n, from, to) => {
    const offset = n * pixelCount;
    const baseline = baselines[n]!;
    if (from === 0) planeSums[n] = 0;
    inLanes(from, to, (lane, start, end, step) => {
      let laneChange = 0;
      let laneSum = 0;
      for (let p = start; p < end; p += step) {
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
    });
    squaredChange += total(lanesA);
    planeSums[n]! += total(lanesB);
  });
  return squaredChange;
}

/**
 * The planes `[first, stop)`: writes `pixelSums`, summed over them, and their squared remainders and the sum of their
 * multipliers into `totals`.
 */
export function updateMultipliers(
  {
    pixelCount,
    image,
    residual,
    multiplier,
  }: Pick<SinglePlanes, "pixelCount" | "image" | "residual" | "multiplier" | "weights">,
  { flatfield, darkfield, baselines }: SingleIllumination,
  first: number,
  stop: number,
  mu: number,
  inverseNextMu: number,
  pixelSums: Float32Array,
  totals: Float64Array,
): void {
  const singleMu = fround(mu);
  const inverse = fround(inverseNextMu);
  pixelSums.fill(0);
  totals.fill(0);
  inKernelOrder(first, stop, pixelCount, (n, from, to) => {
    const offset = n * pixelCount;
    const baseline = baselines[n]!;
    inLanes(from, to, (lane, start, end, step) => {
      let laneSquares = 0;
      let laneSum = 0;
      for (let p = start; p < end; p += step) {
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
    });
    totals[0]! += total(lanesA);
    totals[1]! += total(lanesB);
  });
}

/** Planes in pairs, of each pair block after block, of each block the one plane and then the other. */
function inKernelOrder(
  first: number,
  stop: number,
  pixelCount: number,
  work: (n: number, from: number, to: number) => void,
): void {
  for (let pair = first; pair < stop; pair += 2) {
    for (let from = 0; from < pixelCount; from += pixelsPerBlock) {
      const to = Math.min(from + pixelsPerBlock, pixelCount);
      for (let n = pair; n < Math.min(pair + 2, stop); n++) work(n, from, to);
    }
  }
}

/** The pixels of a block, one lane after the other, and then those after the last whole vector. */
function inLanes(
  from: number,
  to: number,
  work: (lane: number, start: number, end: number, step: number) => void,
): void {
  const vectorEnd = to - ((to - from) % lanes);
  for (let lane = 0; lane < lanes; lane++) work(lane, from + lane, vectorEnd, lanes);
  work(lanes, vectorEnd, to, 1);
}

/** In double precision, in the order of the kernels. */
function total(sums: Float32Array): number {
  return sums[0]! + sums[1]! + (sums[2]! + sums[3]!) + sums[4]!;
}
