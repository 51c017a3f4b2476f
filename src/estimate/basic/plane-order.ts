/** Order statistics of every pixel over the planes. */
import { memoryOf } from "../../kernels/kernel-memory.ts";
import type { LadmapPlanes } from "./ladmap-kernels.ts";
import type { Pause } from "./pause.ts";
import { doTogether } from "./team-job.ts";

/** The kernel's pixels fall into so many parts at most, each of which gathers some of every plane at a time. */
const [mostParts, gatheredPixels] = [16, 64];
/** Pixels that are sorted before the event loop may run. */
export const pixelsAtOnce = 2048;

/** The bytes that {@link medianOverPlanes} takes from the memory of the planes. */
export function medianBytes(planeCount: number, pixelCount: number): number {
  return 4 * mostParts * gatheredPixels * planeCount + 8 * pixelCount + 2 * 64;
}

/**
 * The median of every pixel over the planes; of an even number of planes the middle of two values. By WebAssembly and all
 * threads of the fit where the planes lie in its memory and it has room left, else by TypeScript, with the same bits.
 */
export async function medianOverPlanes(planes: LadmapPlanes, pause: Pause): Promise<Float64Array> {
  const { planeCount, pixelCount, image, team } = planes;
  const median = new Float64Array(pixelCount);
  const memory = image instanceof Float32Array ? memoryOf(image) : undefined;
  const mark = memory?.mark() ?? 0;
  const scratchBytes = 4 * gatheredPixels * planeCount;
  const [placed, scratch] = [memory?.doubles(pixelCount), memory?.bytes(mostParts * scratchBytes)];
  if (memory !== undefined && placed !== undefined && scratch !== undefined) {
    const pixels = 4 * Math.ceil(pixelCount / mostParts / 4);
    const range = [planeCount, pixelCount, [0, pixels], pixels] as const;
    const given = [image.byteOffset, ...range, placed.byteOffset, [scratch.byteOffset, scratchBytes]] as const;
    const parts = Math.ceil(pixelCount / pixels);
    await doTogether(memory.functions, { kernel: "medianOfFloats", parts, given }, team);
    median.set(placed);
  } else {
    for (let from = 0; from < pixelCount; from += pixelsAtOnce) {
      medianByTwin(planes, from, Math.min(from + pixelsAtOnce, pixelCount), median);
      await pause();
    }
  }
  memory?.release(mark);
  return median;
}

function medianByTwin(
  { planeCount, pixelCount, image }: LadmapPlanes,
  from: number,
  to: number,
  median: Float64Array,
): void {
  const values = new Float64Array(planeCount);
  for (let p = from; p < to; p++) {
    for (let n = 0; n < planeCount; n++) values[n] = image[n * pixelCount + p]!;
    median[p] = medianOfSorted(values.sort());
  }
}

/** The middle of sorted values; of an even number the mean of the two in the middle. */
export function medianOfSorted(values: Float64Array): number {
  const middle = Math.floor(values.length / 2);
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}

/**
 * Sorts the values of the pixels `[from, to)` over the planes, in place, the smallest first; every weight goes with its
 * value. Equal values keep their order.
 */
export function sortOverPlanes(planes: LadmapPlanes, from: number, to: number): void {
  const { planeCount, pixelCount, image, weights } = planes;
  const values = new Float64Array(planeCount);
  const carried = new Float64Array(planeCount);
  const order = Array.from({ length: planeCount }, (_, n) => n);
  for (let p = from; p < to; p++) {
    for (let n = 0; n < planeCount; n++) {
      values[n] = image[n * pixelCount + p]!;
      carried[n] = weights[n * pixelCount + p]!;
      order[n] = n;
    }
    // Where all weights are equal there is nothing to carry, and plain numbers sort ten times faster.
    const even = carried.every((weight) => weight === carried[0]);
    if (even) values.sort();
    else order.sort((a, b) => values[a]! - values[b]! || a - b);
    for (let n = 0; n < planeCount; n++) {
      image[n * pixelCount + p] = values[even ? n : order[n]!]!;
      weights[n * pixelCount + p] = carried[even ? n : order[n]!]!;
    }
  }
}
