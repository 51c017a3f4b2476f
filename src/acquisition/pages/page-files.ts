import { IsoluxError, passOver } from "../../errors.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { MetaBlock } from "../native/meta.ts";
import { readMetaText } from "../native/meta-text.ts";
import { compareTileNames, parseTileName, type TileName } from "../native/tile-name.ts";
import type { Note } from "../tile-view.ts";
import { openTiffPlanes } from "./tiff-planes.ts";

/** Formats that hold one view a file. */
type PageFormat = "TIFF" | "BigTIFF" | "RAW";

/** The files of one acquisition. */
export interface PageFiles {
  readonly folder: string;
  readonly format: PageFormat;
  /** In the order of the acquisition, as far as names tell. */
  readonly names: readonly TileName[];
  /** Files of metadata in the folder; `undefined` where the store cannot list. */
  readonly metaNames: readonly string[] | undefined;
}

const formats: Readonly<Record<string, PageFormat>> = {
  ...{ tif: "TIFF", tiff: "TIFF", raw: "RAW" },
  ...{ btf: "BigTIFF", tf2: "BigTIFF", tf8: "BigTIFF" },
};

/** The format of a file by its name; `undefined` for others and for maximum projections, which lie beside the stacks. */
function pageFormat(name: string): PageFormat | undefined {
  if (/^MAX_|_MAX\.tiff?$/.test(name)) return undefined;
  return formats[/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ""];
}

/** Whether `key` is such a file or a folder with such files. */
export async function hasPageFiles(store: ReadableStore, key: string): Promise<boolean> {
  const entries = (await store.list(key)) ?? [];
  if (entries.some(({ name, kind }) => kind === "object" && pageFormat(name) !== undefined)) return true;
  return pageFormat(key.slice(key.lastIndexOf("/") + 1)) !== undefined && (await store.facts(key)) !== undefined;
}

/**
 * Finds the files of an acquisition: those of a folder, or of a file those that belong to it. Snapshots, single planes
 * under names of their own beside the stacks of one acquisition, are left out with a note.
 * @throws IsoluxError `not-found` where there are none, `invalid` where a folder holds several acquisitions
 */
export async function findPageFiles(
  store: ReadableStore,
  key: string,
  note: Note = () => undefined,
): Promise<PageFiles> {
  const isFile = (await store.facts(key)) !== undefined;
  const [, above = "", name = ""] = /^(?:(.*)\/)?([^/]*)$/.exec(key) ?? [];
  const folder = isFile ? above : key;
  const listed = (await store.list(folder))?.filter(({ kind }) => kind === "object").map((entry) => entry.name);
  const candidates = listed ?? (isFile ? [name] : []);
  const files = candidates.filter((file) => pageFormat(file) !== undefined);
  const chosen = isFile ? siblings(name, files) : await withoutSnapshots(store, folder, files, note);
  const formatsFound = new Set(chosen.map(pageFormat));
  const [format] = formatsFound;
  const where = joinKey(store.location, key);
  if (format === undefined) throw nothingFound(where);
  if (!areOneAcquisition(chosen)) throw several(chosen, where);
  const names = chosen.map(readName).sort(compareTileNames);
  return { folder, format, names, metaNames: listed?.filter((file) => file.endsWith("_meta.txt")) };
}

function areOneAcquisition(names: readonly string[]): boolean {
  return new Set(names.map(pageFormat)).size === 1 && new Set(names.map(acquisitionOf)).size === 1;
}

async function withoutSnapshots(
  store: ReadableStore,
  folder: string,
  files: readonly string[],
  note: Note,
): Promise<readonly string[]> {
  const isNamed = (file: string) => parseTileName(file) !== undefined;
  const [stacks, others] = [files.filter(isNamed), files.filter((file) => !isNamed(file))];
  if (others.length === 0 || !areOneAcquisition(stacks)) return files;
  const arePlanes = await Promise.all(others.map((file) => isSinglePlane(store, joinKey(folder, file))));
  if (arePlanes.includes(false)) return files;
  const many = others.length === 1 ? "it is a single plane" : "they are single planes";
  note(
    `Skipped ${others.slice(0, 3).join(", ")}${others.length > 3 ? ", ..." : ""}: ${many}, no tile of the acquisition`,
  );
  return stacks;
}

