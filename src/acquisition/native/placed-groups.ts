/** Tiles of other microscopes and programs: a folder of OME-Zarr images that say, or of which an XML file says, where they lie. */
import { IsoluxError } from "../../errors.ts";
import { omeAttributes, readGroup } from "../../ngff/group.ts";
import { joinKey } from "../../zarr/store.ts";
import type { TilesFolder } from "../acquisition.ts";
import type { Note } from "../note.ts";
import type { TileView } from "../tile-view.ts";
import { namesByXml, withXml } from "./names-by-xml.ts";
import { openTileGroups } from "./native-omezarr.ts";
import { readTileAttributes, type TileAttributes } from "./tile-attributes.ts";
import { compareTileNames, foreignTileName } from "./tile-name.ts";

/** What groups hold that have images in them, but no tiles of one. */
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
  const folders = ((await store.list(key)) ?? []).filter(({ kind }) => kind === "folder");
  const found = await Promise.all(folders.map(async ({ name }) => attributesOf(folder, name)));
  const images = folders.filter((_, n) => found[n] !== undefined).map(({ name }) => name);
  if (images.length < 2) return undefined;
  const { findTilesXml } = await import("../bdv/find-tiles-xml.ts");
  const xml = await findTilesXml(folder, note);
  if (xml !== undefined) return await openTileGroups(withXml(folder, xml), namesByXml(xml), note);
  const translations = found.flatMap((image) => (image === undefined ? [] : [image.translationUmZyx]));
  if (translations.includes(undefined) || new Set(translations.map(String)).size === 1) return undefined;
  const names = images.map((name) => foreignTileName(name)).sort(compareTileNames);
  return await openTileGroups(folder, names, note);
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
