/** The most that a camera offset can be: what is shown where there is least light. */
import { blockPx, type NoiseBlocks } from "./noise-blocks.ts";

/** A plane's dimmest parts are those below this share of its blocks: single ones may be defects. */
const dimmestShare = 0.05;
/** So many standard deviations of their noise the dimmest of blocks that are alike are below their mean. */
const dimmestDeviations = 2;
/** Of many planes this share may be defects. */
const defectShare = 0.02;

/** The largest offset that the dimmest parts of the dimmest planes allow, in counts; infinite where there are no blocks. */
export function mostOffset({ count, plane, mean, variance, least, most }: NoiseBlocks, planeCount: number): number {
  const ofPlanes = Array.from({ length: planeCount }, () => [] as number[]);
  for (let at = 0; at < count; at++) {
    // Pixels that are all the same were never seen by a camera.
    if (!(least[at]! < most[at]!)) continue;
    const noise = Math.sqrt(Math.max(0, variance[at]!)) / blockPx;
    ofPlanes[plane[at]!]!.push(mean[at]! + dimmestDeviations * noise);
  }
  const lows = ofPlanes.filter((means) => means.length > 0).map((means) => quantile(means, dimmestShare));
  return lows.length === 0 ? Number.POSITIVE_INFINITY : quantile(lows, defectShare);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(share * sorted.length)]!;
}
