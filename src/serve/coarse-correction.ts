/** Tiles and correction fields at a coarse level, by which its pixels are corrected without the finer ones. */

import type { Acquisition } from "../acquisition/acquisition.ts";
import { type CorrectionField, correctionFieldBytes, sharedFloats } from "../correct/field.ts";
import type { LevelWay } from "../pipeline/blocks/chunk-maker.ts";
import { isSameShape, mapAxes, type Yx, type Zyx } from "../shapes.ts";
import { fieldShape, type Tile } from "../tiles/tile.ts";

/** The extents of a level, and how much coarser than the full resolution it is. */
interface CoarseLevel {
  readonly shapeZyx: Zyx;
  readonly factorsZyx: Zyx;
}

/** The way to the pixels of the full resolution: its tiles and fields, at every time point. */
export function fullCorrection(
  { tiles, tilesOfOneTime = tiles }: Acquisition,
  channels: number,
  fields: readonly (readonly CorrectionField[])[],
): LevelWay {
  return { kind: "corrected", level: 0, tiles: tilesOfOneTime, fields: overTimes(fields, channels) };
}

/**
 * The way to the pixels of a coarse level of the source: every tile at that level, and the mean of its field over the
 * pixels that became one. Where an edge of tiles falls into a pixel, the tile that has more of it corrects it.
 *
 * @param level its index in the source
 * @param channels of all time points
 * @param fields per channel, at full resolution
 */
export function coarseCorrection(
  { tiles, tilesOfOneTime = tiles }: Acquisition,
  level: number,
  { shapeZyx, factorsZyx }: CoarseLevel,
  channels: number,
  fields: readonly (readonly CorrectionField[])[],
): LevelWay {
  const placed = tilesOfOneTime.map((tile) => placeAt(tile, { shapeZyx, factorsZyx }, tilesOfOneTime));
  const [, fy, fx] = factorsZyx;
  const reduced = fields.map((ofChannel, channel) =>
    ofChannel.flatMap((field) => coarseFields(field, placed, [fy, fx], channel)),
  );
  return { kind: "corrected", level, tiles: placed.map(({ coarse }) => coarse), fields: overTimes(reduced, channels) };
}

/** The channels of every time point have the same fields, in turn. */
function overTimes(fields: readonly (readonly CorrectionField[])[], channels: number): (readonly CorrectionField[])[] {
  return Array.from({ length: channels }, (_, channel) => fields[channel % fields.length]!);
}

