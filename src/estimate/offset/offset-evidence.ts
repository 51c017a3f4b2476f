/** All that planes tell of the camera offset without a look at overlaps. */
import { brightnessBins, plainBlocks } from "./brightness-bins.ts";
import type { OffsetEvidence, OffsetLimits } from "./combine.ts";
import { mostOffset } from "./dimmest-planes.ts";
import { blockPx, type NoiseBlocks, noiseBlocks, type OffsetPlanes } from "./noise-blocks.ts";
import { type PhotonTransfer, photonTransfer } from "./photon-transfer.ts";
import { levelSeries } from "./plane-blocks.ts";
import { regressPlanes } from "./plane-regression.ts";

/** Evidence of planes with what limits it. */
export interface PlaneEvidence extends OffsetLimits {
  readonly evidence: readonly OffsetEvidence[];
}

/** Cameras have read noise of so many electrons, each of these as likely as the others. */
const readNoises = Array.from({ length: 30 }, (_, at) => 0.7 * 1.1 ** at);
/** An offset drifts by about so many counts. */
const drift = 0.5;

/** Looks at planes of one channel. */
export function offsetEvidence(planes: OffsetPlanes): PlaneEvidence {
  const { planeCount, shapeYx, pixelsInOne = 1 } = planes;
  const blocks = noiseBlocks(planes);
  const plain = plainBlocks(blocks);
  const bound = mostOffset(blocks, planeCount);
  const series = levelSeries(blocks, plain, planeCount, shapeYx);
  const noise = levelNoise(blocks, plain, series.length * planeCount);
  const regression = regressPlanes(series, noise, 1 - plain.length / blocks.count);
  const rounding = isWhole(planes) ? 1 / 12 : 0;
  const photons = photonTransfer(brightnessBins(blocks, planeCount), rounding);
  const ofPlanes: OffsetEvidence[] =
    regression === undefined
      ? []
      : [{ source: "planes", offset: regression.offset, standardError: regression.standardError }];
  return {
    bound,
    brightness: regression?.brightness ?? meanLevel(blocks),
    evidence: [
      ...ofPlanes,
      ...(photons === undefined ? [] : evidenceOfPhotons(photons, bound, 1 - plain.length / blocks.count, pixelsInOne)),
    ],
  };
}

function evidenceOfPhotons(
  photons: PhotonTransfer,
  bound: number,
  structuredShare: number,
  pixelsInOne: number,
): OffsetEvidence[] {
  const { gain, zero, zeroError, third, thirdError, bright } = photons;
  const shifts = readNoises.map((electrons) => gain * pixelsInOne * electrons ** 2);
  const standardError = Math.hypot(zeroError, drift);
  const first: OffsetEvidence = { source: "photons", offset: zero, standardError, shifts };
  const light = Math.max(0, bound - third);
  const error = Math.hypot(thirdError, (0.05 + 0.5 * structuredShare) * light, drift);
  const isTold = bright.light > 4 * bright.lightError && bright.light + 2.5 * bright.lightError > bright.mean - bound;
  return [first, ...(isTold ? [{ source: "photon skewness", offset: third, standardError: error } as const] : [])];
}

/** The noise of the level of a part of the field. */
function levelNoise({ variance }: NoiseBlocks, plain: Int32Array, parts: number): number {
  const mean = plain.reduce((sum, at) => sum + variance[at]!, 0) / plain.length;
  return Math.sqrt((mean * parts) / plain.length) / blockPx;
}

function meanLevel({ mean, count }: NoiseBlocks): number {
  return mean.reduce((sum, value) => sum + value, 0) / count;
}

function isWhole({ pixels }: OffsetPlanes): boolean {
  return !(pixels instanceof Float32Array || pixels instanceof Float64Array);
}
