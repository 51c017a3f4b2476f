/** Opens tiles in OME-Zarr groups of their own that no name of the microscope tells: by an XML file, or by their positions. */
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import type { Acquisition, SourceObjects } from "./acquisition.ts";
import type { OpenFolder } from "./bdv/data-places.ts";
import { readTilesXml } from "./bdv/tiles-xml.ts";
import { mosaicOfPlaced, type PlacingOptions } from "./mosaic-of-placed.ts";
import { mosaicOfViews } from "./mosaic-of-views.ts";
import { openPlacedGroups } from "./native/placed-groups.ts";
import { isOwnName } from "./native/tile-name.ts";
import { areWholeGroups, openXmlTiles } from "./native/xml-tiles.ts";
import { objectsOfTiles } from "./open-mosaic.ts";
import type { TileView } from "./tile-view.ts";

/** How groups are opened. */
interface GroupOptions extends PlacingOptions {
  readonly openFolder?: OpenFolder | undefined;
}

/** The tiles that an XML file names, `undefined` where there is no file or it describes something else. */
export async function openNamedGroups(
  store: ReadableStore,
  key: string,
  options: GroupOptions,
): Promise<Acquisition | undefined> {
  const { note = () => undefined, openFolder } = options;
  const xml = await readTilesXml(store, key);
  if (xml === undefined || !areWholeGroups(xml)) return undefined;
  const views = await openXmlTiles({ store, key }, xml, { openFolder, note });
  const { folder } = views[0]!.group!;
  const objects = () => objectsOfTiles(views, folder, folder.store === store ? key : undefined);
  return mosaicOfGroups(views, joinKey(store.location, key), objects, options);
}

/**
 * The acquisition that views in groups make: those that the microscope named lie where its stage was, those of others where
 * images say, in the directions of these.
 */
export function mosaicOfGroups(
  views: readonly TileView[],
  where: string,
  objects: () => Promise<SourceObjects>,
  options: GroupOptions,
): Acquisition {
  const isOwn = views.some(({ name, metadata }) => isOwnName(name.split(",")[0]!) || Object.keys(metadata).length > 0);
  return isOwn
    ? mosaicOfViews(views, where, objects, options)
    : mosaicOfPlaced(views, where, objects, options, ["stageAxes"]);
}

/** Tiles of another microscope in the groups of a folder, `undefined` where it contains something else. */
export async function openGroupsWithin(
  store: ReadableStore,
  key: string,
  options: GroupOptions,
): Promise<Acquisition | undefined> {
  const { note = () => undefined } = options;
  const views = await openPlacedGroups({ store, key }, note);
  const objects = () => objectsOfTiles(views!, { store, key }, xmlOf(views!));
  return views && mosaicOfGroups(views, joinKey(store.location, key), objects, options);
}

/** The XML file in the folder above that describes the tiles. */
export function xmlOf(views: readonly TileView[]): string | undefined {
  return views[0]?.group?.folder.openedThrough?.key;
}
