import type { PixelArray, Yx } from "../../shapes.ts";
import { rangeOf } from "./vectors.ts";

/**
 * How the pixels of one axis are resized: target pixel t is the sum of `weights[t, i] · source[starts[t] + i]` for
 * `i < taps`.
 */
interface AxisPlan {
  readonly taps: number;
  readonly starts: Int32Array;
  readonly weights: Float64Array;
}

/** How planes of one shape are resized to another; made once for many planes. */
export interface ResizePlan {
  readonly shapeYx: Yx;
  readonly targetYx: Yx;
  readonly alongY: AxisPlan;
  readonly alongX: AxisPlan;
  /** The plane between the two axes. */
  readonly between: Float64Array;
}

/** Prepares {@link resizePlane}. */
export function planResize(shapeYx: Yx, targetYx: Yx): ResizePlan {
  return {
    shapeYx,
    targetYx,
    alongY: planAxis(shapeYx[0], targetYx[0]),
    alongX: planAxis(shapeYx[1], targetYx[1]),
    between: new Float64Array(targetYx[0] * shapeYx[1]),
  };
}

/**
 * Resizes a plane by linear interpolation between pixel centres. An axis that shrinks by a factor f is smoothed first,
 * by a Gaussian of `sigma = (f - 1) / 2` pixels. Beyond its edges the plane goes on mirrored, its edge pixels not
 * repeated. The result stays within the plane's range.
 *
 * @param plane one plane of `plan.shapeYx`
 * @param destination one plane of `plan.targetYx`
 * @see `skimage.transform.resize` with order 1 and anti-aliasing, whose values these are
 */
export function resizePlane(
  plan: ResizePlan,
  plane: PixelArray | Float64Array,
  destination: Float32Array | Float64Array,
): void {
  const { shapeYx, targetYx, alongY, alongX, between } = plan;
  const width = shapeYx[1];
  between.fill(0);
  for (let y = 0; y < targetYx[0]; y++) {
    for (let tap = 0; tap < alongY.taps; tap++) {
      const weight = alongY.weights[y * alongY.taps + tap]!;
      if (weight === 0) continue;
      const row = (alongY.starts[y]! + tap) * width;
      for (let x = 0; x < width; x++) between[y * width + x]! += weight * plane[row + x]!;
    }
  }
  const [smallest, largest] = rangeOf(plane);
  for (let y = 0; y < targetYx[0]; y++) {
    for (let x = 0; x < targetYx[1]; x++) {
      const first = y * width + alongX.starts[x]!;
      let value = 0;
      for (let tap = 0; tap < alongX.taps; tap++)
        value += alongX.weights[x * alongX.taps + tap]! * between[first + tap]!;
      destination[y * targetYx[1] + x] = Math.min(Math.max(value, smallest), largest);
    }
  }
}

/** {@link resizePlane} for a single plane, into an array of its own. */
export function resizedPlane(plane: PixelArray | Float64Array, shapeYx: Yx, targetYx: Yx): Float64Array {
  const destination = new Float64Array(targetYx[0] * targetYx[1]);
  resizePlane(planResize(shapeYx, targetYx), plane, destination);
  return destination;
}

/** Smoothing and interpolation are both linear, so one set of weights does both. */
function planAxis(length: number, target: number): AxisPlan {
  const factor = length / target;
  const gaussian = gaussianWeights(Math.max(0, (factor - 1) / 2));
  const radius = (gaussian.length - 1) / 2;
  const taps = Math.min(length, gaussian.length + 1);
  const starts = new Int32Array(target);
  const weights = new Float64Array(target * taps);
  for (let t = 0; t < target; t++) {
    const centre = (t + 0.5) * factor - 0.5;
    const low = Math.floor(centre);
    const start = Math.min(Math.max(low - radius, 0), length - taps);
    starts[t] = start;
    for (const [neighbour, share] of [[low, low + 1 - centre] as const, [low + 1, centre - low] as const]) {
      const inside = mirrored(neighbour, length);
      for (let i = 0; i < gaussian.length; i++) {
        weights[t * taps + mirrored(inside + i - radius, length) - start]! += share * gaussian[i]!;
      }
    }
  }
  return { taps, starts, weights };
}

/** A Gaussian that ends at four sigma and sums to 1. */
function gaussianWeights(sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    sigma === 0 ? 1 : Math.exp((-0.5 * (i - radius) ** 2) / sigma ** 2),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The pixel that a place beyond the edge mirrors; the edge pixels stand once. */
function mirrored(place: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((place % period) + period) % period;
  return within < length ? within : period - within;
}
