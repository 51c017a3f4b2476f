/** Compares single pixels before and after a correction: a flat-field changes how bright they are, and nothing else. */
import { medianOf } from "../../statistics.ts";
import type { BinnedPlanes } from "./planes.ts";

/**
 * How alike the differences between neighbouring pixels are in both images: their correlation, the median over the planes.
 * It is almost 1 after any profile, since neighbours have the same light, and far less where an image was also blurred,
 * freed of noise, or moved. Pixels of value 0 are left out. 1 where nothing can be compared.
 */
export function detailKept(before: BinnedPlanes, after: BinnedPlanes): number {
  const found: number[] = [];
  for (let n = 0; n < before.planeCount; n++) {
    const kept = detailOfPlane(before, after, n);
    if (kept !== undefined) found.push(kept);
  }
  return found.length === 0 ? 1 : medianOf(Float64Array.from(found));
}

function detailOfPlane(before: BinnedPlanes, after: BinnedPlanes, n: number): number | undefined {
  const [rows, columns] = before.shapeYx;
  let [bb, ba, aa] = [0, 0, 0];
  for (let y = 0, at = n * rows * columns; y < rows; y++, at++) {
    for (let x = 0; x < columns - 1; x++, at++) {
      if (after.pixels[at] === 0 || after.pixels[at + 1] === 0) continue;
      const ofBefore = before.pixels[at + 1]! - before.pixels[at]!;
      const ofAfter = after.pixels[at + 1]! - after.pixels[at]!;
      bb += ofBefore * ofBefore;
      ba += ofBefore * ofAfter;
      aa += ofAfter * ofAfter;
    }
  }
  return bb === 0 || aa === 0 ? undefined : ba / Math.sqrt(bb * aa);
}

/**
 * How much more the source's pixels vary that became 0 than neighbours among them do: a ratio of variances. 1 where
 * they show nothing but noise, as around a sample on black, where half of the pixels are below a camera's offset; more
 * where light was among them, which also varies over larger distances. 1 where hardly any neighbours became 0.
 */
export function zeroedBeyondNoise(before: BinnedPlanes, after: BinnedPlanes): number {
  const { pixels, shapeYx } = before;
  const columns = shapeYx[1];
  let [count, mean, squares, pairs, noise] = [0, 0, 0, 0, 0];
  for (let i = 0; i < pixels.length; i++) {
    if (after.pixels[i] !== 0) continue;
    const value = pixels[i]!;
    count++;
    const apart = value - mean;
    mean += apart / count;
    squares += apart * (value - mean);
    if ((i + 1) % columns === 0 || after.pixels[i + 1] !== 0) continue;
    pairs++;
    noise += (pixels[i + 1]! - value) ** 2 / 2;
  }
  return pairs === 0 || noise === 0 ? 1 : squares / count / (noise / pairs);
}
