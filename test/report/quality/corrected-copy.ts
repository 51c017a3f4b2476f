import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { allocatePixels, elementCount, largestPixel } from "../../../src/shapes.ts";
import { fieldShape } from "../../../src/tiles/tile.ts";
import { objectsBelow, type ReadableStore, type WritableStore } from "../../../src/zarr/store.ts";

/** What becomes of a pixel: its value, channel, place in the tile's field (an index, C order), column, row and plane. */
export type PixelRule = (value: number, channel: number, place: number, x: number, y: number, z: number) => number;

/**
 * An image that some program made of a mosaic of full tiles: the full resolution by a rule, its values rounded and cut
 * off as the pixel type has them; only that level is changed.
 */
export async function writeCorrectedCopy(
  source: ReadableStore,
  from: string,
  target: WritableStore,
  to: string,
  rule: PixelRule,
): Promise<void> {
  for (const key of (await objectsBelow(source, from)) ?? []) {
    await target.set(`${to}${key.slice(from.length)}`, (await source.get(key))!);
  }
  const { levels, tiles, type } = await openMosaic(source, from);
  const level = levels[0]!;
  const most = largestPixel(type);
  const [fieldY, fieldX] = fieldShape(tiles[0]!);
  const [chunkC, chunkZ, chunkY, chunkX] = level.chunkShapeCzyx;
  const copy = (await openMosaic(target, to)).levels[0]!;
  const [gridC, gridZ, gridY, gridX] = level.chunkGridCzyx;
  for (let c = 0; c < gridC; c++) {
    for (let n = 0; n < gridZ * gridY * gridX; n++) {
      const chunk = [c, Math.floor(n / (gridY * gridX)), Math.floor(n / gridX) % gridY, n % gridX] as const;
      const pixels = (await level.readChunk(chunk)) ?? allocatePixels(type, elementCount(level.chunkShapeCzyx));
      // One row after the other: by a division for each pixel this takes longer than what is tested
      for (let row = 0; row < pixels.length / chunkX; row++) {
        const y = chunk[2] * chunkY + (row % chunkY);
        const channel = c * chunkC + Math.floor(row / (chunkZ * chunkY));
        const z = chunk[1] * chunkZ + (Math.floor(row / chunkY) % chunkZ);
        const place = (y % fieldY) * fieldX;
        for (let column = 0; column < chunkX; column++) {
          const i = row * chunkX + column;
          const x = chunk[3] * chunkX + column;
          const value = rule(pixels[i]!, channel, place + (x % fieldX), x, y, z);
          pixels[i] = type === "float32" ? value : Math.min(most, Math.max(0, Math.round(value)));
        }
      }
      await copy.writeChunk(target, chunk, pixels);
    }
  }
}
