import type { Yx } from "../../shapes.ts";

/**
 * Erodes a mask by a disk: a pixel stays 1 where every pixel with `dy² + dx² <= radius²` is 1. What lies outside the
 * plane counts as 1.
 *
 * Every 0 spreads along its column first, then, by what is left of the radius, along the rows: the cost does not
 * depend on the radius.
 *
 * @param mask 0 or 1, `[y, x]`; not changed
 * @param eroded where the result goes, as long as `mask`
 */
export function erodeByDisk(mask: Uint8Array, shapeYx: Yx, radius: number, eroded: Uint8Array): void {
  const [height, width] = shapeYx;
  const distances = distancesAlongY(mask, shapeYx);
  const reach = Array.from({ length: radius + 1 }, (_, dy) => Math.floor(Math.sqrt(radius * radius - dy * dy)));
  const edges = new Int32Array(width + 1);
  for (let y = 0; y < height; y++) {
    edges.fill(0);
    for (let x = 0; x < width; x++) {
      const distance = distances[y * width + x]!;
      if (distance > radius) continue;
      edges[Math.max(0, x - reach[distance]!)]! += 1;
      edges[Math.min(width, x + reach[distance]! + 1)]! -= 1;
    }
    let covering = 0;
    for (let x = 0; x < width; x++) {
      covering += edges[x]!;
      eroded[y * width + x] = covering > 0 ? 0 : 1;
    }
  }
}

/** For every pixel the distance in rows to the nearest 0 of its column; more than any radius where there is none. */
function distancesAlongY(mask: Uint8Array, [height, width]: Yx): Int32Array {
  const none = 2 ** 30;
  const distances = new Int32Array(height * width);
  let at = 0;
  for (; at < width; at++) distances[at] = mask[at] === 0 ? 0 : none;
  for (; at < distances.length; at++) distances[at] = mask[at] === 0 ? 0 : Math.min(distances[at - width]! + 1, none);
  for (at -= width + 1; at >= 0; at--) distances[at] = Math.min(distances[at]!, distances[at + width]! + 1);
  return distances;
}
