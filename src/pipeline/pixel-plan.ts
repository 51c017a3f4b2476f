/** What the plan of a correction's blocks must know of the images and of the memory that is taken already. */
import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import { storedLevel } from "../acquisition/sampled-level.ts";
import { correctionFieldBytes } from "../correct/field.ts";
import type { Yx } from "../shapes.ts";
import { distinctFieldShapes } from "../tiles/place-tiles.ts";
import { cacheWish } from "./cache-wish.ts";
import { shelfBytes } from "./chunk-memory.ts";
import { fullGeometry, geometries, type OutputTemplate, outputType } from "./output-template.ts";
import type { PlanRequest } from "./plan.ts";

/** What a run brings along besides its images. */
export interface PixelPlanRequest {
  readonly givenShapes: readonly Yx[];
  readonly profileCount: number;
  readonly memory: number;
  readonly workers: number;
  readonly openObjectBytes: number;
}

/** The request for the plan of a correction. */
export function pixelPlanRequest(
  acquisition: Acquisition,
  template: OutputTemplate,
  { profileCount, givenShapes, memory, workers, openObjectBytes }: PixelPlanRequest,
): PlanRequest {
  const { images } = template;
  const { tiles, readerBytes = 0 } = acquisition;
  const source = storedLevel(fullResolution(acquisition));
  const shapes = distinctFieldShapes(tiles);
  const fieldBytes = shapes.reduce((sum, shape) => sum + correctionFieldBytes(shape), 0);
  // While a profile is made ready it is held as it came, as spline coefficients and resampled.
  const makingReady = 4 * Math.max(...[...shapes, ...givenShapes].map(correctionFieldBytes));
  const largestField = Math.max(...shapes.map(correctionFieldBytes));
  // Profiles that are larger than the tiles stay as they came during the whole run.
  const beyondTiles = givenShapes.map((shape) => Math.max(0, correctionFieldBytes(shape) - largestField));
  const keptBytes = beyondTiles.reduce((sum, bytes) => sum + bytes, 0);
  const { chunkShapeCzyx } = fullGeometry(images[0]!);
  const cache = cacheWish(acquisition, chunkShapeCzyx);
  return {
    images: images.map(geometries),
    type: outputType(template),
    ...(cache === undefined ? {} : { cache }),
    openObjectBytes,
    readerBytes,
    sharedBytes: profileCount * fieldBytes + makingReady + keptBytes,
    workerBytes: (profileCount === 0 ? 0 : largestField) + shelfBytes(source, chunkShapeCzyx),
    memoryBytes: memory,
    workers,
  };
}
