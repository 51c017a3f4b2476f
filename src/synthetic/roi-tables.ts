/** The tables of a synthetic acquisition. */
import { writeGroup, writeRoiTable } from "../ngff/write-roi-table.ts";
import type { Zyx } from "../shapes.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import type { SyntheticLayout, SyntheticTile } from "./layout.ts";
import type { SyntheticOptions } from "./options.ts";

const regionColumns = [
  "x_micrometer",
  "y_micrometer",
  "z_micrometer",
  "len_x_micrometer",
  "len_y_micrometer",
  "len_z_micrometer",
];
const stageColumns = ["x_micrometer_original", "y_micrometer_original"];

/** Writes `tables/FOV_ROI_table`, the tiles, and `tables/well_ROI_table`, the mosaic as a whole, below an image. */
export async function writeRoiTables(
  store: WritableStore,
  image: string,
  options: SyntheticOptions,
  layout: SyntheticLayout,
): Promise<void> {
  const folder = joinKey(image, "tables");
  const { pixelSizeZyx, planes, tileShapeYx } = options;
  const tileShape: Zyx = [planes, ...tileShapeYx];
  await writeGroup(store, folder, { tables: ["FOV_ROI_table", "well_ROI_table"] });
  await writeRoiTable(store, joinKey(folder, "FOV_ROI_table"), {
    names: layout.tiles.map((tile) => tile.name),
    columns: [...regionColumns, ...stageColumns],
    rows: layout.tiles.map((tile) => [
      ...regionUm([0, ...tile.mosaicYx], tileShape, pixelSizeZyx),
      ...stageOffsetUm(tile, layout.tiles[0]!, pixelSizeZyx),
    ]),
  });
  await writeRoiTable(store, joinKey(folder, "well_ROI_table"), {
    names: ["well_0"],
    columns: regionColumns,
    rows: [regionUm([0, 0, 0], layout.mosaicShapeZyx, pixelSizeZyx)],
  });
}

function regionUm(start: Zyx, shape: Zyx, pixelSize: Zyx): number[] {
  const inUm = (zyx: Zyx) => zyx.map((length, axis) => length * pixelSize[axis]!).reverse();
  return [...inUm(start), ...inUm(shape)];
}

/** How far a tile lies from the first one on the stage, as x and y: without a sign, as the converter gives it. */
function stageOffsetUm(tile: SyntheticTile, first: SyntheticTile, pixelSize: Zyx): number[] {
  const offset = (axis: 0 | 1) => Math.abs(tile.stageYx[axis] - first.stageYx[axis]) * pixelSize[axis + 1]!;
  return [offset(1), offset(0)];
}
