/** The tables of a synthetic acquisition. */
import { type NewTile, writeMosaicTables } from "../ngff/new-image.ts";
import type { Zyx } from "../shapes.ts";
import type { WritableStore } from "../zarr/store.ts";
import type { SyntheticLayout } from "./layout.ts";
import type { SyntheticOptions } from "./options.ts";

/** Writes the tables of tiles and of the mosaic below an image. */
export async function writeRoiTables(
  store: WritableStore,
  image: string,
  { pixelSizeZyx, planes, tileShapeYx }: SyntheticOptions,
  layout: SyntheticLayout,
): Promise<void> {
  const tiles = layout.tiles.map((tile): NewTile => {
    const [y, x] = tile.mosaicYx;
    const stop: Zyx = [planes, y + tileShapeYx[0], x + tileShapeYx[1]];
    return {
      name: tile.name,
      box: { start: [0, y, x], stop },
      stagePositionUmYx: [tile.statedYx[0] * pixelSizeZyx[1], tile.statedYx[1] * pixelSizeZyx[2]],
    };
  });
  await writeMosaicTables(store, image, tiles, layout.mosaicShapeZyx, pixelSizeZyx);
}
