/** Relates levels of a pyramid: their factors, and the boxes of tiles at a coarser level. */

import type { BoxZyx, Yx, Zyx } from "../shapes.ts";
import { wholeTiles } from "./cropped-tiles.ts";
import { fieldShape, type Tile } from "./tile.ts";

/**
 * The smallest factor by which `fine` pixels become `coarse`, or `undefined` where none does: a level's block mean over
 * `f` pixels has ceil(n / f) of them, with some writers floor(n / f). Scale metadata are not used, as converters get them
 * wrong.
 * @param said a factor that is preferred where it does so, too
 */
export function reductionFactor(fine: number, coarse: number, said?: number): number | undefined {
  // The smallest factors that leave at most `coarse` pixels, rounded down and up: if these leave fewer, none fits.
  const candidates = [Math.floor(fine / (coarse + 1)) + 1, Math.ceil(fine / coarse)];
  return [...(said === undefined ? [] : [said]), ...candidates].find((factor) => {
    return factor <= fine && (Math.floor(fine / factor) === coarse || Math.ceil(fine / factor) === coarse);
  });
}

/** The rows and columns that every tile has at a level `factors` coarser than full resolution. */
export function fieldShapeAtLevel(tiles: readonly Tile[], factors: Zyx): Yx {
  const shapes = wholeTiles(tiles).map(fieldShape);
  const smallest = (axis: 0 | 1) => Math.min(...shapes.map((shape) => shape[axis]));
  return [Math.max(1, Math.floor(smallest(0) / factors[1])), Math.max(1, Math.floor(smallest(1) / factors[2]))];
}

/**
 * The coarsest level with at least this many pixels along the shorter side of every tile: it has the fewest chunks, and the least
 * noise. The full resolution where none has.
 * @param last the coarsest that is looked at
 */
export function coarsestWith(
  leastPx: number,
  { tiles, levels }: { readonly tiles: readonly Tile[]; readonly levels: readonly { readonly factorsZyx: Zyx }[] },
  last = levels.length - 1,
): number {
  const fits = levels.map(({ factorsZyx }) => Math.min(...fieldShapeAtLevel(tiles, factorsZyx)) >= leastPx);
  return Math.max(0, fits.lastIndexOf(true, last));
}

/**
 * A tile's pixels at a coarser level: `fieldYx` of them, centred on the tile, never beyond the level.
 * Where tile edges fall between pixels of the level, the centre decides, so that a profile of the level lies
 * centre-aligned over the full-resolution tile.
 */
export function tileBoxAtLevel(tile: Tile, factors: Zyx, fieldYx: Yx, levelShape: Zyx): BoxZyx {
  const { start, stop } = tile.box;
  const [y, x] = ([0, 1] as const).map((axis) => {
    const centre = (start[axis + 1]! + stop[axis + 1]!) / 2 / factors[axis + 1]!;
    const wanted = Math.round(centre - fieldYx[axis]! / 2);
    return Math.min(Math.max(wanted, 0), Math.max(0, levelShape[axis + 1]! - fieldYx[axis]!));
  });
  const planes = planesAtLevel(tile, factors[0], levelShape[0]);
  return {
    start: [planes.start, y!, x!],
    stop: [planes.stop, Math.min(y! + fieldYx[0], levelShape[1]), Math.min(x! + fieldYx[1], levelShape[2])],
  };
}

/** The planes of a level that lie wholly in the tile, half-open: plane k covers `[k f, (k + 1) f)`. */
function planesAtLevel(tile: Tile, factorZ: number, levelDepth: number): { start: number; stop: number } {
  const start = Math.ceil(tile.box.start[0] / factorZ);
  // The level's last plane may cover fewer full-resolution planes than f: it belongs to a tile that ends in it.
  const endsInLast = tile.box.stop[0] > (levelDepth - 1) * factorZ;
  const stop = endsInLast ? levelDepth : Math.floor(tile.box.stop[0] / factorZ);
  return { start, stop: Math.max(start, stop) };
}