/** Bytes of the fields of one profile at a coarse level, at most. */
export function coarseFieldBytes({ tiles, tilesOfOneTime = tiles }: Acquisition, level: CoarseLevel): number {
  const [, fy, fx] = level.factorsZyx;
  const kinds = new Map<string, number>();
  for (const tile of tilesOfOneTime) {
    const shape = coarseShape(fieldShape(tile), [fy, fx]);
    kinds.set(`${shape} ${placeAt(tile, level, [tile]).phaseYx}`, correctionFieldBytes(shape));
  }
  return [...kinds.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** A tile at a coarse level, and by how many pixels of the full resolution its field begins within one of the level. */
interface PlacedTile {
  readonly whole: Tile;
  readonly coarse: Tile;
  readonly phaseYx: Yx;
}

/** The most fields of one profile at a level: tiles begin at as many places within its pixels. */
const mostPhases = 4;

function placeAt(tile: Tile, { shapeZyx, factorsZyx }: CoarseLevel, all: readonly Tile[]): PlacedTile {
  const ends = mapAxes(shapeZyx, (_, axis) => all.reduce((last, { box }) => Math.max(last, box.stop[axis]!), 0));
  const start = mapAxes(tile.box.start, (at, axis) => Math.min(Math.round(at / factorsZyx[axis]!), shapeZyx[axis]!));
  const stop = mapAxes(tile.box.stop, (at, axis) => {
    const coarse = at === ends[axis] ? Math.ceil(at / factorsZyx[axis]!) : Math.round(at / factorsZyx[axis]!);
    return Math.min(coarse, shapeZyx[axis]!);
  });
  const [, fy, fx] = factorsZyx;
  const shownFrom = tile.fieldPart?.startYx ?? [0, 0];
  const origin = [tile.box.start[1] - shownFrom[0], tile.box.start[2] - shownFrom[1]];
  const begins = [Math.floor(origin[0]! / fy), Math.floor(origin[1]! / fx)];
  const phaseYx: Yx = [phaseOf(origin[0]!, fy), phaseOf(origin[1]!, fx)];
  const startYx: Yx = [start[1] - begins[0]!, start[2] - begins[1]!];
  const fieldPart = { startYx, fieldYx: coarseShape(fieldShape(tile), [fy, fx]) };
  return { whole: tile, coarse: { ...tile, box: { start, stop }, fieldPart }, phaseYx };
}

/** The extents of a field at a coarse level, wherever within a pixel it begins. */
function coarseShape([rows, columns]: Yx, [fy, fx]: Yx): Yx {
  return [Math.ceil((rows + fy - 1) / fy), Math.ceil((columns + fx - 1) / fx)];
}

/** A half of a pixel is near enough: fields change slowly, and each phase has a field of its own. */
function phaseOf(origin: number, factor: number): number {
  const phase = origin - Math.floor(origin / factor) * factor;
  const step = Math.max(1, factor / Math.sqrt(mostPhases));
  return Math.min(factor - 1, Math.floor(phase / step) * step);
}

/** A field at a coarse level: one for each place at which tiles begin within pixels. */
function coarseFields(
  field: CorrectionField,
  placed: readonly PlacedTile[],
  factorsYx: Yx,
  channel: number,
): CorrectionField[] {
  const { side } = field;
  const own = placed.filter(({ whole: tile }) => {
    return isSameShape(fieldShape(tile), field.shapeYx) && (side === undefined || side === tile.sides?.[channel]);
  });
  const phases = new Map(own.map(({ phaseYx }) => [phaseYx.join(), phaseYx]));
  return [...phases].map(([name, phaseYx]) => {
    const numbers = own.filter((tile) => tile.phaseYx.join() === name).map((tile) => tile.whole.number);
    return { ...meanField(field, factorsYx, phaseYx), tiles: new Set(numbers) };
  });
}

/**
 * A field at a coarse level. The mean of `(I - D) / F` over pixels is that of `I` times the mean of `1 / F`, less the mean
 * of `D / F`, as far as the sample is as bright throughout.
 */
function meanField(field: CorrectionField, [fy, fx]: Yx, [phaseY, phaseX]: Yx): CorrectionField {
  const [rows, columns] = field.shapeYx;
  const shapeYx = coarseShape(field.shapeYx, [fy, fx]);
  const [height, width] = shapeYx;
  const [dark, divisor] = [sharedFloats(height * width), sharedFloats(height * width)];
  const [shares, offsets] = [new Float64Array(width), new Float64Array(width)];
  for (let y = 0; y < height; y++) {
    const [from, to] = [Math.max(0, y * fy - phaseY), Math.min(rows, (y + 1) * fy - phaseY)];
    shares.fill(0);
    offsets.fill(0);
    for (let row = from; row < to; row++) addRow(field, row, fx, phaseX, shares, offsets);
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const pixels = (to - from) * (Math.min(columns, (x + 1) * fx - phaseX) - Math.max(0, x * fx - phaseX));
      // Beyond the field it goes on as it ended: a tile may have a part of a pixel there
      const before = to <= from ? at - width : at - 1;
      divisor[at] = pixels > 0 ? pixels / shares[x]! : divisor[before]!;
      dark[at] = pixels > 0 ? offsets[x]! / shares[x]! : dark[before]!;
    }
  }
  return { ...field, shapeYx, dark, divisor };
}

function addRow(
  { dark, divisor, shapeYx: [, columns] }: CorrectionField,
  row: number,
  factor: number,
  phase: number,
  shares: Float64Array,
  offsets: Float64Array,
): void {
  let at = row * columns;
  for (let x = 0, left = factor - phase; x < shares.length; x++, left = factor) {
    const end = Math.min(at + left, (row + 1) * columns);
    let [share, offset] = [0, 0];
    for (; at < end; at++) {
      const one = 1 / divisor[at]!;
      share += one;
      offset += dark[at]! * one;
    }
    shares[x]! += share;
    offsets[x]! += offset;
  }
}
