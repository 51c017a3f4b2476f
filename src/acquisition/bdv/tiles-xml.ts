/** BigStitcher's XML file about the tiles of a folder: finds it, whatever its name is, and reads it. */
import { IsoluxError } from "../../errors.ts";
import { inMarkup } from "../../plain-text.ts";
import { joinKey, keyBeside, keyName, type ReadableStore } from "../../zarr/store.ts";
import type { TilesFolder } from "../acquisition.ts";
import type { Note } from "../tile-view.ts";
import { lastName, type NamedPlace, namedPlace } from "./data-places.ts";
import { readSetups, type SpimSetup } from "./spim-data.ts";
import { parseXml, readXmlText, type XmlElement } from "./xml.ts";

/** The content of such a file. */
export interface TilesXml {
  readonly text: string;
  /** The folder of the groups. */
  readonly folder: NamedPlace;
  /** The groups of the first time point, each once, with the description of the first view that each contains. */
  readonly groups: readonly { readonly name: string; readonly setup?: SpimSetup }[];
  readonly timepointCount: number;
  /** Whether views are parts of images, at places along axes before z. */
  readonly hasParts: boolean;
  /** The file's key, where it was read from a store. */
  readonly key?: string;
}

const loaderElement = /<ImageLoader\b[^>]*>[\s\S]*?<\/ImageLoader>/;

const folderElement = /<zarr\b[^>]*>[^<]*<\/zarr>/;

const baseElement = /<BasePath\b[^>]*>[^<]*<\/BasePath>/;

/**
 * Reads such a file; `undefined` where there is none, or where it names no folder of groups on a disk.
 * @throws IsoluxError `corrupt`
 */
export async function readTilesXml(store: ReadableStore, key: string): Promise<TilesXml | undefined> {
  const text = await readXmlText(store, key);
  const xml = text === undefined ? undefined : parseTilesXml(text, joinKey(store.location, key));
  return xml && { ...xml, key };
}

/** The same for the file's text. @throws IsoluxError `corrupt` */
export function parseTilesXml(text: string, where: string): TilesXml | undefined {
  // Much quicker than parsing an unrelated file.
  if (!text.includes("bdv.multimg.zarr")) return undefined;
  const root = parseXml(text, where).first("SpimData");
  const sequence = root?.first("SequenceDescription");
  const loader = sequence?.first("ImageLoader");
  const isRead = loader?.attribute("format") === "bdv.multimg.zarr" && loader.first("s3bucket") === undefined;
  if (root === undefined || !isRead || loader.first("zarr") === undefined) return undefined;
  const entries = loader.first("zgroups")?.all("zgroup") ?? [];
  const timepointCount = new Set(entries.map(timeOf)).size;
  const hasParts = entries.some((entry) => /[1-9]/.test(entry.attribute("indicies") ?? ""));
  return {
    text,
    hasParts,
    folder: namedPlace([root.first("BasePath"), loader.first("zarr")]),
    groups: groupsOf(root, entries),
    timepointCount,
  };
}

function timeOf(entry: XmlElement): string | undefined {
  return entry.attribute("tp") ?? entry.attribute("timepoint");
}

function groupsOf(root: XmlElement, entries: readonly XmlElement[]): TilesXml["groups"] {
  const setups = new Map(readSetups(root).map((setup) => [setup.id, setup]));
  const missing = new Set(
    (root.first("SequenceDescription", "MissingViews")?.all("MissingView") ?? []).map((view) => {
      return `${view.attribute("timepoint")} ${view.attribute("setup")}`;
    }),
  );
  // Both spellings occur: the microscope's, and that of the loader.
  const value = (entry: XmlElement, name: string) => (entry.attribute(name) ?? entry.text(name) ?? "").trim();
  const groups = new Map<string, TilesXml["groups"][number]>();
  for (const entry of entries.filter((one) => timeOf(one) === timeOf(entries[0]!))) {
    const name = value(entry, "path")
      .replaceAll("\\", "/")
      .replace(/^(\.\/)+|\/+$/g, "");
    const setup = setups.get(Number(value(entry, "setup") || Number.NaN));
    if (missing.has(`${timeOf(entry)} ${value(entry, "setup")}`)) continue;
    if (!groups.has(name)) groups.set(name, { name, setup });
  }
  return [...groups.values()];
}

/**
 * The text of such a file with another folder of groups, beside it; everything else, including results of stitching,
 * stays byte for byte.
 */
export function redirectXml({ text }: TilesXml, folder: string): string {
  return text
    .replace(baseElement, () => `<BasePath type="relative">.</BasePath>`)
    .replace(loaderElement, (element) => {
      return element.replace(folderElement, () => `<zarr type="relative">${inMarkup(folder)}</zarr>`);
    });
}

/** An image in a folder with the pixels of a view. */
interface NewGroup {
  readonly setup: number;
  readonly time: number;
  readonly name: string;
}

/**
 * The text of a project's file with its pixels in a folder of OME-Zarr images beside it, in whatever format they were;
 * everything else, such as registrations, interest points and results of stitching, stays byte for byte.
 * @throws IsoluxError `corrupt` where the loader's element is not found
 */
export function projectWithGroups(text: string, folder: string, groups: readonly NewGroup[]): string {
  const [start, stop] = loaderPlace(text);
  const inOrder = [...groups].sort((a, b) => a.time - b.time || a.setup - b.setup);
  const entries = inOrder.map(({ setup, time, name }) => {
    return `        <zgroup setup="${setup}" tp="${time}" path="${name}" indicies="0 0" />\n`;
  });
  const loader =
    '<ImageLoader format="bdv.multimg.zarr" version="3.0">\n' +
    `      <zarr type="relative">${inMarkup(folder)}</zarr>\n      <zgroups>\n${entries.join("")}      </zgroups>\n` +
    "    </ImageLoader>";
  const moved = text.slice(0, start) + loader + text.slice(stop);
  return moved.replace(baseElement, () => `<BasePath type="relative">.</BasePath>`);
}

/** Where the element of the loader is; others may lie in it, and comments anywhere. */
function loaderPlace(text: string): [start: number, stop: number] {
  let [start, depth] = [-1, 0];
  for (const { 0: found, index } of text.matchAll(/<!--[\s\S]*?-->|<ImageLoader\b[^>]*>|<\/ImageLoader\s*>/g)) {
    if (found.startsWith("<!--")) continue;
    if (start < 0) start = index;
    depth += found.startsWith("</") ? -1 : found.endsWith("/>") ? 0 : 1;
    if (depth === 0) return [start, index + found.length];
  }
  throw new IsoluxError({ kind: "corrupt", what: "The XML file does not describe an image of BigDataViewer" });
}

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
    if (!(error instanceof IsoluxError) || error.kind === "interrupted") throw error;
    if (error.kind === "storage") {
      if (isOwn) throw error;
      // It may be a link that leads nowhere.
      note(`The file ${where} cannot be read, and is ignored: ${error.message}`);
    } else if (isOwn) note(`The file ${where} is not BigStitcher's about these tiles: it is ignored.`);
    return undefined;
  }
}
