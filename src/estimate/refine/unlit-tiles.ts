/** Finds tiles that got no light, as from a shutter that stayed closed: neighbours of theirs show nothing of shading. */
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import { meanOf, upperMedianOf } from "../../statistics.ts";

/** A tile is without light if it shows the same everywhere in all planes, within this many counts beside noise. */
const mostSpread = 1.5;
/**
 * And if neighbours, which show the same places, are brighter by this multiple of what it varies by in means and in pixels,
 * and by this share of it: pixels that vary more are sample, in a tile that is but dimmer.
 */
const brighter = { spreads: 10, pixelSpreads: 3, share: 0.05 } as const;
/** Pixels that are averaged before tiles are compared, so that noise does not count. */
const pixelsInMean = 256;

/** Overlaps without those of tiles that got no light although their neighbours did. */
export function withoutUnlit(patches: readonly OverlapPatch[]): readonly OverlapPatch[] {
  const levels = new Map<number, number[]>();
  const beside = new Map<number, number[]>();
  const variances = new Map<number, number[]>();
  for (const { tiles, first, second } of patches) {
    const means = [meansOf(first), meansOf(second)] as const;
    for (const side of [0, 1] as const) {
      add(levels, tiles[side], means[side]);
      add(beside, tiles[side], [meanOf(means[1 - side]!)]);
      add(variances, tiles[side], [varianceOf(side === 0 ? first : second)]);
    }
  }
  const unlit = new Set(
    [...levels.keys()].filter((tile) => isUnlit(levels.get(tile)!, beside.get(tile)!, variances.get(tile)!)),
  );
  return unlit.size === 0 ? patches : patches.filter(({ tiles }) => !tiles.some((tile) => unlit.has(tile)));
}

function add(lists: Map<number, number[]>, tile: number, values: readonly number[]): void {
  const list = lists.get(tile) ?? [];
  for (const value of values) if (Number.isFinite(value)) list.push(value);
  lists.set(tile, list);
}

/** Means of strips of pixels. */
function meansOf(image: Float32Array): number[] {
  const count = Math.max(1, Math.floor(image.length / pixelsInMean));
  return Array.from({ length: count }, (_, i) => {
    return meanOf(image.subarray(Math.floor((i * image.length) / count), Math.floor(((i + 1) * image.length) / count)));
  });
}

function varianceOf(image: Float32Array): number {
  const mean = meanOf(image);
  return meanOf(image.map((value) => (value - mean) ** 2));
}

function isUnlit(levels: number[], beside: number[], variances: number[]): boolean {
  if (levels.length === 0 || beside.length === 0) return false;
  const level = meanOf(levels);
  const spread = Math.sqrt(meanOf(levels.map((value) => (value - level) ** 2)));
  // Some of its neighbours may be without light as well.
  const ofPixels = brighter.pixelSpreads * Math.sqrt(meanOf(variances));
  const least = Math.max(brighter.spreads * Math.max(1, spread), ofPixels, brighter.share * level);
  return spread <= mostSpread && upperMedianOf(beside)! - level > least;
}
