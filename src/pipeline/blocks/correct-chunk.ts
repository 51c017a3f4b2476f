/** Corrects one chunk by the tiles that lie under it, and averages chunks into coarser levels. */

import type { Level, PixelLevel } from "../../acquisition/level.ts";
import { downsample } from "../../correct/downsample.ts";
import { type CorrectionField, slotsPerChannel } from "../../correct/field.ts";
import { type ClipCounts, correctRectangle } from "../../correct/kernel.ts";
import { type BoxZyx, boxShape, type Czyx, intersectBoxes, mapAxes, type PixelArray, type Yx } from "../../shapes.ts";
import { fieldShape, type Tile } from "../../tiles/tile.ts";
import { chunkBox, placesBetween, stepFactors } from "../output/level-geometry.ts";

/**
 * Corrects a chunk of the full resolution in place: every part that a tile covers, for every channel in the chunk.
 * Pixels that no tile covers stay as they are, and so does the padding of edge chunks.
 *
 * @param resident gives the copy of a field that lies in the kernels' memory, for some of its rows
 * @returns pixels clipped low and high, in pairs for the {@link slotsPerChannel} of each channel of the chunk
 */
export function correctChunk(
  pixels: PixelArray,
  level: PixelLevel,
  chunk: Czyx,
  tiles: readonly Tile[],
  fields: readonly (readonly CorrectionField[])[],
  resident: (field: CorrectionField, rows: Yx) => CorrectionField = (field) => field,
): number[] {
  const [channels, planes, rows, columns] = level.chunkShapeCzyx;
  const box = chunkBox(level, chunk);
  const clipped: number[] = [];
  for (let c = 0; c < channels; c++) {
    const channel = chunk[0] * channels + c;
    const counts = Array.from({ length: slotsPerChannel }, (): ClipCounts => new Float64Array(2));
    const start = c * planes * rows * columns;
    for (const tile of tiles) {
      const part = intersectBoxes(tile.box, box);
      const found = part === undefined ? undefined : fieldOf(fields[channel] ?? [], tile, channel);
      if (part === undefined || found === undefined) continue;
      const gain = found.gains?.get(tile.number) ?? 1;
      const fieldStart = tile.box.start[1] - (tile.fieldPart?.startYx[0] ?? 0);
      const field = resident(found, [part.start[1] - fieldStart, part.stop[1] - fieldStart]);
      correctPart(pixels, start, [rows, columns], box, part, tile, gain, field, counts[found.slot]!);
    }
    clipped.push(...counts.flatMap((pair) => [pair[0]!, pair[1]!]));
  }
  return clipped;
}

/** Bytes of the profile that fit into the processor's cache: a strip of this size is corrected in all planes at once. */
const stripBytes = 2 ** 17;
/** Dark-field and divisor, 4 bytes each. */
const profileBytesPerPixel = 8;

function correctPart(
  pixels: PixelArray,
  channelStart: number,
  [chunkRows, chunkColumns]: Yx,
  box: BoxZyx,
  part: BoxZyx,
  tile: Tile,
  gain: number,
  field: CorrectionField,
  counts: ClipCounts,
): void {
  const profileStride = field.shapeYx[1];
  const shownFrom = tile.fieldPart?.startYx ?? [0, 0];
  const columns = part.stop[2] - part.start[2];
  const stripRows = Math.max(1, Math.floor(stripBytes / (profileBytesPerPixel * columns)));
  for (let y = part.start[1]; y < part.stop[1]; y += stripRows) {
    const rows = Math.min(stripRows, part.stop[1] - y);
    const fieldRow = y - tile.box.start[1] + shownFrom[0];
    const profileStart = fieldRow * profileStride + part.start[2] - tile.box.start[2] + shownFrom[1];
    for (let z = part.start[0]; z < part.stop[0]; z++) {
      const row = (z - box.start[0]) * chunkRows + y - box.start[1];
      const start = channelStart + row * chunkColumns + part.start[2] - box.start[2];
      const rectangle = { rows, columns, start, stride: chunkColumns, profileStart, profileStride, gain };
      correctRectangle(pixels, rectangle, field, counts);
    }
  }
}

/**
 * The field of a tile; `undefined` where there is none, as for tiles of unknown side: their pixels stay as they are.
 */
