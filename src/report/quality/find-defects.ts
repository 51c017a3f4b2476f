import { type BinnedPlanes, meanShare } from "./binned-planes.ts";
import type { PixelDefects } from "./quality-report.ts";

/** What went wrong with pixels between an image and its correction. @param uncorrected planes that were left out */
export function findDefects(before: BinnedPlanes, after: BinnedPlanes, uncorrected: number): PixelDefects {
  const risen = (key: "zeroShares" | "saturatedShares" | "notNumberShares") =>
    Math.max(0, meanShare(after[key]) - meanShare(before[key]));
  return {
    zeroed: risen("zeroShares"),
    cutOff: risen("saturatedShares"),
    wrapped: wrappedShare(before, after),
    notNumbers: risen("notNumberShares"),
    uncorrected: uncorrected / Math.max(1, before.planeCount),
  };
}

/**
 * A difference below 0 that is stored without a sign lies close to the largest value, where the source is dark: no
 * correction makes that much light of it.
 */
function wrappedShare(before: BinnedPlanes, after: BinnedPlanes): number {
  if (!Number.isFinite(before.largest)) return 0;
  let sum = 0;
  for (const [block, near] of after.nearShares.entries()) sum += Math.max(0, near - before.notFarShares[block]!);
  return sum / Math.max(1, after.nearShares.length);
}
