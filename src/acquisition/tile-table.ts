/** Finds the table with the positions of an image's tiles: the usual one, or another that contains them. */
import { IsoluxError, passOver } from "../errors.ts";
import { readGroup } from "../ngff/group.ts";
import { type RoiRow, readRoiTable } from "../ngff/roi-table.ts";
import { tableNames } from "../ngff/table-objects.ts";
import type { Zyx } from "../shapes.ts";
import { type PlacedTiles, placeTiles } from "../tiles/place-tiles.ts";
import { fieldShape, type Tile } from "../tiles/tile.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";

const tablesKey = "tables";
const usualTable = "FOV_ROI_table";

/** Names of grids that were drawn over an image: boxes of one size side by side, but no tiles. */
const drawnGrids: ReadonlySet<string> = new Set(["grid_ROI_table"]);

/** The tiles of an image, with the table that they were found in. */
interface FoundTiles extends PlacedTiles {
  /** The table's name; absent where the whole image counts as one tile. */
  readonly table?: string;
  /** Tables of regions that were read but contain no tiles. */
  readonly otherTables: readonly string[];
}

/** Which tables are searched, and what the tiles must fit. */
interface TableSearch {
  readonly scaleUmZyx: Zyx;
  readonly shapeZyx: Zyx;
  /** Whether the image has an axis of planes: else the z columns of a table are ignored; true by default. */
  readonly hasPlanes?: boolean;
  /** The table that a user names; false where the tiles do not matter, so that the whole image may count as one. */
  readonly tileTable?: string | false | undefined;
}

/**
 * Finds the tiles of an image: in the table that is named, in `FOV_ROI_table`, else in the one table of regions whose
 * rows are tiles.
 * @throws IsoluxError as {@link placeTiles} and `readRoiTable`; `not-found` for a named table that is missing;
 * `invalid` where several tables contain different tiles
 */
export async function findTiles(store: ReadableStore, image: string, search: TableSearch): Promise<FoundTiles> {
  const { tileTable, scaleUmZyx, shapeZyx } = search;
  if (tileTable === false) return { tiles: [wholeImageTile(shapeZyx)], remarks: [], otherTables: [] };
  const folder = joinKey(image, tablesKey);
  const named = tileTable ?? usualTable;
  const rows = await readRegions(store, joinKey(folder, named), search);
  if (rows !== undefined) {
    const where = joinKey(store.location, joinKey(folder, named));
    return { ...placeTiles(rows, scaleUmZyx, shapeZyx, where), table: named, otherTables: [] };
  }
  const names = (await tableNames(store, folder)).filter((name) => name !== named);
  if (tileTable !== undefined) throw noSuchTable(joinKey(store.location, folder), tileTable, names);
  const found = await amongOthers(store, folder, names.sort(), search);
  if (found.table === undefined) await refuseLost(store, folder);
  return found;
}

/** An image that lost its table is no single tile. @throws IsoluxError `not-found` where the attributes name a table that is not there */
async function refuseLost(store: ReadableStore, folder: string): Promise<void> {
  const listed = (await readGroup(store, folder))?.attributes.tables;
  if (!Array.isArray(listed) || !listed.includes(usualTable)) return;
  throw new IsoluxError({
    kind: "not-found",
    what: "The table of tiles that the image names is not there",
    where: joinKey(store.location, joinKey(folder, usualTable)),
    advice: `Copy it there; only if the image is a single tile, take its name from the attributes of ${tablesKey}`,
  });
}

/** The single tile of an image without a table: all of it. */
export function wholeImageTile(shapeZyx: Zyx): Tile {
  return { number: 1, name: "image", box: { start: [0, 0, 0], stop: shapeZyx } };
}

async function amongOthers(
  store: ReadableStore,
  folder: string,
  names: readonly string[],
  search: TableSearch,
): Promise<FoundTiles> {
  const { scaleUmZyx, shapeZyx } = search;
  const found: (PlacedTiles & { readonly table: string })[] = [];
  const otherTables: string[] = [];
  for (const table of names) {
    const rows = await regionsIn(store, joinKey(folder, table), search);
    if (rows === undefined) continue;
    const placed = drawnGrids.has(table) ? undefined : tilesIn(rows, scaleUmZyx, shapeZyx);
    if (placed === undefined) otherTables.push(table);
    else found.push({ ...placed, table });
  }
  const [first, ...rest] = found;
  if (first === undefined) return { tiles: [wholeImageTile(shapeZyx)], remarks: [], otherTables };
  if (rest.some(({ tiles }) => !hasSameBoxes(tiles, first.tiles))) {
    throw severalTables(
      joinKey(store.location, folder),
      found.map(({ table }) => table),
    );
  }
  const text = `The image has no table ${usualTable}: its tiles are taken from ${first.table}`;
  return { ...first, remarks: [{ kind: "note", text }, ...first.remarks], otherTables };
}

/** The rows of a table; in an image without planes its z columns are ignored. */
async function readRegions(
  store: ReadableStore,
  key: string,
  { hasPlanes = true }: TableSearch,
): Promise<RoiRow[] | undefined> {
  const rows = await readRoiTable(store, key);
  return hasPlanes ? rows : rows?.map(inPlane);
}

function inPlane(row: RoiRow): RoiRow {
  return { ...row, values: new Map([...row.values, ["z_micrometer", 0], ["len_z_micrometer", 1]]) };
}

/** The rows of a table of regions; `undefined` for a table of something else, and for one that cannot be read. */
async function regionsIn(store: ReadableStore, key: string, search: TableSearch): Promise<RoiRow[] | undefined> {
  try {
    const type = (await readGroup(store, key))?.attributes.type;
    if (type !== undefined && type !== "roi_table") return undefined;
    const rows = await readRegions(store, key, search);
    return type === "roi_table" || rows?.[0]?.values.has("len_x_micrometer") ? rows : undefined;
  } catch (error) {
    return passOver(error);
  }
}

/** Rows as tiles: several boxes of one size, side by side within the image. */
function tilesIn(rows: readonly RoiRow[], scaleUmZyx: Zyx, shapeZyx: Zyx): PlacedTiles | undefined {
  try {
    const placed = placeTiles(rows, scaleUmZyx, shapeZyx, "");
    const [field, ...others] = placed.tiles.map(fieldShape);
    const isOneSize = others.every((other) => other.every((extent, axis) => Math.abs(extent - field![axis]!) <= 1));
    return others.length > 0 && isOneSize ? placed : undefined;
  } catch (error) {
    if (error instanceof IsoluxError) return undefined;
    throw error;
  }
}

function hasSameBoxes(tiles: readonly Tile[], others: readonly Tile[]): boolean {
  const places = (all: readonly Tile[]) =>
    all
      .map(({ box }) => [...box.start, ...box.stop].join())
      .sort()
      .join(" ");
  return places(tiles) === places(others);
}

function noSuchTable(where: string, name: string, names: readonly string[]): IsoluxError {
  return new IsoluxError({
    kind: "not-found",
    what: `The image has no table ${name}`,
    where,
    found: names.length === 0 ? "no tables" : names.join(", "),
  });
}

function severalTables(where: string, names: readonly string[]): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: `The image has no table ${usualTable}, and several others hold different tiles`,
    where,
    found: names.join(", "),
    advice: `Say which: --tile-table ${names[0]}`,
  });
}