async function isSinglePlane(store: ReadableStore, key: string): Promise<boolean> {
  if (pageFormat(key) === "RAW") return false;
  const planes = await openTiffPlanes(store, key).catch(passOver);
  return planes?.planeCount === 1;
}

/** A file of a name that the microscope does not give belongs to none. */
function siblings(name: string, files: readonly string[]): readonly string[] {
  if (pageFormat(name) === undefined || parseTileName(name) === undefined) return [name];
  return files.filter((file) => pageFormat(file) === pageFormat(name) && acquisitionOf(file) === acquisitionOf(name));
}

/** What stands in a name before the number of the tile: a description and the magnification. */
function acquisitionOf(name: string): string {
  return parseTileName(name) === undefined ? "" : name.slice(0, name.search(/Tile\d+_(Ch|Sh)/));
}

function readName(name: string): TileName {
  const channel = /ch_?(\d{3,})/i.exec(name)?.[1];
  return parseTileName(name) ?? { name, order: 0, channel, side: undefined, rotation: undefined };
}

function nothingFound(where: string): IsoluxError {
  return new IsoluxError({
    kind: "not-found",
    what: "The folder has no stacks of images",
    where,
    expected: "files that end in .tif, .tiff, .btf, .tf2, .tf8 or .raw",
  });
}

function several(names: readonly string[], where: string): IsoluxError {
  const first = names[0]!;
  const isOther = (name: string) =>
    pageFormat(name) !== pageFormat(first) || acquisitionOf(name) !== acquisitionOf(first);
  return new IsoluxError({
    kind: "invalid",
    what: "The folder holds the files of several acquisitions",
    where,
    found: `${first} and ${names.find(isOther)}`,
    advice: "Name one file of the acquisition to read; the others are found",
  });
}

/**
 * The metadata of each file, or `undefined` where there are none. They lie beside it in `<file>_meta.txt`, or in one
 * `_meta.txt` for several files, in which the path of the file or else the laser tells which block is whose.
 * @throws IsoluxError `corrupt`, `storage`
 */
export async function readPageMetadata(store: ReadableStore, files: PageFiles): Promise<(MetaBlock | undefined)[]> {
  const { folder, names, metaNames } = files;
  const own = await Promise.all(names.map(({ name }) => readMetaText(store, joinKey(folder, `${name}_meta.txt`))));
  if (own.every((blocks) => blocks !== undefined)) return own.map((blocks) => blocks.at(-1));
  const ofOthers = new Set(names.map(({ name }) => `${name}_meta.txt`));
  const isCommon = (name: string) =>
    !ofOthers.has(name) && pageFormat(name.slice(0, -"_meta.txt".length)) === files.format;
  const common = await Promise.all(
    (metaNames ?? []).filter(isCommon).map((name) => readMetaText(store, joinKey(folder, name))),
  );
  const blocks = common.flatMap((of) => of ?? []);
  return names.map((name, index) => own[index]?.at(-1) ?? blockOf(name, names, blocks));
}

function blockOf(name: TileName, names: readonly TileName[], blocks: readonly MetaBlock[]): MetaBlock | undefined {
  const described = blocks.filter((block) => fileName(block.find("", "Metadata for file")) === name.name);
  if (described.length > 0) return described.at(-1);
  const isAlone = names.filter(({ channel }) => channel === name.channel).length === 1;
  const ofLaser = blocks.filter((block) => block.find("CFG", "Laser") !== undefined && block.channel === name.channel);
  return isAlone && ofLaser.length === 1 ? ofLaser[0] : undefined;
}

/** Of a path on a computer with Windows or another. */
function fileName(path: string | undefined): string | undefined {
  return path?.split(/[\\/]/).at(-1);
}
