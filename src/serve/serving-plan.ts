/** What is decided before an image is served: how each level is made, and what memory and workers that takes. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { storedLevel } from "../acquisition/sampled-level.ts";
import type { CorrectionField } from "../correct/field.ts";
import { geometries, type LevelWay } from "../pipeline/blocks/chunk-maker.ts";
import { coarseCorrection, fullCorrection } from "../pipeline/blocks/coarse-correction.ts";
import type { OutputLevel } from "../pipeline/output/template.ts";
import { arrayBytes, isSameShape } from "../shapes.ts";
import { framingBytes } from "../zarr/box.ts";

/**
 * How coarse levels are made: `quick` corrects those of the source, `exact` averages corrected pixels, as a correction
 * writes them.
 */
export type Pyramid = "quick" | "exact";

/** The way to the pixels of each level. @param fields per channel of the acquisition */
export function waysOf(
  acquisition: Acquisition,
  levels: readonly OutputLevel[],
  fields: readonly (readonly CorrectionField[])[],
  pyramid: Pyramid,
): LevelWay[] {
  return geometries({ levels }).map(({ shapeCzyx: [channels, ...shapeZyx] }, index): LevelWay => {
    if (index === 0) return fullCorrection(acquisition, channels, fields);
    const { factorsZyx } = levels[index]!;
    const source = pyramid === "exact" ? -1 : sourceLevelOf(acquisition, levels, index);
    if (source < 0) return { kind: "averaged" };
    return coarseCorrection(acquisition, source, { shapeZyx, factorsZyx }, channels, fields);
  });
}

/** The level of the source that shows the same pixels as a level of the output before correction; -1 where none does. */
function sourceLevelOf(acquisition: Acquisition, levels: readonly OutputLevel[], index: number): number {
  const { shapeCzyx } = geometries({ levels })[index]!;
  return acquisition.levels.findIndex((level) => {
    const stored = storedLevel(level);
    return isSameShape(stored.shapeCzyx, shapeCzyx) && isSameShape(stored.factorsZyx, levels[index]!.factorsZyx);
  });
}

/** The most bytes of an encoded chunk of any level. */
export function largestChunk(levels: readonly OutputLevel[]): number {
  return Math.max(...levels.map(({ metadata }) => arrayBytes(metadata.type, metadata.chunkShape) + framingBytes));
}
