/** The largest singular value of a stack of planes, by power iteration. */

import { reading, writing } from "../../kernels/addresses.ts";
import { doubles, type Layout, layoutOf } from "../../kernels/layout.ts";
import type { LadmapPlanes, Numbers } from "./ladmap-passes.ts";
import { doTogether, eachPart } from "./team-job.ts";

/** Pixels whose sums stay in the processor's cache while all planes pass by. */
const pixelsPerBlock = 2048;
const mostSteps = 300;
const tolerance = 1e-14;

/** `[plane, pixel]`, and the threads that work on it. */
type Matrix<Image extends Numbers = Numbers> = Pick<LadmapPlanes, "planeCount" | "pixelCount" | "memory" | "team"> & {
  readonly image: Image;
};

/** Multiplies a vector by the Gram matrix: the contribution of each block of pixels, `[block, plane]`. */
type MultiplyByGram = (vector: Float64Array) => Promise<Float64Array>;

/** What {@link largestSingularValue} allocates in the planes' memory, temporarily. */
export function gramLayout(
  planeCount: number,
  pixelCount: number,
): Layout<{ readonly placed: Float64Array; readonly shares: Float64Array; readonly combined: Float64Array }> {
  const parts = Math.ceil(pixelCount / pixelsPerBlock);
  return layoutOf({
    placed: doubles(planeCount),
    shares: doubles(parts * planeCount),
    combined: doubles(parts * pixelsPerBlock),
  });
}

/**
 * The largest singular value of `[plane, pixel]`: power iteration on the Gram matrix `A·Aᵀ`, which is never formed,
 * from the vector of ones. Planes are never negative, so that vector is not orthogonal to the solution; where two
 * singular values lie close, either gives the value asked for.
 */
export async function largestSingularValue(planes: Matrix): Promise<number> {
  const { image, planeCount, memory } = planes;
  const mark = memory.mark();
  const multiply = image instanceof Float32Array ? byKernel({ ...planes, image }) : inDouble(planes);
  const vector = new Float64Array(planeCount).fill(1 / Math.sqrt(planeCount));
  let eigenvalue = 0;
  for (let step = 0; step < mostSteps; step++) {
    const shares = await multiply(vector);
    vector.fill(0);
    for (let i = 0; i < shares.length; i++) vector[i % planeCount]! += shares[i]!;
    const length = Math.hypot(...vector);
    const settled = Math.abs(length - eigenvalue) <= tolerance * length;
    eigenvalue = length;
    if (settled) break;
    for (let n = 0; n < planeCount; n++) vector[n]! /= length;
  }
  memory.release(mark);
  return Math.sqrt(eigenvalue);
}

function byKernel({ image, planeCount, pixelCount, memory, team }: Matrix<Float32Array>): MultiplyByGram {
  const parts = Math.ceil(pixelCount / pixelsPerBlock);
  const { placed, shares, combined } = gramLayout(planeCount, pixelCount).take(memory);
  const blocks = [planeCount, pixelCount, [0, pixelsPerBlock], pixelsPerBlock] as const;
  const sums = [eachPart(writing(combined), pixelsPerBlock), eachPart(writing(shares), planeCount)] as const;
  const given = [reading(image), ...blocks, reading(placed), ...sums] as const;
  return async (vector) => {
    placed.set(vector);
    await doTogether({ kernel: "multiplyByGram", parts, given }, team);
    return shares;
  };
}

function inDouble({ image, planeCount, pixelCount }: Matrix): MultiplyByGram {
  const parts = Math.ceil(pixelCount / pixelsPerBlock);
  const shares = new Float64Array(parts * planeCount);
  const combined = new Float64Array(pixelsPerBlock);
  return async (vector) => {
    for (let part = 0; part < parts; part++) {
      const from = part * pixelsPerBlock;
      const to = Math.min(from + pixelsPerBlock, pixelCount);
      const share = shares.subarray(part * planeCount, (part + 1) * planeCount);
      multiplyByGram(image, planeCount, pixelCount, from, to, vector, combined, share);
    }
    return shares;
  };
}

/** The contribution of pixels `[from, to)` to `A·(Aᵀ·vector)`; planes in their order, pixels in two lanes. */
function multiplyByGram(
  planes: Numbers,
  planeCount: number,
  pixelCount: number,
  from: number,
  to: number,
  vector: Float64Array,
  combined: Float64Array,
  share: Float64Array,
): void {
  combined.fill(0);
  for (let n = 0; n < planeCount; n++) {
    const offset = n * pixelCount;
    const factor = vector[n]!;
    for (let p = from; p < to; p++) combined[p - from]! += factor * planes[offset + p]!;
  }
  const pairs = to - ((to - from) % 2);
  for (let n = 0; n < planeCount; n++) {
    const offset = n * pixelCount;
    let [a, b] = [0, 0];
    for (let p = from; p < pairs; p += 2) {
      a += combined[p - from]! * planes[offset + p]!;
      b += combined[p + 1 - from]! * planes[offset + p + 1]!;
    }
    const both = a + b;
    share[n] = pairs === to ? both : both + combined[pairs - from]! * planes[offset + pairs]!;
  }
}
