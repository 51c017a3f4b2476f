/** Compares single pixels before and after a correction: a flat-field changes how bright they are, and nothing else. */
import type { BinnedPlanes } from "./planes.ts";

/** Tiles whose neighbouring pixels differ by less than this part of the usual variance show too little. */
const leastVariance = 0.1;

/**
 * How alike the differences between neighbouring pixels are in both images: their correlation, of the tile where it is
 * least. It is almost 1 after any profile, since neighbours have the same light, and far less where pixels were also
 * blurred, freed of noise, or moved, or are those of another tile. Pixels of value 0 are left out. 1 where nothing can be
 * compared, 0 where nothing varies any more.
 * @param tiles the tile of every plane
 */
export function detailKept(before: BinnedPlanes, after: BinnedPlanes, tiles: readonly number[]): number {
  const sums = new Map<number, [bb: number, ba: number, aa: number]>();
  for (const [n, tile] of tiles.entries()) {
    const sum = sums.get(tile) ?? [0, 0, 0];
    sums.set(tile, sum);
    addPlane(sum, before, after, n);
  }
  const all = [...sums.values()];
  const usual = all.reduce((total, [bb]) => total + bb, 0) / Math.max(1, all.length);
  const shown = all.filter(([bb]) => bb > leastVariance * usual);
  return Math.min(1, ...shown.map(([bb, ba, aa]) => (aa === 0 ? 0 : ba / Math.sqrt(bb * aa))));
}

function addPlane(sum: [number, number, number], before: BinnedPlanes, after: BinnedPlanes, n: number): void {
  const [rows, columns] = before.shapeYx;
  for (let y = 0, at = n * rows * columns; y < rows; y++, at++) {
    for (let x = 0; x < columns - 1; x++, at++) {
      if (after.pixels[at] === 0 || after.pixels[at + 1] === 0) continue;
      const ofBefore = before.pixels[at + 1]! - before.pixels[at]!;
      const ofAfter = after.pixels[at + 1]! - after.pixels[at]!;
      sum[0] += ofBefore * ofBefore;
      sum[1] += ofBefore * ofAfter;
      sum[2] += ofAfter * ofAfter;
    }
  }
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
