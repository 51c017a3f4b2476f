/** Corrects one chunk by the tiles that lie under it, and averages chunks into coarser levels. */
import type { PixelLevel } from "../../acquisition/level.ts";
import { type CorrectionField, slotsPerChannel } from "../../correct/field.ts";
import { type ClipCounts, correctRectangle } from "../../correct/kernel.ts";
import { type BoxZyx, type Czyx, intersectBoxes, type PixelArray, type Yx } from "../../shapes.ts";
import { fieldShape, type Tile } from "../../tiles/tile.ts";
import { chunkBox } from "../output/level-geometry.ts";

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

/** The pixels of a chunk, in an array of its extents or, where every chunk reaches beyond the image, of less. */
export interface MadePixels {
  readonly pixels: PixelArray;
  readonly shapeCzyx: Czyx;
}
