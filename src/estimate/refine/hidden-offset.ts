/**
 * A camera offset that an estimate took for light. With an offset O in planes of brightness B an estimate finds
 * (S·(B - O) + O) / B in place of S: the same shape, flatter. So each O stands for one shading, S = 1 + (S₀ - 1)·B/(B - O)
 * and D = D₀ + O, and the overlaps tell which of them makes neighbours agree. One number is all that is chosen: the
 * shape inside of the field, where no overlap reaches, follows from it.
 */
import type { Shading } from "../correct-patches.ts";
import { meanOver } from "./held-out.ts";
import { disagreement, type OverlapData } from "./overlap-data.ts";

/** Offsets that are tried, as shares of the brightness; 0 first. */
const triedShares = Array.from({ length: 24 }, (_, i) => i / 28);

/** A flat-field may not become darker than this anywhere. */
const leastLight = 0.05;

/** Tried offsets in counts, with the figures of every pair. */
export interface OffsetTrials {
  readonly offsets: readonly number[];
  readonly figures: readonly Float64Array[];
}

/**
 * Tries offsets from 0 on.
 * @param brightness of the planes that the estimate was made from, above its dark-field, in counts
 */
export function tryOffsets(start: Shading, brightness: number, data: OverlapData): OffsetTrials {
  const offsets = triedShares
    .map((share) => share * brightness)
    .filter((offset) => {
      return withOffset(start, brightness, offset).flatfield.every((light) => light > leastLight);
    });
  const figures = offsets.map((offset) => disagreement(data, withOffset(start, brightness, offset), start));
  return { offsets, figures };
}

/** The offset for which the given pairs agree best, between the tried ones by a parabola. */
export function bestOffset({ offsets, figures }: OffsetTrials, pairs: readonly number[]): number {
  const means = figures.map((values) => meanOver(values, pairs));
  const best = means.indexOf(Math.min(...means));
  const [before, at, after] = [means[best - 1], means[best]!, means[best + 1]];
  if (before === undefined || after === undefined) return offsets[best] ?? 0;
  const bend = before - 2 * at + after;
  return offsets[best]! + (bend > 0 ? ((before - after) / 2 / bend) * (offsets[1]! - offsets[0]!) : 0);
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