function fieldOf(fields: readonly CorrectionField[], tile: Tile, channel: number): CorrectionField | undefined {
  const [rows, columns] = fieldShape(tile);
  return fields.find(
    ({ side, tiles, shapeYx }) =>
      shapeYx[0] === rows &&
      shapeYx[1] === columns &&
      (side === undefined || side === tile.sides?.[channel]) &&
      (tiles === undefined || tiles.has(tile.number)),
  );
}

/** The chunks of the finer level that lie in a chunk of the coarser one. */
export function childChunks(fine: Level, coarse: Level, chunk: Czyx): Generator<Czyx> {
  const factors = stepFactors(fine, coarse);
  const extent = mapAxes(factors, (factor, axis) => factor * coarse.chunkShapeCzyx[axis]!);
  const start = mapAxes(chunk, (place, axis) => place * extent[axis]!);
  const stop = mapAxes(start, (from, axis) => Math.min(from + extent[axis]!, fine.shapeCzyx[axis]!));
  return placesBetween(
    mapAxes(start, (from, axis) => Math.floor(from / fine.chunkShapeCzyx[axis]!)),
    mapAxes(stop, (end, axis) => Math.ceil(end / fine.chunkShapeCzyx[axis]!)),
  );
}

/** The pixels of a chunk, in an array of its extents or, where every chunk reaches beyond the image, of less. */
export interface MadePixels {
  readonly pixels: PixelArray;
  readonly shapeCzyx: Czyx;
}

/** Averages a finer chunk into its part of a coarser one. */
export function averageChild(
  { pixels: childPixels, shapeCzyx: [, finePlanes, fineRows, fineColumns] }: MadePixels,
  fine: Level,
  child: Czyx,
  { pixels, shapeCzyx: [, planes, rows, columns] }: MadePixels,
  coarse: Level,
  chunk: Czyx,
): void {
  const [, ...factors] = stepFactors(fine, coarse);
  const [fineChannels] = fine.chunkShapeCzyx;
  const box = chunkBox(fine, child);
  const origin = chunkBox(coarse, chunk).start;
  const target = box.start.map((start, axis) => start / factors[axis]! - origin[axis]!);
  const extent = boxShape(box);
  // Where a level is half as wide as the finer one, rounded down, there is no place for the last mean
  const room = mapAxes([planes, rows, columns], (n, axis) => n - target[axis]!);
  for (let c = 0; c < fineChannels; c++) {
    const targetChannel = child[0] * fineChannels + c - chunk[0] * coarse.chunkShapeCzyx[0];
    if (child[0] * fineChannels + c >= fine.shapeCzyx[0]) break;
    downsample(
      {
        source: childPixels,
        sourceShape: [finePlanes, fineRows, fineColumns],
        sourceStart: c * finePlanes * fineRows * fineColumns,
        sourceExtent: extent,
        target: pixels,
        targetShape: [planes, rows, columns],
        targetStart: ((targetChannel * planes + target[0]!) * rows + target[1]!) * columns + target[2]!,
        targetExtent: mapAxes(extent, (n, axis) => Math.min(Math.ceil(n / factors[axis]!), room[axis]!)),
      },
      factors,
    );
  }
}

/** Averages a box of the finer level into a chunk of the coarser one, where chunks do not nest. */
export async function averageBox(fine: Level, coarse: Level, chunk: Czyx, made: MadePixels): Promise<void> {
  const { pixels, shapeCzyx } = made;
  const [, ...factors] = stepFactors(fine, coarse);
  const target = chunkBox(coarse, chunk);
  const start = mapAxes(target.start, (at, axis) => at * factors[axis]!);
  const stop = mapAxes(target.stop, (end, axis) => Math.min(end * factors[axis]!, fine.shapeZyx[axis]!));
  const sourceShape = boxShape({ start, stop });
  const [channels] = coarse.chunkShapeCzyx;
  const [, planes, rows, columns] = shapeCzyx;
  for (let c = 0; c < channels && chunk[0] * channels + c < coarse.shapeCzyx[0]; c++) {
    const source = await fine.readBox(chunk[0] * channels + c, { start, stop });
    downsample(
      {
        source,
        sourceShape,
        sourceStart: 0,
        sourceExtent: sourceShape,
        target: pixels,
        targetShape: [planes, rows, columns],
        targetStart: c * planes * rows * columns,
        targetExtent: boxShape(target),
      },
      factors,
    );
  }
}
