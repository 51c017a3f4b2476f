/** The spatial shape that planes of different brightness have in common. */
import { meanOf, medianOf } from "../../statistics.ts";
import { robustLine } from "./robust-line.ts";

/** The shape is estimated from planes above this quantile of brightness: dark planes have none. */
const dimShare = 0.4;
/** Planes with less than this fraction of the typical contrast are not used. */
const leastContrast = 0.1;
const rounds = 2;

/** The shape in counts; parts that are NaN in a plane are ignored there. */
export function commonShape(planes: readonly Float64Array[]): Float64Array {
  const levels = Float64Array.from(planes, medianShown);
  const limit = levels.slice().sort()[Math.floor(dimShare * levels.length)]!;
  const bright = planes.filter((_, n) => levels[n]! >= limit);
  const typical = medianShown(levels.filter((level) => level >= limit));
  let shape = medianPlane(bright.map((plane) => scaled(plane, typical / medianShown(plane))));
  for (let round = 0; round < rounds; round++) {
    const now = shape;
    const alike = bright.map((plane) => {
      const { intercept, slope } = robustLine(now, plane);
      return slope > leastContrast ? plane.map((value) => (value - intercept) / slope) : now;
    });
    shape = medianPlane(alike);
  }
  return shape;
}

/** Mean and standard deviation of all values that are not NaN. */
export function levelAndSpread(values: Float64Array): readonly [number, number] {
  const shown = values.filter(Number.isFinite);
  const mean = meanOf(shown);
  return [mean, Math.sqrt(shown.reduce((sum, value) => sum + (value - mean) ** 2, 0) / shown.length)];
}

function scaled(plane: Float64Array, factor: number): Float64Array {
  return plane.map((value) => factor * value);
}

/** The median of every part over the planes. */
export function medianPlane(planes: readonly Float64Array[]): Float64Array {
  return planes[0]!.map((_, at) => medianShown(Float64Array.from(planes, (plane) => plane[at]!)));
}

function medianShown(values: Float64Array): number {
  return medianOf(values.filter(Number.isFinite));
}
