import type { RefinementReport } from "../estimate/refine/refine.ts";

/** What a refinement did, as a sentence for the user. */
export function describeRefinement(report: RefinementReport): string {
  const { changed, pairCount, before, heldOut, cameraOffset, strength, gainSpread } = report;
  if (pairCount === 0) return "not refined, as the overlaps show no light.";
  const percent = (figure: number) => `${(100 * figure).toPrecision(3)} %`;
  const gains = gainSpread === undefined ? "" : `tiles differ in brightness by ${percent(gainSpread)}, less which `;
  const apart = `${gains}neighbours are ${percent(before)} apart in ${pairCount} overlaps`;
  const cost = percent(report.costOf100Counts ?? 0);
  const unknown = report.isOffsetUnknown
    ? ` What the camera shows without light stays unknown: if it is 100 counts, the flat-field is off by ${cost} for that; --camera-offset tells it.`
    : "";
  if (!changed) return `not refined: ${apart}, and no change makes held-out ones agree clearly better.${unknown}`;
  const found = cameraOffset === undefined ? [] : [`a camera offset of ${cameraOffset.toFixed(0)} counts was found`];
  const smooth = strength === undefined ? [] : ["the profile was corrected smoothly"];
  return `refined: ${apart}; ${[...found, ...smooth].join(", ")}: ${percent(heldOut)} in overlaps it did not see.${unknown}`;
}
