/** The level of every part of the field in every plane, where it holds no structure. */
import type { Yx } from "../../shapes.ts";
import { blockPx, type NoiseBlocks } from "./noise-blocks.ts";

/** The field is divided into at most so many parts along each axis. */
const mostAcross = 8;

/** Means over the given blocks, `[part][plane]`, in counts; NaN where a part of a plane has none. */
export function levelSeries(
  { plane, mean, y, x }: NoiseBlocks,
  members: Int32Array,
  planeCount: number,
  [rows, columns]: Yx,
): Float64Array[] {
  const down = Math.min(mostAcross, Math.floor(rows / blockPx));
  const across = Math.min(mostAcross, Math.floor(columns / blockPx));
  const series = Array.from({ length: down * across }, () => new Float64Array(planeCount));
  const counts = series.map(() => new Float64Array(planeCount));
  for (const at of members) {
    const row = Math.floor(((y[at]! + blockPx / 2) * down) / rows);
    const part = row * across + Math.floor(((x[at]! + blockPx / 2) * across) / columns);
    series[part]![plane[at]!]! += mean[at]!;
    counts[part]![plane[at]!]! += 1;
  }
  return series.map((sums, part) => sums.map((sum, n) => sum / counts[part]![n]!));
}
