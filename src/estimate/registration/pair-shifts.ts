/** Where the structures of neighbouring tiles meet. */
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import type { Yx } from "../../shapes.ts";
import { findShift } from "./phase-correlation.ts";

/** A shift is believed from this certainty on. */
const leastCertainty = 8;

/** Structures are looked for this far from where the stage says, as a share of the field. */
const searchShare = 0.03;

/**
 * The shift of every pair in pixels of its patches, from its most certain plane; `undefined` where none is certain.
 * @param fieldYx the shape of the fields, in pixels of the level
 */
export function pairShifts(pairCount: number, fieldYx: Yx, patches: readonly OverlapPatch[]): (Yx | undefined)[] {
  const best = Array.from({ length: pairCount }, (): { shift?: Yx; certainty: number } => ({
    certainty: leastCertainty,
  }));
  for (const { pair, first, second, shapeYx, binPx } of patches) {
    const mostPx = Math.max(2, Math.round((searchShare * Math.min(...fieldYx)) / binPx));
    const { shiftYx, certainty } = findShift(first, second, shapeYx, mostPx);
    if (certainty >= best[pair]!.certainty) best[pair] = { shift: shiftYx, certainty };
  }
  return best.map(({ shift }) => shift);
}
