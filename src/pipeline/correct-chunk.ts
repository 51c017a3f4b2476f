import type { PixelLevel } from "../acquisition/pixel-level.ts";
import type { CorrectionField } from "../correct/field.ts";
import { type ClipCounts, correctRectangle } from "../correct/kernel.ts";
import { type BoxZyx, type Czyx, intersectBoxes, type PixelArray, type Yx } from "../shapes.ts";
import { fieldShape, type Tile } from "../tiles/tile.ts";

/** The correction fields of a channel, one for each shape that tiles have; empty for a channel that is only copied. */
export type ChannelFields = readonly CorrectionField[];

/**
 * Corrects a chunk of the full resolution in place: every part that a tile covers, for every channel in the chunk.
 * Pixels that no tile covers stay as they are, and so does the padding of edge chunks.
 *
 * @returns pixels clipped low and high, in pairs per channel of the chunk
 */
export function correctChunk(
  pixels: PixelArray,
  level: PixelLevel,
  chunk: Czyx,
  tiles: readonly Tile[],
  fields: readonly ChannelFields[],
): number[] {
  const [channels, planes, rows, columns] = level.chunkShapeCzyx;
  const box = chunkBox(level, chunk);
  const clipped: number[] = [];
  for (let c = 0; c < channels; c++) {
    const counts: ClipCounts = new Float64Array(2);
    const channelFields = fields[chunk[0] * channels + c] ?? [];
    if (channelFields.length > 0) {
      for (const tile of tiles) {
        const part = intersectBoxes(tile.box, box);
        if (part === undefined) continue;
        const field = fieldOfShape(channelFields, fieldShape(tile));
        const start = c * planes * rows * columns;
        correctPart(pixels, start, [rows, columns], box, part, tile, field, counts);
      }
    }
    clipped.push(counts[0]!, counts[1]!);
  }
  return clipped;
}

function correctPart(
  pixels: PixelArray,
  channelStart: number,
  [chunkRows, chunkColumns]: Yx,
  box: BoxZyx,
  part: BoxZyx,
  tile: Tile,
  field: CorrectionField,
  counts: ClipCounts,
): void {
  const columns = field.shapeYx[1];
  const profileStart = (part.start[1] - tile.box.start[1]) * columns + part.start[2] - tile.box.start[2];
  for (let z = part.start[0]; z < part.stop[0]; z++) {
    const row = (z - box.start[0]) * chunkRows + part.start[1] - box.start[1];
    const rectangle = {
      rows: part.stop[1] - part.start[1],
      columns: part.stop[2] - part.start[2],
      start: channelStart + row * chunkColumns + part.start[2] - box.start[2],
      stride: chunkColumns,
      profileStart,
      profileStride: columns,
    };
    correctRectangle(pixels, rectangle, field, counts);
  }
}

/** The pixels of a chunk that lie in the image. */
export function chunkBox(level: PixelLevel, [, z, y, x]: Czyx): BoxZyx {
  const [, planes, rows, columns] = level.chunkShapeCzyx;
  const [depth, height, width] = level.shapeZyx;
  return {
    start: [z * planes, y * rows, x * columns],
    stop: [Math.min((z + 1) * planes, depth), Math.min((y + 1) * rows, height), Math.min((x + 1) * columns, width)],
  };
}

function fieldOfShape(fields: ChannelFields, shape: Yx): CorrectionField {
  return fields.find(({ shapeYx }) => shapeYx[0] === shape[0] && shapeYx[1] === shape[1])!;
}
