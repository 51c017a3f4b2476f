import type { Acquisition } from "../acquisition/acquisition.ts";
import type { PixelLevel } from "../acquisition/pixel-level.ts";

/** The planes among some of a level that may be sampled: of a time lapse those of the chosen time points. */
export function sampledPlanes(
  { sampledTimes }: Acquisition,
  { shapeZyx, timePoints = 1 }: PixelLevel,
  planes: readonly number[],
): readonly number[] {
  if (sampledTimes === undefined) return planes;
  const planesPerTime = shapeZyx[0] / timePoints;
  return planes.filter((plane) => sampledTimes.includes(Math.floor(plane / planesPerTime)));
}
