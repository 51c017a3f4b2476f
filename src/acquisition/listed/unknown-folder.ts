/** What a folder looks like that is no layout which Isolux knows, and the nearest way to have it read. */
import { IsoluxError } from "../../errors.ts";
import { formatCount } from "../../quantities.ts";
import { joinKey, keyName, type ReadableStore, type StoreEntry } from "../../zarr/store.ts";
import { decodeText } from "../decode-text.ts";
import { parseTileName } from "../native/tile-name.ts";
import { isPlaneFile } from "../pages/plane-files.ts";
import type { Note } from "../tile-view.ts";
import { isBlazeFile } from "./blaze.ts";
import { isTileConfiguration } from "./tile-configuration.ts";
import { findTileFolders } from "./tile-folders.ts";

/** Files of microscopes that Isolux does not read itself, and what converts them. */
const ofOthers = /\.(czi|lif|nd2|oir|oib|vsi|lsm|ims|zvi|scn|stk|dv)$/i;

/** Folders that are looked into, and levels of them: enough to say what is there. */
const [mostFolders, mostLevels] = [40, 4];

/** Acquisitions that are named where a folder holds several. */
const mostNamed = 20;

/** What was seen below a folder. */
interface Seen {
  readonly planes: string[];
  readonly others: string[];
  /** OME-Zarr images and folders with acquisitions of their own. */
  readonly images: string[];
  folders: number;
  isWhole: boolean;
}

/** Refuses files without the microscope's names and metadata, which may be in a layout that is not known. */
export async function refusePages(store: ReadableStore, key: string, error: unknown): Promise<never> {
  const isUnplaced = error instanceof IsoluxError && (error.kind === "not-found" || error.kind === "invalid");
  const names = isUnplaced ? ((await store.list(key)) ?? []).map(({ name }) => name) : [];
  const isOwn = names.some((name) => name.endsWith("_meta.txt") || parseTileName(name) !== undefined);
  if (names.length === 0 || isOwn) throw error;
  return await refuseFolder(store, key, error);
}

/** @throws IsoluxError that says what is there instead of an image, and how it could be read; else the given one */
export async function refuseFolder(store: ReadableStore, key: string, error: unknown): Promise<never> {
  throw (error instanceof IsoluxError && (await unknownFolder(store, key, error))) || error;
}

/**
 * The error for a folder or file that is nothing Isolux reads; `undefined` where nothing in it is like a picture.
 * @param cause what opening it as an image said
 */
async function unknownFolder(store: ReadableStore, key: string, cause: IsoluxError): Promise<IsoluxError | undefined> {
  const where = joinKey(store.location, key);
  if (ofOthers.test(key) && (await store.facts(key)) !== undefined) return toConvert(keyName(key), where, cause);
  // Of images and plates the cause names what is in them already; of what is damaged it does not.
  const isExplained = cause.kind !== "corrupt" && cause.advice !== undefined;
  const acquisitions = isExplained ? [] : await acquisitionsIn(store, key);
  if (acquisitions.length > 0) return toChoose(acquisitions, where, cause);
  const seen: Seen = { planes: [], others: [], images: [], folders: 0, isWhole: true };
  await look(store, key, "", seen, 0);
  if (seen.others.length > 0 && seen.planes.length === 0) return toConvert(seen.others[0]!, where, cause);
  if (seen.planes.length > 0) return toList(seen, where, cause);
  return seen.images.length > 0 && !isExplained ? toChoose(seen.images, where, cause) : undefined;
}

