/** The attributes and tables of a new mosaic image, in the form that the mesoSPIM converter gives them (OME-Zarr 0.4). */

import { boxShape, type Zyx } from "../shapes.ts";
import type { JsonObject } from "../zarr/json.ts";
import type { ZarrFormat } from "../zarr/metadata/metadata.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import type { Axes } from "./axes.ts";
import { type NewChannel, omeroChannel } from "./new-channels.ts";
import { type RoiTable, writeGroup, writeRoiTable } from "./write-roi-table.ts";

/** What a new image's attributes are made of. */
interface NewImage {
  readonly name: string;
  readonly channels: readonly NewChannel[];
  readonly pixelSizeUmZyx: Zyx;
  /** The keys of the levels and how much coarser than full resolution each is. */
  readonly levels: readonly { readonly path: string; readonly factorsZyx: Zyx }[];
  /** Channels, planes, rows and columns where not given. */
  readonly axes?: Axes;
}

const axesByName: Readonly<Record<string, JsonObject>> = {
  t: { name: "t", type: "time" },
  c: { name: "c", type: "channel" },
  z: { name: "z", type: "space", unit: "micrometer" },
  y: { name: "y", type: "space", unit: "micrometer" },
  x: { name: "x", type: "space", unit: "micrometer" },
};

/** The attributes of a new image; its display windows are the whole range until pixels say better. */
export function newImageAttributes({ name, channels, pixelSizeUmZyx, levels, axes = "czyx" }: NewImage): JsonObject {
  const leading = Array.from(axes.slice(0, -3), () => 1);
  const datasets = levels.map(({ path, factorsZyx }) => {
    const scale = [...leading, ...factorsZyx.map((factor, axis) => factor * pixelSizeUmZyx[axis]!)];
    return { path, coordinateTransformations: [{ type: "scale", scale }] };
  });
  return {
    multiscales: [{ version: "0.4", name, axes: Array.from(axes, (axis) => axesByName[axis]!), datasets }],
    omero: {
      id: 1,
      version: "0.4",
      name,
      rdefs: { model: "color" },
      channels: channels.map(omeroChannel),
    },
  };
}

/** A tile of a new image: its name, its pixels and where it lies on the sample, growing with rows and columns. */
export interface NewTile {
  readonly name: string;
  readonly box: { readonly start: Zyx; readonly stop: Zyx };
  readonly stagePositionUmYx?: readonly [number, number];
  /** How much deeper than in the mosaic its planes lie there. */
  readonly stageDepthUm?: number;
}

const regionColumns = ["x", "y", "z"]
  .map((axis) => `${axis}_micrometer`)
  .concat(["x", "y", "z"].map((axis) => `len_${axis}_micrometer`));
const stageColumns = ["x_micrometer_original", "y_micrometer_original"];
/** Written where stacks begin at different depths. */
const depthColumn = "z_micrometer_original";

/** Writes `tables/FOV_ROI_table`, the tiles, and `tables/well_ROI_table`, the mosaic as a whole, below an image. */
export async function writeMosaicTables(
  store: WritableStore,
  image: string,
  tiles: readonly NewTile[],
  mosaicShapeZyx: Zyx,
  pixelSizeUmZyx: Zyx,
  zarrFormat: ZarrFormat = 2,
): Promise<void> {
  const isRagged = tiles.some(({ stageDepthUm = 0 }) => stageDepthUm !== (tiles[0]!.stageDepthUm ?? 0));
  const depthUm = ({ box, stageDepthUm = 0 }: NewTile) => box.start[0] * pixelSizeUmZyx[0] + stageDepthUm;
  const fields: RoiTable = {
    names: tiles.map((tile) => tile.name),
    columns: [...regionColumns, ...stageColumns, ...(isRagged ? [depthColumn] : [])],
    rows: tiles.map((tile) => [
      ...regionUm(tile.box.start, boxShape(tile.box), pixelSizeUmZyx),
      ...stageOffset(tile, tiles[0]!),
      ...(isRagged ? [depthUm(tile)] : []),
    ]),
  };
  const well: RoiTable = {
    names: ["well_0"],
    columns: regionColumns,
    rows: [regionUm([0, 0, 0], mosaicShapeZyx, pixelSizeUmZyx)],
  };
  const tables = { FOV_ROI_table: regionsWriter(fields), well_ROI_table: regionsWriter(well) };
  await writeTables(store, image, tables, zarrFormat);
}

/** Writes one table at a key. */
export type TableWriter = (store: WritableStore, key: string, zarrFormat: ZarrFormat) => Promise<void>;

/** Writes a table of regions as AnnData. */
export function regionsWriter(table: RoiTable): TableWriter {
  return (store, key, zarrFormat) => writeRoiTable(store, key, table, zarrFormat);
}

/** Writes tables below an image, by their names. */
export async function writeTables(
  store: WritableStore,
  image: string,
  tables: Readonly<Record<string, TableWriter>>,
  zarrFormat: ZarrFormat,
): Promise<void> {
  const folder = joinKey(image, "tables");
  await writeGroup(store, folder, { tables: Object.keys(tables) }, zarrFormat);
  for (const [name, write] of Object.entries(tables)) await write(store, joinKey(folder, name), zarrFormat);
}

function regionUm(start: Zyx, shape: Zyx, pixelSize: Zyx): number[] {
  const inUm = (zyx: Zyx) => zyx.map((length, axis) => length * pixelSize[axis]!).reverse();
  return [...inUm(start), ...inUm(shape)];
}

/**
 * How far a tile lies from the first one on the stage, as x and y, growing with columns and rows: what the converter
 * writes, but with a sign where a tile lies above or left of the first, which programs that stitch need. NaN where
 * nothing is known.
 */
function stageOffset(tile: NewTile, first: NewTile): number[] {
  return [1, 0].map((axis) => {
    const [here, there] = [tile.stagePositionUmYx?.[axis], first.stagePositionUmYx?.[axis]];
    return here === undefined || there === undefined ? Number.NaN : here - there;
  });
}
