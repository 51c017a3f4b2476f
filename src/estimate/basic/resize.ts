/** Resizes single planes in double precision, as scikit-image does: the specification of the kernel. */

import { elementCount, type PixelArray, type Yx } from "../../shapes.ts";
import { rangeOf } from "../vectors.ts";

/**
 * How the pixels of one axis are resized: target pixel t is the sum of `weights[t, i] · source[starts[t] + i]` for
 * `i < taps`.
 */
export interface AxisPlan {
  readonly taps: number;
  readonly starts: Int32Array;
  readonly weights: Float64Array;
}

/** How planes of one shape are resized to another; made once for many planes. */
interface ResizePlan {
  readonly shapeYx: Yx;
  readonly targetYx: Yx;
  readonly alongY: AxisPlan;
  readonly alongX: AxisPlan;
  /** The plane in double precision. */
  readonly source: Float64Array;
  /** One target row between the two axes. */
  readonly between: Float64Array;
  /** One target row. */
  readonly row: Float64Array;
}

/** Prepares {@link resizePlane}. */
export function planResize(shapeYx: Yx, targetYx: Yx): ResizePlan {
  return {
    shapeYx,
    targetYx,
    alongY: planAxis(shapeYx[0], targetYx[0]),
    alongX: planAxis(shapeYx[1], targetYx[1]),
    source: new Float64Array(elementCount(shapeYx)),
    between: new Float64Array(shapeYx[1]),
    row: new Float64Array(targetYx[1]),
  };
}

/**
 * Resizes a plane, as the kernel in `assembly/resize.ts` does, by linear interpolation between pixel centres. An axis
 * that shrinks by a factor f is smoothed first, by a Gaussian of `sigma = (f - 1) / 2` pixels. Beyond its edges the
 * plane is mirrored, its edge pixels not repeated. The result stays within the plane's range.
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
  const { shapeYx, targetYx, alongY, alongX, source, between, row } = plan;
  source.set(plane);
  const [smallest, largest] = rangeOf(source);
  for (let y = 0; y < targetYx[0]; y++) {
    sumRows(source, shapeYx[1], alongY, y, between);
    sumColumns(between, alongX, smallest, largest, row);
    destination.set(row, y * targetYx[1]);
  }
}

/** The weighted sum of rows for a target row: four rows at a time, which saves memory traffic. */
function sumRows(source: Float64Array, width: number, axis: AxisPlan, target: number, sums: Float64Array): void {
  const { taps, starts, weights } = axis;
  const first = target * taps;
  let row = starts[target]! * width;
  let tap = 0;
  sums.fill(0);
  for (; tap + 4 <= taps; tap += 4, row += 4 * width) {
    const a = weights[first + tap]!;
    const b = weights[first + tap + 1]!;
    const c = weights[first + tap + 2]!;
    const d = weights[first + tap + 3]!;
    const [second, third, fourth] = [row + width, row + 2 * width, row + 3 * width];
    for (let x = 0; x < width; x++) {
      const two = sums[x]! + a * source[row + x]! + b * source[second + x]!;
      sums[x] = two + c * source[third + x]! + d * source[fourth + x]!;
    }
  }
  for (; tap < taps; tap++, row += width) {
    const weight = weights[first + tap]!;
    for (let x = 0; x < width; x++) sums[x]! += weight * source[row + x]!;
  }
}

/** The weighted sums of a row's pixels for the pixels of a target row, limited to a range. */
function sumColumns(
  source: Float64Array,
  { taps, starts, weights }: AxisPlan,
  smallest: number,
  largest: number,
  target: Float64Array,
): void {
  for (let x = 0, weight = 0; x < target.length; x++) {
    const first = starts[x]!;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++, weight++) sum += weights[weight]! * source[first + tap]!;
    target[x] = Math.min(Math.max(sum, smallest), largest);
  }
}

/** {@link resizePlane} for a single plane, into a new array. */
export function resizedPlane(plane: PixelArray | Float64Array, shapeYx: Yx, targetYx: Yx): Float64Array {
  const destination = new Float64Array(targetYx[0] * targetYx[1]);
  resizePlane(planResize(shapeYx, targetYx), plane, destination);
  return destination;
}

/** The weights for resizing an axis. Smoothing and interpolation are both linear, so one set of weights does both. */
export function planAxis(length: number, target: number): AxisPlan {
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

/** A Gaussian, cut off at four sigma, of sum 1. */
function gaussianWeights(sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    sigma === 0 ? 1 : Math.exp((-0.5 * (i - radius) ** 2) / sigma ** 2),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The pixel for an index beyond the edge, mirrored; the edge pixels are not repeated. */
function mirrored(place: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((place % period) + period) % period;
  return within < length ? within : period - within;
}