/** What in a folder can be opened by itself: images, folders in a layout that is known, projects by their XML files. */
async function acquisitionsIn(store: ReadableStore, key: string): Promise<string[]> {
  const entries = ((await store.list(key)) ?? []).filter(({ name }) => !name.startsWith("."));
  const names = new Set(entries.map(({ name }) => name));
  // An image beside planes is more likely what was made of these
  const mayBeImage = !entries.some(({ name, kind }) => kind === "object" && isPlaneFile(name));
  const found: string[] = [];
  let folders = 0;
  for (const { name, kind } of entries) {
    const place = joinKey(key, name);
    if (kind === "object") {
      const isImage = /\.(h5|hdf5|ozx|zarr\.zip)$/i.test(name);
      if (mayBeImage && (isImage || (await isProject(store, place, names)))) found.push(name);
    } else if (/\.zarr$/i.test(name)) {
      if (mayBeImage) found.push(name);
    } else if (folders++ < mostFolders && (await isKnownFolder(store, place))) found.push(name);
  }
  return found;
}

async function isKnownFolder(store: ReadableStore, folder: string): Promise<boolean> {
  const entries = (await store.list(folder)) ?? [];
  const isTile = (entry: StoreEntry) => isBlazeFile(entry.name) || parseTileName(entry.name) !== undefined;
  if (entries.some((entry) => isKnownList(entry.name) || isTile(entry))) return true;
  return (await findTileFolders(store, folder, entries)) !== undefined;
}

/** Whether a file's name is that of a list of tiles which is taken unasked. */
function isKnownList(name: string): boolean {
  return /^tiles\.csv$/i.test(name) || isTileConfiguration(name);
}

/** Whether a file describes a project of BigStitcher whose data are not listed themselves, as those in HDF5 and OME-Zarr are. */
async function isProject(store: ReadableStore, key: string, beside: ReadonlySet<string>): Promise<boolean> {
  const stem = /^(.*)\.xml$/i.exec(keyName(key))?.[1];
  if (stem === undefined || beside.has(stem) || beside.has(`${stem}.h5`)) return false;
  const start = await store.getRange(key, { kind: "slice", offset: 0, length: 4096 });
  return start !== undefined && decodeText(start).includes("<SpimData");
}

async function look(store: ReadableStore, root: string, below: string, seen: Seen, level: number): Promise<void> {
  const entries: readonly StoreEntry[] = (await store.list(joinKey(root, below))) ?? [];
  for (const { name, kind } of entries) {
    if (kind === "folder") continue;
    if (isPlaneFile(name)) seen.planes.push(joinKey(below, name));
    else if (ofOthers.test(name) || /\.(h5|hdf5)$/i.test(name)) seen.others.push(joinKey(below, name));
  }
  for (const { name, kind } of entries) {
    if (kind !== "folder" || name.startsWith(".")) continue;
    if (/\.zarr$/i.test(name)) seen.images.push(joinKey(below, name));
    else if (seen.folders >= mostFolders || level >= mostLevels) seen.isWhole = false;
    else {
      seen.folders++;
      await look(store, root, joinKey(below, name), seen, level + 1);
    }
  }
}

function toList({ planes, folders, isWhole }: Seen, where: string, cause: IsoluxError): IsoluxError {
  const count = `${isWhole ? "" : "at least "}${formatCount(planes.length, "file")}`;
  const endings = [...new Set(planes.map((name) => /\.\w+$/.exec(name)![0].toLowerCase()))].slice(0, 3).join(", ");
  const within = folders === 0 ? "" : ` in ${formatCount(folders, "folder")}`;
  const middle = planes[Math.floor(planes.length / 2)]!;
  const shown = [...new Set([planes[0]!, middle, planes.at(-1)!])].join(", ");
  return new IsoluxError({
    kind: "not-found",
    what: "These are stacks or planes in a layout that Isolux does not know",
    where,
    found: `${count} (${endings})${within}, such as ${shown}`,
    advice:
      `If names have the positions of tiles, describe them: --pattern "${patternLike(middle)}" --overlap 0.1 with the fields {row}, {col}, ` +
      "{x}, {y}, {z}, {channel}, {side} and {plane}. Else list the files with their positions in a tiles.csv in the folder " +
      "(file,channel,x,y,z in µm)",
    cause,
  });
}

