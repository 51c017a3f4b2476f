import type { Acquisition } from "../acquisition/acquisition.ts";
import { fieldShapeAtLevel } from "../tiles/levels.ts";

/** A fit of BaSiC wants tiles of at least so many pixels on their shorter side. */
const leastFieldPx = 128;

/** The coarsest level whose tiles are still large enough for BaSiC; the full resolution where none is. */
export function coarsestLevelForBasic({ levels, tiles }: Acquisition): number {
  const fits = levels.map(({ factorsZyx }) => Math.min(...fieldShapeAtLevel(tiles, factorsZyx)) >= leastFieldPx);
  return Math.max(0, fits.lastIndexOf(true));
}
