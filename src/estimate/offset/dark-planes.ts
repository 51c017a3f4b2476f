/**
 * Planes without light: their field is flat although that of brighter planes is shaded. What they show is the offset;
 * what shading is left in them tells how much light they may hold all the same.
 */
import { medianOf } from "../select-median.ts";
import { commonShape, levelAndSpread, medianPlane } from "./common-level.ts";
import { type LevelFacts, planesOf } from "./plane-regression.ts";
import { robustLine } from "./robust-line.ts";
import { drift } from "./variance-line.ts";

/** So many planes of either kind there must be. */
const fewest = { dark: 2, bright: 3 } as const;
/** Dark planes differ by at most so many times the drift of the offset and the noise; bright ones are brighter by so many. */
const apart = { dark: 4, bright: 20 } as const;
/** Shading is told from so many times the noise on. */
const leastShading = 5;
/** What brighter planes do not have in common is at most this share of their shading. */
const mostDeviation = 0.3;
/** Planes with more shading than this share of that of the brighter ones hold light. */
const mostLight = 0.05;
/** The field has about so many parts that differ independently. */
const independentParts = 6;

/** The offset that planes without light show. @returns `undefined` where there are none */
export function darkPlanes(series: readonly ArrayLike<number>[], { noise = 0 }: LevelFacts = {}) {
  const planes = planesOf(series);
  const levels = planes.map((plane) => levelAndSpread(plane)[0]);
  const step = Math.max(drift, noise);
  const dimmest = Math.min(...levels);
  const dark = planes.filter((_, n) => levels[n]! < dimmest + apart.dark * step);
  const bright = planes.filter((_, n) => levels[n]! > dimmest + apart.bright * step);
  if (dark.length < fewest.dark || bright.length < fewest.bright) return undefined;
  const shape = commonShape(bright);
  const [level, shading] = levelAndSpread(shape);
  const deviation = medianOf(Float64Array.from(bright, (plane) => relativeDeviation(shape, plane)));
  if (shading < leastShading * noise || deviation > mostDeviation * shading) return undefined;
  const [flat, [shown]] = [medianPlane(dark), levelAndSpread(medianPlane(dark))];
  const { slope, scale, spread } = robustLine(shape, flat);
  const error = Math.max(scale, noise / Math.sqrt(dark.length)) / spread / Math.sqrt(independentParts);
  if (!(Math.abs(slope) <= mostLight + 2 * error && error <= mostLight)) return undefined;
  const light = slope * (level - shown);
  return { offset: shown - light, standardError: Math.hypot(error * (level - shown), light / 2, drift) };
}

/** What a plane leaves of the shape, at the shape's brightness. */
function relativeDeviation(shape: Float64Array, plane: Float64Array): number {
  const { slope, scale } = robustLine(shape, plane);
  return scale / Math.max(1e-3, slope);
}
