/**
 * A camera offset that an estimate took for light. With an offset O in planes of brightness B an estimate finds
 * (S·(B - O) + O) / B in place of S: the same shape, flatter. So each O stands for one shading, S = 1 + (S₀ - 1)·B/(B - O)
 * and D = D₀ + O; the shape inside of the field, where no overlap reaches, follows from one number.
 *
 * An error of shape makes neighbours differ by the same share in bright and in dim places, an offset by less where it is
 * bright. So O is found beside a smooth correction of the light, which takes what is wrong with the shape: without it an
 * offset of 300 counts was found where there was none, as it straightened a tilt.
 */
import type { Shading } from "../correct-patches.ts";
import { modelCorrection } from "./correction-model.ts";
import { type CorrectionFreedom, fitCorrection } from "./fit-correction.ts";
import { linearPairs } from "./linear-pairs.ts";
import type { OverlapData } from "./overlap-data.ts";

/** An offset is no more than this share of the brightness. */
const largestShare = 0.82;
/** A flat-field may not become darker than this anywhere. */
const leastLight = 0.05;
/** The offset changes the shape by which it is found: so often it is found again, or until it changes by half a count. */
const mostRounds = 4;

/**
 * The offset by which all pairs agree best, in counts; 0 where none does.
 * @param brightness of the planes that the estimate was made from, above its dark-field, in counts
 * @param typical brightness of the overlaps, in counts
 */
export function findOffset(
  start: Shading,
  brightness: number,
  typical: number,
  data: OverlapData,
  freedom: CorrectionFreedom,
): number {
  const most = largestOffset(start, brightness);
  let offset = 0;
  for (let round = 0; round < mostRounds; round++) {
    const model = modelCorrection(withOffset(start, brightness, offset), "light-and-offset", typical, offset);
    const { coefficients } = fitCorrection(model, linearPairs(model, data), freedom);
    // The dark-field changes by c·(1 - S): what is left of an offset makes S flatter than it is without.
    const change = coefficients[model.lightTerms.length]! * typical;
    const left = brightness - offset;
    const next = Math.min(most, Math.max(0, offset + (change * left) / (Math.abs(change) + left)));
    const isFound = Math.abs(next - offset) < 0.5;
    offset = next;
    if (isFound) break;
  }
  return offset;
}

/** The largest offset that leaves light everywhere. */
function largestOffset({ flatfield }: Shading, brightness: number): number {
  let darkest = 1;
  for (let i = 0; i < flatfield.length; i++) darkest = Math.min(darkest, flatfield[i]!);
  const mostContrast = (1 - leastLight) / Math.max(1e-6, 1 - darkest);
  return Math.max(0, Math.min(largestShare, 1 - 1 / mostContrast)) * brightness;
}

/** The shading that an estimate stands for if it took `offset` counts for light. */
export function withOffset({ shapeYx, flatfield, darkfield }: Shading, brightness: number, offset: number) {
  const contrast = brightness / (brightness - offset);
  return {
    shapeYx,
    flatfield: Float64Array.from(flatfield, (light) => 1 + contrast * (light - 1)),
    darkfield: Float64Array.from(darkfield, (dark) => dark + offset),
  };
}
