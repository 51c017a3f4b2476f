/** All that planes tell of the camera offset without a look at overlaps. */
import { brightnessBins, plainBlocks } from "./brightness-bins.ts";
import type { OffsetEvidence, OffsetLimits } from "./combine-offsets.ts";
import { darkPlanes } from "./dark-planes.ts";
import { mostOffset } from "./dimmest-planes.ts";
import { blockPx, type NoiseBlocks, noiseBlocks, type OffsetPlanes } from "./noise-blocks.ts";
import { type PhotonTransfer, photonTransfer } from "./photon-transfer.ts";
import { levelSeries } from "./plane-levels.ts";
import { regressPlanes } from "./plane-regression.ts";
import { drift } from "./variance-line.ts";

/** Evidence of planes, with what limits it. */
export interface PlaneEvidence extends OffsetLimits {
  readonly evidence: readonly OffsetEvidence[];
}

/** Cameras read with noise of 0.7 to 11 electrons: any of these is as likely as the others. */
const readNoises = Array.from({ length: 30 }, (_, at) => 0.7 * 1.1 ** at);

/** The third moment tells of light when the noise lets it be told so well, and it is so many standard errors above none. */
const leastPower = 6;
const leastCertainty = 3;
/** It may lack so many standard errors of what the brightness beyond the bound demands. */
const mostLacking = 2.5;
/** Means of so many pixels hold too much of what pixels have in common: their variance no longer tells of photons. */
const mostInOne = 16;
/** Light is no more certain than this share of it, and this where blocks hold structure. */
const leastError = { share: 0.05, structured: 0.5 } as const;

/**
 * Looks at planes of one channel, lit from one side; in less than half a second, however many they are.
 * @param pixelsInOne pixels of the camera whose mean a pixel is: 4 at the first coarser level of a pyramid
 */
export function offsetEvidence(planes: OffsetPlanes, pixelsInOne = 1): PlaneEvidence {
  const { pixels } = planes;
  const isWhole = !(pixels instanceof Float32Array || pixels instanceof Float64Array);
  const rounding = isWhole ? 1 / 12 : 0;
  return evidenceOfBlocks(noiseBlocks(planes), { ...planes, pixelsInOne, rounding });
}

/** What is known of planes whose blocks were looked at. */
export interface BlocksOrigin extends Pick<OffsetPlanes, "planeCount" | "shapeYx"> {
  readonly pixelsInOne: number;
  /** The variance that rounding adds to a pixel, in counts². */
  readonly rounding: number;
}

/** The same from blocks. */
export function evidenceOfBlocks(blocks: NoiseBlocks, origin: BlocksOrigin): PlaneEvidence {
  const { planeCount, shapeYx, pixelsInOne, rounding } = origin;
  const plain = plainBlocks(blocks);
  const structuredShare = 1 - plain.length / Math.max(1, blocks.count);
  const bound = mostOffset(blocks, planeCount);
  const series = levelSeries(blocks, plain, planeCount, shapeYx);
  const noise = levelNoise(blocks, plain, series.length * planeCount);
  const regression = regressPlanes(series, { noise, structuredShare });
  const dark = darkPlanes(series, { noise });
  const photons = photonTransfer(brightnessBins(blocks, plain, planeCount), rounding);
  return {
    bound,
    brightness: regression?.brightness ?? meanOf(blocks.mean),
    evidence: [
      ...(regression === undefined ? [] : [{ source: "planes", ...regression.offset } as const]),
      ...(dark === undefined ? [] : [{ source: "dark planes", ...dark } as const]),
      ...(photons === undefined || pixelsInOne >= mostInOne ? [] : ofVariance(photons, pixelsInOne)),
      ...(photons === undefined ? [] : ofSkewness(photons, bound, structuredShare)),
    ],
  };
}

/** The offset is above the mean without variance by what read noise makes of it. */
function ofVariance({ gain, zero }: PhotonTransfer, pixelsInOne: number): OffsetEvidence[] {
  const shifts = readNoises.map((electrons) => gain.value * pixelsInOne * electrons ** 2);
  return [{ source: "photons", offset: zero.value, standardError: Math.hypot(zero.error, drift), shifts }];
}

/**
 * Noise that is as much as that of photons, but as symmetric as read noise, tells nothing: it was made or changed. Whether
 * it can be told does not depend on what was found: else only chance that adds light would be believed.
 */
function ofSkewness({ third, zero, bright }: PhotonTransfer, bound: number, structuredShare: number): OffsetEvidence[] {
  const { value, error } = bright.light;
  const isTold = bright.mean - zero.value >= leastPower * error && value >= leastCertainty * error;
  if (!isTold || value + mostLacking * error < bright.mean - bound) return [];
  const share = leastError.share + leastError.structured * structuredShare;
  const ofLight = share * Math.max(0, bound - third.value);
  return [{ source: "photon skewness", offset: third.value, standardError: Math.hypot(third.error, ofLight, drift) }];
}

/** The noise of the level of a part of the field. */
function levelNoise({ variance }: NoiseBlocks, plain: Int32Array, parts: number): number {
  const mean = plain.reduce((sum, at) => sum + variance[at]!, 0) / plain.length;
  return Math.sqrt((mean * parts) / plain.length) / blockPx;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