/** What numbers are by what stands before them; the first of two with an x between them is a row. */
const fieldsBefore: readonly (readonly [RegExp, string])[] = [
  [/(?:^|[^a-z])(?:z|plane)[_ -]?$/i, "{plane}"],
  [/(?:^|[^a-z])(?:c|ch|channel)[_ -]?$/i, "{channel}"],
  [/\d ?x ?$/i, "{col}"],
];

/** A name with fields for its last numbers: a beginning, to be mended. */
function patternLike(name: string): string {
  const [folders, file] = [name.slice(0, name.lastIndexOf("/") + 1), keyName(name)];
  const ending = /(\.ome)?\.\w+$/i.exec(file)?.[0] ?? "";
  const fields = ["{plane}", "{col}", "{row}"];
  const stem = file.slice(0, file.length - ending.length);
  const numbers = [...stem.matchAll(/\d+/g)].reverse();
  const told = numbers.map(({ index }) => fieldsBefore.find(([before]) => before.test(stem.slice(0, index)))?.[1]);
  for (const [n, field] of told.entries()) if (field === "{col}" && n + 1 < told.length) told[n + 1] = "{row}";
  const left = fields.filter((field) => !told.includes(field));
  let pattern = stem;
  for (const [n, { index, 0: digits }] of numbers.entries()) {
    const field = told.indexOf(told[n]) === n && told[n] !== undefined ? told[n] : left.shift();
    if (field === undefined) continue;
    pattern = pattern.slice(0, index) + field + pattern.slice(index + digits.length);
  }
  return `${folders.replaceAll(/[^/]+/g, "*")}${pattern}${ending}`;
}

function toConvert(name: string, where: string, cause: IsoluxError): IsoluxError {
  const image = keyName(name).replace(/\.\w+$/, ".zarr");
  const isImaris = /\.(ims|h5|hdf5)$/i.test(name);
  return new IsoluxError({
    kind: "unsupported",
    what: `The format of ${keyName(name)} is not read here`,
    where,
    advice: isImaris
      ? "Name the file itself; if that fails, convert it to OME-Zarr"
      : `Convert it with bioformats2raw, and open what it writes: bioformats2raw ${keyName(name)} ${image}`,
    cause,
  });
}

function toChoose(images: readonly string[], where: string, cause: IsoluxError): IsoluxError {
  return new IsoluxError({
    kind: "not-found",
    what: "This is a folder of acquisitions, not an acquisition",
    where,
    found: `${formatCount(images.length, "acquisition")}: ${images.slice(0, mostNamed).join(", ")}${images.length > mostNamed ? ", ..." : ""}`,
    advice: `Give one of them, such as ${where}/${images[0]}`,
    cause,
  });
}

const documents = new Set([".zgroup", ".zattrs", "zarr.json"]);

/**
 * Whether a folder is an OME-Zarr group, or holds more Imaris files or OME-Zarr tiles than pictures, and no list or metadata
 * of these.
 * @param note called about pictures that are left out
 */
export async function arePicturesStray(store: ReadableStore, key: string, note: Note): Promise<boolean> {
  const entries = (await store.list(key)) ?? [];
  const files = entries.filter(({ kind }) => kind === "object").map(({ name }) => name);
  if (files.some((name) => isKnownList(name) || name.endsWith("_meta.txt"))) return false;
  const pictures = files.filter(isPlaneFile).length;
  const imaris = files.filter((name) => /\.ims$/i.test(name) && !name.startsWith(".")).length;
  const groups = entries.filter(({ name, kind }) => kind === "folder" && /\.zarr$/i.test(name)).length;
  const areStray = files.some((name) => documents.has(name)) || imaris > pictures || groups > pictures;
  if (areStray && pictures > 0) note(`Left out: ${formatCount(pictures, "picture")} beside the images`);
  return areStray;
}
