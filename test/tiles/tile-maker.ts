import type { Tile } from "../../src/tiles/tile.ts";

/** A tile of 3 planes. */
export function tileAt(number: number, y: number, x: number, rows = 10, columns = 8): Tile {
  return { number, name: `FOV_${number - 1}`, box: { start: [0, y, x], stop: [3, y + rows, x + columns] } };
}
