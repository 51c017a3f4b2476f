/**
 * Reads the names that microscopes give to the groups and files of tiles.
 *
 * `Mag2_Tile0_Ch488_Flt515LP_Sh0_Rot0.ome.zarr` is tile 0 of channel 488, lit from the left, at 0 degrees
 */

import type { Zyx } from "../../shapes.ts";
import type { IlluminationSide } from "../../tiles/tile.ts";
import type { SpimSetup } from "../bdv/spim-data.ts";
import type { TileAttributes } from "./tile-attributes.ts";

/** What the name of a view's group or file says. Names of older versions say less. */
export interface TileName {
  readonly name: string;
  /** Its position in the acquisition: the number of the tile, with older names that of the view. */
  readonly order: number;
  /** The laser line, such as `488`. */
  readonly channel: string | undefined;
  readonly side: IlluminationSide | undefined;
  /** In degrees. */
  readonly rotation: number | undefined;
  /** How far it is moved, in µm, after what its own metadata say. */
  readonly movedUmZyx?: Zyx;
  /** The number of the time point, of a time lapse. */
  readonly time?: number;
  /** Its description in an XML file of BigStitcher. */
  readonly setup?: SpimSetup;
  /** The attributes of its group, where they were read before. */
  readonly attributes?: TileAttributes;
}

const currentName =
  /Tile(\d+)_(?:Ch([^_]+)_(?:Flt.*_)?)?Sh(\d)_Rot(-?\d+(?:\.\d+)?)(?:\.ome)?(?:_Time(\d{1,6}))?\.(?:ome\.)?\w+$/;
const olderName = /^s(\d+)-t0\.(?:ome\.)?zarr$/;

/**
 * Reads the names that mesoSPIM-control gives to views: `Mag2_Tile0_Ch488_Flt515LP_Sh0_Rot0.ome.zarr`, without `Flt` in
 * early versions, before them `s0-t0.zarr`, and without `Ch` where a group contains all channels; files have other
 * endings, and those of a time lapse `_Time000` before them. `undefined` for other names and for maximum projections (`MAX_...`).
 *
 * The digit after `Sh` is 0 for the left side, and in names of files also where there is only one side: metadata have
 * priority.
 */
export function parseTileName(name: string): TileName | undefined {
  if (name.startsWith("MAX_")) return undefined;
  const older = olderName.exec(name);
  if (older) return { name, order: Number(older[1]), channel: undefined, side: undefined, rotation: undefined };
  const current = currentName.exec(name);
  if (!current) return undefined;
  const [, tile, channel, shutter, rotation, time] = current;
  const side = shutter === "0" ? "Left" : "Right";
  const own: TileName = { name, order: Number(tile), channel, side, rotation: Number(rotation) };
  return time === undefined ? own : { ...own, time: Number(time) };
}

/** Reads a name that the microscope does not give: the channel, where it contains one, as in `tile_3_ch_488.zarr`. */
export function foreignTileName(name: string, order = 0): TileName {
  const channel = /(?:^|[_.-])ch_?(\d+)(?=[_.-]|$)/i.exec(name)?.[1];
  return { name, order, channel, side: undefined, rotation: undefined };
}

/** Whether only the microscope gives such a name; BigStitcher, too, names groups `s0-t0.zarr`. */
export function isOwnName(name: string): boolean {
  return currentName.test(name);
}

/** The order of the acquisition, as far as names contain it: by tile, then by name. */
export function compareTileNames(a: TileName, b: TileName): number {
  if (a.order !== b.order) return a.order - b.order;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The names of one or several tiles in messages. */
export function nameSome(tiles: readonly { readonly name: TileName }[]): string {
  const first = tiles[0]?.name.name;
  return tiles.length === 1 ? `${first}` : `${tiles.length} tiles (${first}, ...)`;
}
