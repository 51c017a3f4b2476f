/** Opens tiles by the names in an XML file of BigStitcher, as on a server that cannot list. */
import { IsoluxError } from "../../errors.ts";
import { joinKey, namesIn } from "../../zarr/store.ts";
import type { StoredFolder } from "../acquisition.ts";
import { dataPlaces, isAtAddress, lastName, type OpenFolder } from "../bdv/data-places.ts";
import type { TilesXml } from "../bdv/tiles-xml.ts";
import type { Note, TileView } from "../tile-view.ts";
import { namesByXml } from "./names-by-xml.ts";
import { openTileGroups } from "./native-omezarr.ts";
import { firstTimeOnly } from "./tile-group.ts";
import { isOwnName } from "./tile-name.ts";

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
export function areWholeGroups({ groups, timepointCount, hasParts }: TilesXml): boolean {
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
export async function openXmlTiles(
  file: StoredFolder,
  xml: TilesXml,
  { openFolder, note }: XmlAccess,
): Promise<TileView[]> {
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
