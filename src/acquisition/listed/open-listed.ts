/**
 * Opens stacks and planes in files of any microscope: by a list of positions (`tiles.csv`, `TileConfiguration.txt`), by the
 * names of files or folders, or by what OME-TIFF files say of themselves.
 */
import { IsoluxError } from "../../errors.ts";
import { tooLarge } from "../../limits.ts";
import { joinKey, keyName, type ReadableStore, type StoreEntry } from "../../zarr/store.ts";
import type { SourceObjects } from "../acquisition.ts";
import { parseTileName } from "../native/tile-name.ts";
import { isPlaneFile, OpenedFiles } from "../pages/plane-files.ts";
import { isOmeXml } from "../pages/stack-axes.ts";
import { pageReaderBytes, SourceCache } from "../source-cache.ts";
import type { Note, TileView } from "../tile-view.ts";
import { isBlazeFile, readBlaze } from "./blaze.ts";
import { filesOfPattern, parsePattern } from "./name-pattern.ts";
import { describedBy, readOmeTiff } from "./ome-tiff.ts";
import { stacksOfFiles } from "./patterned-stacks.ts";
import { openPlacedStacks, type PlacedStack } from "./placed-stacks.ts";
import type { HintName, StageAxes, TileHints } from "./stage-axes.ts";
import { isTileConfiguration, readTileConfiguration } from "./tile-configuration.ts";
import { type FoundStacks, findTileFolders, readTileFolders } from "./tile-folders.ts";
import { readTileList } from "./tile-list.ts";

/** Views with what they are read through. */
interface ListedViews {
  readonly views: readonly TileView[];
  readonly cache: SourceCache;
  readonly readerBytes: number;
  readonly objects: () => Promise<SourceObjects>;
  readonly stageAxes: StageAxes;
  readonly hintsTaken: readonly HintName[];
}

/** Where stacks are searched, and with what. */
interface Search {
  readonly store: ReadableStore;
  /** What was named: a folder or a file. */
  readonly key: string;
  /** The folder, that of the file where one was named. */
  readonly folder: string;
  /** The entries of the folder; none where the store cannot list. */
  readonly entries: readonly StoreEntry[];
  readonly hints: TileHints;
  readonly note: Note;
}

/** Tiles in all channels and from both sides: more than any acquisition has. */
const mostStacks = 100_000;
/** The most files on a server whose size and date are asked for: each is a request. */
const remoteSample = 512;

/**
 * Opens the views at a key: a folder, a list in it, or a file of it; `undefined` where it is none of these layouts. Of
 * planes in files of their own only the first of each tile is opened.
 * @throws IsoluxError `usage`, `invalid`, `not-found`, `corrupt`, `unsupported`, `storage`
 */
export async function openListed(
  store: ReadableStore,
  key: string,
  hints: TileHints,
  note: Note = () => undefined,
): Promise<ListedViews | undefined> {
  const found = await findStacks(store, key, hints, note);
  if (found === undefined) return undefined;
  if (found.stacks.length === 0) throw nothingFound(joinKey(store.location, key));
  if (found.stacks.length > mostStacks) {
    const count = String(found.stacks.length);
    throw tooLarge("There are more stacks than an acquisition has", joinKey(store.location, key), mostStacks, count);
  }
  const cache = new SourceCache();
  const { files = new OpenedFiles(store) } = found;
  const views = await openPlacedStacks(found.stacks, { store, hints, note, cache, files });
  return {
    views,
    cache,
    readerBytes: pageReaderBytes,
    objects: async () => objectsOf(store, found),
    stageAxes: hints.stageAxes ?? "y,x",
    hintsTaken: [
      ...(isNamedList(keyName(key)) ? [] : (["pattern"] as const)),
      "overlapYx",
      "pixelSizeUmZyx",
      "stageAxes",
    ],
  };
}

async function findStacks(
  store: ReadableStore,
  key: string,
  hints: TileHints,
  note: Note,
): Promise<FoundStacks | undefined> {
  const name = keyName(key);
  const isOneList = isNamedList(name);
  const isFile = isOneList || isPlaneFile(name) ? (await store.facts(key)) !== undefined : false;
  const folder = isFile ? key.slice(0, Math.max(0, key.length - name.length - 1)) : key;
  if (isOneList && isFile) return { stacks: await readList(store, key, note), documents: [key] };
  const entries = (await store.list(folder)) ?? [];
  const search: Search = { store, key, folder, entries, hints, note };
  if (hints.pattern !== undefined) return await byPattern(search, hints.pattern);
  const files = entries.filter(({ kind }) => kind === "object").map(({ name: one }) => one);
  const list = isFile ? undefined : listIn(files);
  if (list !== undefined) {
    const listKey = joinKey(folder, list);
    note(`Positions are those of ${list}`);
    return { stacks: await readList(store, listKey, note), documents: [listKey] };
  }
  return (
    (await byNames(search, isFile, files)) ??
    (isFile || files.some(isPlaneFile) ? await byTiff(search, isFile) : undefined)
  );
}

/** Whether a file that the user gives can be a list: those of Fiji have any name. */
function isNamedList(name: string): boolean {
  return /\.(csv|txt)$/i.test(name) && !/_meta\.txt$/i.test(name);
}

