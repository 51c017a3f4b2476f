import type { PixelLevel } from "../acquisition/pixel-level.ts";
import type { CorrectionField } from "../correct/field.ts";
import { correctRectangle } from "../correct/kernel.ts";
import type { ClipCounts } from "../correct/rectangle.ts";
import { type BoxZyx, type Czyx, intersectBoxes, type PixelArray, type Yx } from "../shapes.ts";
import type { IlluminationSide } from "../tiles/illumination-side.ts";
import { fieldShape, type Tile } from "../tiles/tile.ts";

/** A correction field, and which tiles of a channel it is for: those of its shape and, where it has one, its side. */
export interface ChannelField {
  /** Which of the channel's profiles it comes from, for counting what it clips. */
  readonly slot: number;
  readonly side?: IlluminationSide;
  readonly field: CorrectionField;
  /** How bright single tiles are against the others, by number; 1 where a tile is not there. */
  readonly gains?: ReadonlyMap<number, number>;
}

/** The fields of a channel; none for a channel that is only copied. */
export type ChannelFields = readonly ChannelField[];

/** Clipped pixels are counted for so many profiles of a channel: one for each side. */
export const slotsPerChannel = 2;

/**
 * Corrects a chunk of the full resolution in place: every part that a tile covers, for every channel in the chunk.
 * Pixels that no tile covers stay as they are, and so does the padding of edge chunks.
 *
 * @param resident where the same field lies nearer to the pixels
 * @returns pixels clipped low and high, in pairs for the {@link slotsPerChannel} of each channel of the chunk
 */
export function correctChunk(
  pixels: PixelArray,
  level: PixelLevel,
  chunk: Czyx,
  tiles: readonly Tile[],
  fields: readonly ChannelFields[],
  resident: (field: CorrectionField) => CorrectionField = (field) => field,
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
      correctPart(pixels, start, [rows, columns], box, part, tile, gain, resident(found.field), counts[found.slot]!);
    }
    clipped.push(...counts.flatMap((pair) => [pair[0]!, pair[1]!]));
  }
  return clipped;
}

/** A strip of rows is corrected in all planes while its part of the profile, of so many bytes, lies in the cache. */
const stripBytes = 2 ** 17;
/** Dark-field and divisor, of 4 bytes each. */
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

/** The pixels of a chunk that lie in the image. */
export function chunkBox(level: PixelLevel, [, z, y, x]: Czyx): BoxZyx {
  const [, planes, rows, columns] = level.chunkShapeCzyx;
  const [depth, height, width] = level.shapeZyx;
  return {
    start: [z * planes, y * rows, x * columns],
    stop: [Math.min((z + 1) * planes, depth), Math.min((y + 1) * rows, height), Math.min((x + 1) * columns, width)],
  };
}

/** Tiles that no field is for, such as those of a side that nothing told, stay as they are. */
function fieldOf(fields: ChannelFields, tile: Tile, channel: number): ChannelField | undefined {
  const [rows, columns] = fieldShape(tile);
  return fields.find(
    ({ side, field: { shapeYx } }) =>
      shapeYx[0] === rows && shapeYx[1] === columns && (side === undefined || side === tile.sides?.[channel]),
  );
}
