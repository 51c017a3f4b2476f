/** The tiles of a synthetic acquisition: their positions on the stage, where they overlap, and in the mosaic; their gains. */
import type { Yx, Zyx } from "../shapes.ts";
import { meanOf } from "../statistics.ts";
import type { IlluminationSide } from "../tiles/tile.ts";
import type { SyntheticOptions } from "./options.ts";
import { hashOf, normal, toUnit } from "./random.ts";

/** One tile of a synthetic acquisition; lengths in pixels. */
export interface SyntheticTile {
  /** Its row's name in the table of tiles: `FOV_0`, `FOV_1`, ... */
  readonly name: string;
  /** Its number as `FOV_list` counts: from 1. */
  readonly number: number;
  readonly gridYx: Yx;
  /** Its first pixel in the scene. */
  readonly stageYx: Yx;
  /** Its first pixel by the stage's coordinates. */
  readonly statedYx: Yx;
  /** The side that it is lit from. */
  readonly side: IlluminationSide;
  /** Its first pixel in the mosaic. */
  readonly mosaicYx: Yx;
  /** Whether none of its planes shows any of the sample. */
  readonly empty: boolean;
}

/** The geometry of a synthetic acquisition. */
export interface SyntheticLayout {
  readonly tiles: readonly SyntheticTile[];
  readonly mosaicShapeZyx: Zyx;
  /** The extent of the scene that the whole grid spans. */
  readonly stageShapeYx: Yx;
}

/**
 * Arranges the tiles: numbered down the first column, then down the next, `FOV_0` at the top left, as the mesoSPIM
 * converter does.
 */
export function layOutTiles(options: SyntheticOptions): SyntheticLayout {
  const { gridYx, tileShapeYx, overlap, jitterPx = 0 } = options;
  const [stepY, stepX] = tileShapeYx.map((extent) => Math.max(1, Math.round(extent * (1 - overlap)))) as [
    number,
    number,
  ];
  const places = columnByColumn(gridYx).filter((place) => !isAmong(place, options.absentYx));
  const tiles = places.map(([row, column], index): SyntheticTile => {
    const statedYx: Yx = [row * stepY + jitterPx, column * stepX + jitterPx];
    return {
      name: `FOV_${index}`,
      number: index + 1,
      gridYx: [row, column],
      stageYx: jittered(statedYx, index + 1, options),
      statedYx,
      side: options.twoSides && column >= gridYx[1] / 2 ? "Right" : "Left",
      mosaicYx: [row * tileShapeYx[0], column * tileShapeYx[1]],
      empty: isEmptyPlace([row, column], options),
    };
  });
  const margins = 2 * jitterPx;
  return {
    tiles,
    mosaicShapeZyx: [options.planes, gridYx[0] * tileShapeYx[0], gridYx[1] * tileShapeYx[1]],
    stageShapeYx: [
      (gridYx[0] - 1) * stepY + tileShapeYx[0] + margins,
      (gridYx[1] - 1) * stepX + tileShapeYx[1] + margins,
    ],
  };
}

function jittered([y, x]: Yx, number: number, { jitterPx = 0, seed }: SyntheticOptions): Yx {
  const off = (axis: number) => Math.floor((2 * jitterPx + 1) * toUnit(hashOf(seed, 0x317, number, axis))) - jitterPx;
  return [y + off(0), x + off(1)];
}

function columnByColumn([rows, columns]: Yx): Yx[] {
  return Array.from({ length: rows * columns }, (_, i): Yx => [i % rows, Math.floor(i / rows)]);
}

/** Corners of a grid are left empty only where enough of it remains for the sample: from 3 x 3 tiles on. */
function isEmptyPlace(place: Yx, { emptyTiles, gridYx }: SyntheticOptions): boolean {
  if (emptyTiles !== "corners") return isAmong(place, emptyTiles);
  const atEnd = place.every((index, axis) => index === 0 || index === gridYx[axis]! - 1);
  return atEnd && Math.min(...gridYx) >= 3;
}

function isAmong([row, column]: Yx, places: readonly Yx[]): boolean {
  return places.some((place) => place[0] === row && place[1] === column);
}

/** The brightness of each tile, in the order of the tiles; logarithms have mean 0 where they are drawn. */
export function syntheticGains({ tileGains, seed }: SyntheticOptions, { tiles }: SyntheticLayout): number[] {
  if (typeof tileGains !== "number") return tiles.map((_, index) => tileGains[index] ?? 1);
  const logs = tiles.map(({ number }) => tileGains * normal(hashOf(seed, 0x6a14, number)));
  const mean = meanOf(logs);
  return logs.map((log) => Math.exp(log - mean));
}
