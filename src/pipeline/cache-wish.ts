import type { Acquisition } from "../acquisition/acquisition.ts";
import { bytesPerPixel, type Czyx } from "../shapes.ts";
import { fieldShape } from "../tiles/tile.ts";

/** Memory in which a worker may keep rows of the source for the chunks beside the one they were read for. */
export interface CacheWish {
  /** With less, rows are gone before they are wanted again. */
  readonly leastBytes: number;
  /** With this, every row is read once in a pass that is as deep as a tile is wide. */
  readonly enoughBytes: number;
}

/**
 * What a source that is read in whole rows should keep: a chunk takes some columns of a band of rows, as wide as a tile.
 * Depth first, half of a tile's columns of chunks come before the other half: as many bands are begun when the first is
 * wanted again. `undefined` where nothing is read twice.
 *
 * @param chunkShape of the output's full resolution
 */
export function cacheWish({ cache, tiles, type }: Acquisition, [, planes, rows, columns]: Czyx): CacheWish | undefined {
  if (cache === undefined) return undefined;
  const tileColumns = Math.max(...tiles.map((tile) => fieldShape(tile)[1]));
  const tileRows = Math.max(...tiles.map((tile) => fieldShape(tile)[0]));
  const across = Math.ceil(tileColumns / columns);
  if (across === 1 && cache.rowsAtOnce <= rows) return undefined;
  const bytesOfRows = (count: number) => {
    const whole = Math.ceil(count / cache.rowsAtOnce) * cache.rowsAtOnce;
    return planes * Math.min(tileRows, whole) * tileColumns * bytesPerPixel(type);
  };
  return { leastBytes: bytesOfRows(rows), enoughBytes: bytesOfRows(rows * Math.ceil(across / 2)) };
}
