/**
 * Opens tiles of other microscopes and programs: a folder of OME-Zarr images with positions in their metadata or in an
 * XML file.
 */
import { IsoluxError } from "../../errors.ts";
import { omeAttributes, readGroup } from "../../ngff/group.ts";
import { placesInScene } from "../../ngff/other-versions.ts";
import type { Zyx } from "../../shapes.ts";
import { joinKey } from "../../zarr/store.ts";
import type { TilesFolder } from "../acquisition.ts";
import type { Note, TileView } from "../tile-view.ts";
import { namesByXml, withXml } from "./names-by-xml.ts";
import { openTileGroups } from "./native-omezarr.ts";
import { readTileAttributes, type TileAttributes } from "./tile-attributes.ts";
import { compareTileNames, foreignTileName } from "./tile-name.ts";

/** Attributes of groups that contain images, but are no tiles themselves. */
const collections = ["multiscales", "plate", "well", "bioformats2raw.layout"];

/**
 * Opens the views in a folder's groups where these are tiles: several images, each with a translation and not all with
 * the same, or named by an XML file beside the folder. `undefined` where they are something else. No pixel is read.
 * @throws IsoluxError `corrupt`, `unsupported`, `invalid`, `usage`
 */
export async function openPlacedGroups(folder: TilesFolder, note: Note): Promise<TileView[] | undefined> {
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
  const { findTilesXml } = await import("../bdv/find-tiles-xml.ts");
  const xml = await findTilesXml(folder, note);
  if (xml !== undefined) return await openTileGroups(withXml(folder, xml), namesByXml(xml), note);
  const translations = [...known.values()].map(({ translationUmZyx }) => translationUmZyx);
  if (translations.includes(undefined) || new Set(translations.map(String)).size === 1) return undefined;
  const names = images.map((name) => ({ ...foreignTileName(name), attributes: known.get(name)! }));
  return await openTileGroups(folder, names.sort(compareTileNames), note);
}

/** The views in the images of a scene, which says where each lies. Its images may lie in folders of its folder. */
async function openScene(folder: TilesFolder, places: ReadonlyMap<string, Zyx>, note: Note): Promise<TileView[]> {
  const names = [...places].map(([name, movedUmZyx]) => ({ ...foreignTileName(name), movedUmZyx }));
  return await openTileGroups(folder, names.sort(compareTileNames), note);
}

/** The attributes of a group that is an image with planes, rows and columns. */
async function attributesOf({ store, key }: TilesFolder, name: string): Promise<TileAttributes | undefined> {
  try {
    return await readTileAttributes(store, joinKey(key, name));
  } catch (cause) {
    if (cause instanceof IsoluxError && cause.kind !== "storage") return undefined;
    throw cause;
  }
}
