import { type KernelMemory, memoryOf } from "../../kernels/kernel-memory.ts";
import type { LadmapPlanes, Numbers } from "./ladmap-kernels.ts";
import { doTogether } from "./team-job.ts";

/** Pixels whose sums stay in the cache while all planes pass by. */
const pixelsPerBlock = 2048;
const mostSteps = 300;
const tolerance = 1e-14;

/** `[plane, pixel]` and who works on it. */
type Matrix = Pick<LadmapPlanes, "image" | "planeCount" | "pixelCount" | "team">;

/** Multiplies a vector by the Gram matrix: what each block of pixels has in that, by block and plane. */
type MultiplyByGram = (vector: Float64Array) => Promise<Float64Array>;

/**
 * The largest singular value of `[plane, pixel]`: power iteration on the Gram matrix `A·Aᵀ`, which is never formed, from
 * the vector of ones. Planes are never negative, so that vector is not orthogonal to the solution; where two singular
 * values lie close, either gives the value asked for.
 */
export async function largestSingularValue(planes: Matrix): Promise<number> {
  const { image, planeCount } = planes;
  const memory = image instanceof Float32Array ? memoryOf(image) : undefined;
  const mark = memory?.mark() ?? 0;
  const multiply = (memory && byKernel(planes, memory)) ?? byTwin(planes);
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
  memory?.release(mark);
  return Math.sqrt(eigenvalue);
}

/** By WebAssembly, with the bits of the twin; `undefined` where the memory has no room left. */
function byKernel({ image, planeCount, pixelCount, team }: Matrix, memory: KernelMemory): MultiplyByGram | undefined {
  const parts = Math.ceil(pixelCount / pixelsPerBlock);
  const [placed, shares] = [memory.doubles(planeCount), memory.doubles(parts * planeCount)];
  const combined = memory.doubles(parts * pixelsPerBlock);
  if (placed === undefined || shares === undefined || combined === undefined) return undefined;
  const blocks = [[0, pixelsPerBlock], pixelsPerBlock] as const;
  const sums = [
    [combined.byteOffset, 8 * pixelsPerBlock] as const,
    [shares.byteOffset, 8 * planeCount] as const,
  ] as const;
  const given = [image.byteOffset, planeCount, pixelCount, ...blocks, placed.byteOffset, ...sums] as const;
  return async (vector) => {
    placed.set(vector);
    await doTogether(memory.functions, { kernel: "multiplyByGram", parts, given }, team);
    return shares;
  };
}

function byTwin({ image, planeCount, pixelCount }: Matrix): MultiplyByGram {
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

/** The share of pixels `[from, to)` in `A·(Aᵀ·vector)`; planes in their order, pixels in two lanes. */
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
