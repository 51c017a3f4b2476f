/** Finds BigStitcher's XML file about the tiles of a folder, whatever its name is. */
import { IsoluxError } from "../../errors.ts";
import { joinKey, keyBeside, keyName } from "../../zarr/store.ts";
import type { TilesFolder } from "../acquisition.ts";
import type { Note } from "../tile-view.ts";
import { lastName } from "./data-places.ts";
import { readTilesXml, type TilesXml } from "./tiles-xml.ts";

/**
 * The file through which the tiles were opened; else, of the XML files beside their folder that name it, the one with
 * the folder's name, or the only one. `undefined` where there is none.
 * @throws IsoluxError `usage` where several others name the folder, `corrupt` where the one to use cannot be read
 */
export async function findTilesXml(folder: TilesFolder, note: Note): Promise<TilesXml | undefined> {
  const { store, key, openedThrough } = folder;
  if (openedThrough !== undefined) return await readTilesXml(openedThrough.store, openedThrough.key);
  const name = keyName(key);
  const above = key.split("/").slice(0, -1).join("/");
  const listed = (await store.list(above)) ?? [{ name: `${name}.xml`, kind: "object" }];
  const names = listed.flatMap((entry) => (entry.kind === "object" && /\.xml$/i.test(entry.name) ? [entry.name] : []));
  const found: { readonly name: string; readonly xml: TilesXml }[] = [];
  for (const file of names) {
    const xml = await readIfAny(folder, keyBeside(key, file), note);
    if (xml !== undefined && lastName(xml.folder) === name) found.push({ name: file, xml });
  }
  const own = found.find((file) => file.name === `${name}.xml`);
  const others = found.filter((file) => file !== own).map((file) => file.name);
  if (own !== undefined) {
    if (others.length > 0)
      note(`Of the XML files that name these tiles ${own.name} is taken, not ${others.join(", ")}`);
    return own.xml;
  }
  if (others.length < 2) return found[0]?.xml;
  throw new IsoluxError({
    kind: "usage",
    what: "Several XML files name these tiles",
    where: joinKey(store.location, above),
    found: others.join(", "),
    expected: `one, or one called ${name}.xml`,
    advice: "Give the XML file to continue with, in place of the folder",
  });
}

/** A file that cannot be read does not prevent the correction of the tiles. */
async function readIfAny({ store, key }: TilesFolder, file: string, note: Note): Promise<TilesXml | undefined> {
  const where = joinKey(store.location, file);
  const isOwn = file === `${key}.xml`;
  try {
    const xml = await readTilesXml(store, file);
    const isThere = xml !== undefined || !isOwn || (await store.facts(file)) === undefined;
    if (!isThere) note(`The file ${where} is not BigStitcher's about these tiles: it is ignored.`);
    return xml;
  } catch (error) {
    if (!(error instanceof IsoluxError) || (isOwn && error.kind === "storage")) throw error;
    if (isOwn) note(`The file ${where} is not BigStitcher's about these tiles: it is ignored.`);
    return undefined;
  }
}
