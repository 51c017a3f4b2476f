// A plane of a mosaic, as it is stored and corrected tile by tile.
import { correctPlane } from "isolux";

/** Plane `z` of a channel at full resolution. */
export async function readPlane({ levels: [level] }, channel, z) {
  const [, rows, columns] = level.shapeZyx;
  const pixels = await level.readBox(channel, { start: [z, 0, 0], stop: [z + 1, rows, columns] });
  return { z, rows, columns, pixels };
}

/** The plane with each tile's part of it corrected; what lies outside of tiles stays as it is. */
export function correctTiles({ z, rows, columns, pixels }, tiles, profile) {
  const corrected = pixels.slice();
  for (const { start, stop } of tiles.map(({ box }) => box)) {
    if (z < start[0] || z >= stop[0]) continue;
    const width = stop[2] - start[2];
    const part = pixels.slice(0, (stop[1] - start[1]) * width);
    const place = (row) => (start[1] + row) * columns + start[2];
    const inTile = (row) => row * width;
    for (let row = 0; row < stop[1] - start[1]; row++) {
      part.set(pixels.subarray(place(row), place(row) + width), inTile(row));
    }
    correctPlane(part, profile);
    for (let row = 0; row < stop[1] - start[1]; row++) {
      corrected.set(part.subarray(inTile(row), inTile(row + 1)), place(row));
    }
  }
  return { z, rows, columns, pixels: corrected };
}
