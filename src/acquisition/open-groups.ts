/** Opens tiles in OME-Zarr groups of their own that no name of the microscope tells: by an XML file, or by their positions. */
import { IsoluxError, passOver } from "../errors.ts";
import { omeAttributes, readGroup } from "../ngff/group.ts";
import { placesInScene } from "../ngff/other-versions.ts";
import type { Zyx } from "../shapes.ts";
import { joinKey, namesIn, type ReadableStore } from "../zarr/store.ts";
import type { Acquisition, SourceObjects, StoredFolder, TilesFolder } from "./acquisition.ts";
import { dataPlaces, isAtAddress, lastName, type OpenFolder } from "./bdv/data-places.ts";
import { readTilesXml, type TilesXml } from "./bdv/tiles-xml.ts";
import { mosaicOfPlaced, type PlacingOptions } from "./mosaic-of-placed.ts";
import { mosaicOfViews } from "./mosaic-of-views.ts";
import { namesByXml, withXml } from "./native/names-by-xml.ts";
import { openTileGroups } from "./native/native-omezarr.ts";
import { readTileAttributes, type TileAttributes } from "./native/tile-attributes.ts";
import { firstTimeOnly } from "./native/tile-group.ts";
import { compareTileNames, foreignTileName, isOwnName } from "./native/tile-name.ts";
import { objectsOfTiles } from "./open-mosaic.ts";
import type { Note, TileView } from "./tile-view.ts";

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

// Opens tiles of other microscopes and programs: a folder of OME-Zarr images with positions in their metadata or in an
// XML file.

/** Attributes of groups that contain images, but are no tiles themselves. */
const collections = ["multiscales", "plate", "well", "bioformats2raw.layout"];

/**
 * Opens the views in a folder's groups where these are tiles: several images, each with a translation and not all with
 * the same, or named by an XML file beside the folder. `undefined` where they are something else. No pixel is read.
 * @throws IsoluxError `corrupt`, `unsupported`, `invalid`, `usage`
 */
async function openPlacedGroups(folder: TilesFolder, note: Note): Promise<TileView[] | undefined> {
  const { store, key } = folder;
  const attributes = (await readGroup(store, key))?.attributes ?? {};
  const holds = { ...attributes, ...omeAttributes(attributes) };
  if (collections.some((name) => name in holds)) return undefined;
  const scene = placesInScene(holds, joinKey(store.location, key));
  if (scene !== undefined) return await openScene(folder, scene, note);
  const folders = ((await store.list(key)) ?? []).filter(({ kind }) => kind === "folder");
  const found = await Promise.all(folders.map(async ({ name }) => attributesOf(folder, name)));
  const known = new Map(folders.flatMap(({ name }, n) => (found[n] === undefined ? [] : [[name, found[n]] as const])));
  const images = [...known.keys()];
  if (images.length < 2) return undefined;
  const { findTilesXml } = await import("./bdv/tiles-xml.ts");
  const xml = await findTilesXml(folder, note);
  if (xml !== undefined) return await openTileGroups(withXml(folder, xml), namesByXml(xml), note);
  // Programs leave out a translation by nothing, as that of the tile at the origin.
  const placed = images.map((name) => {
    const attributes = known.get(name)!;
    return {
      name,
      attributes: { ...attributes, translationUmZyx: attributes.translationUmZyx ?? ([0, 0, 0] as const) },
    };
  });
  const moved = [...known.values()].filter(({ translationUmZyx }) => translationUmZyx !== undefined);
  const places = new Set(placed.map(({ attributes }) => String(attributes.translationUmZyx)));
  if (2 * moved.length < images.length || places.size === 1) return undefined;
  const names = placed.map(({ name, attributes }) => ({ ...foreignTileName(name), attributes }));
  return await openTileGroups(folder, names.sort(compareTileNames), note);
}

/** The views in the images of a scene, which says where each lies. Its images may lie in folders of its folder. */
async function openScene(folder: TilesFolder, places: ReadonlyMap<string, Zyx>, note: Note): Promise<TileView[]> {
  const names = [...places].map(([name, movedUmZyx]) => ({ ...foreignTileName(name), movedUmZyx }));
  return await openTileGroups(folder, names.sort(compareTileNames), note);
}

/** The attributes of a group that is an image with planes, rows and columns. */
async function attributesOf({ store, key }: TilesFolder, name: string): Promise<TileAttributes | undefined> {
  return await readTileAttributes(store, joinKey(key, name)).catch(passOver);
}

// Opens tiles by the names in an XML file of BigStitcher, as on a server that cannot list.

/** How folders outside of the file's store are opened. */
interface XmlAccess {
  /** Without it, only the file's own store is searched. */
  readonly openFolder?: OpenFolder | undefined;
  readonly note: Note;
}

/** Documents that prove that a group exists, in a store that cannot list. */
const signsOfGroup = [".zgroup", ".zattrs", "zarr.json"];
/** How many groups are tried: the first ones may have been removed, but hardly all of these. */
const groupsLookedFor = 4;

/**
 * Whether an XML file names one group in its folder for each tile, at a single time point, as microscopes write them;
 * others are projects of BigStitcher.
 */
function areWholeGroups({ groups, timepointCount, hasParts }: TilesXml): boolean {
  if (groups.some(({ name }) => isOwnName(name))) return true;
  const sides = new Set(groups.map(({ setup }) => setup?.attributes.get("illumination") ?? ""));
  const areToldApart = sides.size < 2 || [...sides].every((side) => side === "Left" || side === "Right");
  return areToldApart && timepointCount <= 1 && !hasParts && groups.every(({ name }) => !name.includes("/"));
}

/**
 * Opens the views in the groups that an XML file names, and no others. No pixel is read.
 * @param file the location of the XML file
 * @throws IsoluxError `not-found` where the groups are missing, `corrupt` where the file names none, or impossible ones
 */
async function openXmlTiles(file: StoredFolder, xml: TilesXml, { openFolder, note }: XmlAccess): Promise<TileView[]> {
  const where = joinKey(file.store.location, file.key);
  const wrong = xml.groups.find(({ name }) => !/^[^/]+$/.test(name) || /^\.*$/.test(name));
  if (wrong !== undefined || xml.groups.length === 0) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "The XML file does not name groups of tiles in its folder",
      where,
      found: wrong === undefined ? "none" : JSON.stringify(wrong.name).slice(0, 100),
    });
  }
  if (xml.timepointCount > 1) note(firstTimeOnly(xml.timepointCount), "warning");
  const places = dataPlaces(file, xml.folder, openFolder);
  for (const folder of places) {
    if (!(await holdsGroups(folder, xml))) continue;
    return await openTileGroups({ ...folder, openedThrough: file }, namesByXml(xml), note);
  }
  throw new IsoluxError({
    kind: "not-found",
    what: "The tiles that the XML file names are not there",
    where,
    found: `${isAtAddress(xml.folder) ? `the address ${xml.folder.path}, and ` : ""}no ${xml.groups[0]!.name} in ${places.map(({ store, key }) => joinKey(store.location, key)).join(" or ") || xml.folder.path}`,
    advice: isAtAddress(xml.folder)
      ? `Copy the XML file to where they are, beside ${lastName(xml.folder)}, and give its address there`
      : "Put the XML file beside the folder of the tiles",
  });
}

async function holdsGroups({ store, key }: StoredFolder, { groups }: TilesXml): Promise<boolean> {
  for (const { name } of groups.slice(0, groupsLookedFor)) {
    if ((await namesIn(store, joinKey(key, name), signsOfGroup)).length > 0) return true;
  }
  return false;
}