/** A user's own list counts before what the microscope wrote, which counts before what other programs did. */
function listIn(files: readonly string[]): string | undefined {
  const own = files.find((name) => /^tiles\.csv$/i.test(name));
  const isMesoSpims = files.some((name) => name.endsWith("_meta.txt"));
  return own ?? (isMesoSpims ? undefined : chooseConfiguration(files));
}

/** Of several lists that of registered positions, which are truer. */
function chooseConfiguration(names: readonly string[]): string | undefined {
  const lists = names.filter(isTileConfiguration);
  return lists.find((name) => /\.registered\.txt$/i.test(name)) ?? lists[0];
}

async function readList(store: ReadableStore, key: string, note: Note): Promise<readonly PlacedStack[]> {
  return /\.csv$/i.test(key) ? await readTileList(store, key, note) : await readTileConfiguration(store, key);
}

async function byPattern({ store, folder, hints, note }: Search, text: string): Promise<FoundStacks> {
  const pattern = parsePattern(text);
  const files = (await filesOfPattern(store, folder, pattern)).filter(({ key }) => isPlaneFile(keyName(key)));
  if (files.length === 0) throw await nothingFits(store, folder, text);
  const stacks = stacksOfFiles(files, {});
  const isGrid = pattern.fields.has("row") || pattern.fields.has("col");
  if (isGrid && hints.overlapYx === undefined) {
    note(
      "The overlap of the tiles is not known: they are placed side by side, and no overlaps are compared. " +
        "Give it with --overlap, such as 0.1 for a tenth of a tile",
      "warning",
    );
  }
  return { stacks, documents: [] };
}

/** The layouts of microscopes and programs that names of files and folders tell. */
async function byNames(search: Search, isFile: boolean, files: readonly string[]): Promise<FoundStacks | undefined> {
  const { store, key, folder, entries, hints } = search;
  const ofBlaze = isFile ? [keyName(key)].find(isBlazeFile) : files.find(isBlazeFile);
  if (ofBlaze !== undefined) {
    return { stacks: await readBlaze(store, folder, ofBlaze, hints), documents: [] };
  }
  const channels = isFile ? undefined : await findTileFolders(store, folder, entries);
  const found = channels === undefined ? undefined : await readTileFolders(store, folder, channels);
  // Folders of channels may hold tiles in other formats.
  return found === undefined || found.stacks.length === 0 ? undefined : found;
}

/** TIFF files that describe themselves: OME-TIFF, and ImageJ's hyperstacks of several channels. */
async function byTiff(
  { store, key, folder, entries, hints }: Search,
  isFile: boolean,
): Promise<FoundStacks | undefined> {
  const names = new Set(entries.map(({ name }) => name));
  const isOwn = (name: string) => parseTileName(name) !== undefined || names.has(`${name}_meta.txt`);
  const candidates = isFile ? [keyName(key)] : [...names].filter((name) => /\.(tiff?|btf|tf2|tf8)$/i.test(name));
  const tiffs = candidates.filter((name) => !isOwn(name) && isPlaneFile(name));
  const [first] = tiffs;
  const isMesoSpims = [...names].some((name) => name.endsWith("_meta.txt")) || tiffs.length < candidates.length;
  if (first === undefined || isMesoSpims || /\.raw$/i.test(first)) return undefined;
  if (/\.png$/i.test(first)) return oneFile(folder, first);
  const description = await describedBy(new OpenedFiles(store), joinKey(folder, first));
  if (isOmeXml(description)) return await readOmeTiff(store, folder, tiffs, description);
  const isHyperstack = /^ImageJ=/.test(description) && /^(channels|frames)=(?!1$)\d+$/m.test(description);
  const isAlone = tiffs.length === 1;
  return isAlone && (isHyperstack || hints.pixelSizeUmZyx !== undefined) ? oneFile(folder, first) : undefined;
}

function oneFile(folder: string, name: string): FoundStacks {
  const place = { kind: "grid" as const, rowColumn: [0, 0] as const };
  return { stacks: [{ name, files: { kind: "file", key: joinKey(folder, name) }, place }], documents: [] };
}

/** The files that are read: on a server a sample, spread over all. */
function objectsOf(store: ReadableStore, { stacks, documents }: FoundStacks): SourceObjects {
  const keys = new Set(
    stacks.flatMap(({ files }) => {
      if (files.kind === "file") return [files.key];
      if (files.kind === "planes") return files.keys;
      return [files.pages, ...(files.laterTimes ?? [])].flat().map(({ key }) => key);
    }),
  );
  const step = store.isRemote ? Math.max(1, Math.ceil(keys.size / remoteSample)) : 1;
  return { store, documents, pixels: [...keys].filter((_, n) => n % step === 0) };
}

function nothingFound(where: string): IsoluxError {
  return new IsoluxError({ kind: "not-found", what: "There are no stacks or planes of tiles", where });
}

async function nothingFits(store: ReadableStore, folder: string, pattern: string): Promise<IsoluxError> {
  const entries = (await store.list(folder)) ?? [];
  const shown = entries.slice(0, 3).map(({ name, kind }) => (kind === "folder" ? `${name}/` : name));
  return new IsoluxError({
    kind: "not-found",
    what: "No TIFF, PNG or RAW file has a name that fits the pattern",
    where: joinKey(store.location, folder),
    found: shown.length === 0 ? "an empty folder" : `${entries.length} names such as ${shown.join(", ")}`,
    expected: pattern,
    advice: "A field stands for one number or word, * for any letters, and folders are parted by /",
  });
}
