/** Tiles as an XML file of BigStitcher names them: what a server that cannot list does not tell. */
import { IsoluxError } from "../../errors.ts";
import { namesIn } from "../../zarr/known-names.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { StoredFolder } from "../acquisition.ts";
import type { TilesXml } from "../bdv/zarr-loader.ts";
import type { Note } from "../note.ts";
import { firstTimeOnly } from "../single-time.ts";
import type { TileView } from "../tile-view.ts";
import { namesByXml } from "./names-by-xml.ts";
import { openTileGroups } from "./native-omezarr.ts";

/** How the file reaches folders outside of its store. */
interface XmlAccess {
  /** A store that begins at the folder of that absolute path; without it, only the file's own store is searched. */
  readonly openFolder?: ((path: string) => ReadableStore) | undefined;
  readonly note: Note;
}

/** What shows that there is a group, in a store that cannot list. */
const signsOfGroup = [".zgroup", ".zattrs", "zarr.json"];
/** So many groups are looked for: the first ones may have been taken away, but hardly all of these. */
const groupsLookedFor = 4;

/**
 * Opens the views in the groups that an XML file names, and no others. No pixel is read.
 * @param file where the XML file lies
 * @throws IsoluxError `not-found` where the groups are not there, `corrupt` where the file names none, or such as cannot be
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
  const places = placesOf(file, xml, openFolder);
  for (const folder of places) {
    if (!(await holdsGroups(folder, xml))) continue;
    return await openTileGroups({ ...folder, openedThrough: file }, namesByXml(xml), note);
  }
  throw new IsoluxError({
    kind: "not-found",
    what: "The tiles that the XML file names are not there",
    where,
    found: `no ${xml.groups[0]!.name} in ${places.map(({ store, key }) => joinKey(store.location, key)).join(" or ") || xml.folder.path}`,
    advice: "Put the XML file beside the folder of the tiles",
  });
}

/** Where the groups may lie: where the file says, or beside it, as when both have moved here from another computer. */
function placesOf({ store, key }: StoredFolder, { folder }: TilesXml, openFolder: XmlAccess["openFolder"]) {
  const own = key.split("/").slice(0, -1);
  const name = folder.path.split("/").findLast((part) => !/^\.*$/.test(part)) ?? "";
  const absolute = folder.isAbsolute ? folder.path : `${store.location}/${[...own, folder.path].join("/")}`;
  const said = folder.isAbsolute ? undefined : stepsTo([...own, ...folder.path.split("/")]);
  const places = [
    said === undefined ? outside(absolute, openFolder) : { store, key: said.join("/") },
    { store, key: joinKey(...own, name) },
  ].filter((place) => place !== undefined);
  return places.filter(
    (place, index) => index === 0 || place.store !== places[0]!.store || place.key !== places[0]!.key,
  );
}

function outside(path: string, openFolder: XmlAccess["openFolder"]): StoredFolder | undefined {
  const name = stepsTo(path.split("/"))?.at(-1);
  return openFolder === undefined || name === undefined ? undefined : { store: openFolder(`${path}/..`), key: name };
}

/** The steps of a path that are left when those up are taken, `undefined` where it leads above its start. */
function stepsTo(path: readonly string[]): string[] | undefined {
  const steps: string[] = [];
  for (const step of path) {
    if (step === "" || step === ".") continue;
    if (step !== "..") steps.push(step);
    else if (steps.pop() === undefined) return undefined;
  }
  return steps;
}

async function holdsGroups({ store, key }: StoredFolder, { groups }: TilesXml): Promise<boolean> {
  for (const { name } of groups.slice(0, groupsLookedFor)) {
    if ((await namesIn(store, joinKey(key, name), signsOfGroup)).length > 0) return true;
  }
  return false;
}
