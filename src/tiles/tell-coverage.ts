/** Which part of an image lies in tiles, and what happens to the rest, in sentences. */
import { formatCount, formatShare } from "../quantities.ts";
import { type Coverage, type PlaneRange, shareLeftOut, uncoveredPlanes } from "./coverage.ts";
import type { Remark } from "./tile.ts";

/** What becomes of pixels that lie in no tile: they are copied from the image, or were never there; `none` without such. */
export type Rest = "none" | "copied" | "zero";

/** What there is to say of pixels that lie in no tile; nothing where all do. */
export function tellCoverage(coverage: Coverage, rest: Rest): Remark[] {
  const { gapShare, placesWithoutTile } = coverage;
  const remarks: Remark[] = uncoveredPlanes(coverage) === 0 ? [] : [tellPlanes(coverage)];
  if (!(gapShare > 0) || rest === "none") return remarks;
  const gaps =
    placesWithoutTile === undefined
      ? `${formatShare(gapShare)} of each plane lies between or beside tiles`
      : `${formatCount(placesWithoutTile, "place")} of the grid (${formatShare(gapShare)} of each plane) ${placesWithoutTile === 1 ? "has" : "have"} no tile`;
  const isRagged = placesWithoutTile !== undefined;
  const fate = rest === "zero" ? "0 is written there" : "its pixels are copied as they are, not corrected";
  return [...remarks, { kind: isRagged || rest === "zero" ? "note" : "warning", text: `${gaps}: ${fate}.` }];
}

function tellPlanes(coverage: Coverage): Remark {
  const { planes, planesWithoutTiles, planesInPart } = coverage;
  const without = countOf(planesWithoutTiles);
  const parts = [
    ...(without === 0 ? [] : [`${without} of ${planes} planes (${listOf(planesWithoutTiles)}) lie in no tile`]),
    ...(planesInPart.length === 0
      ? []
      : [`${countOf(planesInPart)} of ${planes} planes (${listOf(planesInPart)}) are not in all tiles`]),
  ];
  const text = `NOT ALL PLANES ARE CORRECTED: ${parts.join(", and ")}, as the table of tiles has it. ${formatShare(shareLeftOut(coverage))} of the pixels where tiles lie are copied as they are.`;
  return { kind: "warning", text };
}

function countOf(ranges: readonly PlaneRange[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

function listOf(ranges: readonly PlaneRange[]): string {
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(", ");
}
