/**
 * Opens proxies: images without pixels that the reference's "prepare" step makes for a native acquisition, with a
 * manifest that names the tiles.
 */
import { IsoluxError } from "../../errors.ts";
import { formatShape, type Zyx } from "../../shapes.ts";
import { isJsonObject, type JsonObject, readJson } from "../../zarr/json.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { Note, TileView } from "../tile-view.ts";
import { isNativeOmeZarr, openNativeOmeZarr } from "./native-omezarr.ts";

/** How a proxy's acquisition is opened outside of its store. */
interface ProxyAccess {
  /** A store that begins at the folder of that absolute path; without it, only the proxy's own store is searched. */
  readonly openFolder?: (path: string) => ReadableStore;
  readonly note?: Note;
  /** Called with the location of the proxy's acquisition. */
  readonly onSource?: (store: ReadableStore, key: string) => void;
}

/** A folder in a store. */
interface Place {
  readonly store: ReadableStore;
  readonly key: string;
}

/** Whether the image `key` is a proxy. @throws IsoluxError `corrupt` where its manifest is not JSON */
export async function isProxy(store: ReadableStore, key: string): Promise<boolean> {
  return isProxyManifest(await readJson(store, joinKey(key, manifestName)));
}

/**
 * Opens the acquisition of a proxy: the views that its manifest names, in the order of tiles and within them of
 * channels. The manifest's absolute path is often one of another computer; then the acquisition is searched by its name
 * in the folders above the proxy.
 * @throws IsoluxError `not-found` where the acquisition or a tile of it is missing, `invalid` where it differs from the
 * manifest's description, `corrupt`
 */
export async function openProxy(store: ReadableStore, key: string, access: ProxyAccess = {}): Promise<TileView[]> {
  const where = `${joinKey(store.location, key)}/${manifestName}`;
  const document = await readJson(store, joinKey(key, manifestName));
  if (document === undefined) {
    throw new IsoluxError({
      kind: "not-found",
      what: "The proxy's manifest is missing",
      where,
      advice: "Prepare the acquisition again, or give the folder of its tiles",
    });
  }
  const manifest = parseProxyManifest(document, where);
  const source = await findSource(manifest.source, store, key, access);
  access.onSource?.(source.store, source.key);
  const views = await openNativeOmeZarr(source.store, source.key, access.note);
  return selectViews(views, manifest, joinKey(source.store.location, source.key));
}

async function findSource(source: string, store: ReadableStore, key: string, access: ProxyAccess): Promise<Place> {
  const image = slashes(joinKey(store.location, key));
  const name = slashes(source).replace(/\/+$/, "").split("/").at(-1)!;
  // The image is a folder of the proxy's container: the source is beside that, or further up.
  const folders = parentsOf(image).slice(1);
  for (const path of [slashes(source), ...folders.map((folder) => `${folder}/${name}`)]) {
    const place = placeAt(path, store, access);
    if (place !== undefined && (await isNativeOmeZarr(place.store, place.key))) return place;
  }
  throw new IsoluxError({
    kind: "not-found",
    what: "The acquisition that the proxy stands for is not there",
    where: image,
    found: `no tiles at ${source}, nor in a folder ${name} beside the proxy (${folders[0] ?? image}) or above`,
    advice: `Move ${name}, with its _meta.txt files, into the folder that holds the proxy`,
  });
}

/** A folder in the proxy's store, or else in one that begins above it, where its metadata are. */
function placeAt(path: string, store: ReadableStore, { openFolder }: ProxyAccess): Place | undefined {
  const root = `${slashes(store.location)}/`;
  if (path.startsWith(root)) return { store, key: path.slice(root.length) };
  const end = path.lastIndexOf("/");
  if (openFolder === undefined || end < 0) return undefined;
  return { store: openFolder(path.slice(0, end) || "/"), key: path.slice(end + 1) };
}

/** The folders above a path, the nearest first. */
function parentsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, n) => parts.slice(0, parts.length - 1 - n).join("/")).filter((parent) => parent !== "");
}

function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}

function selectViews(views: readonly TileView[], manifest: ProxyManifest, where: string): TileView[] {
  // The "prepare" step replaces spaces in names by underscores.
  const noted = (name: string) => name.replaceAll(" ", "_");
  const byName = new Map(views.map((view) => [noted(view.name), view]));
  return manifest.tiles.map((tile) => {
    const view = byName.get(noted(tile));
    if (view !== undefined) return checkedView(view, manifest, where);
    throw new IsoluxError({
      kind: "not-found",
      what: "A tile that the proxy's manifest names is missing or incomplete",
      where: `${where}/${tile}`,
      advice: "Put it back, or prepare the acquisition again",
    });
  });
}

function checkedView(view: TileView, { tileShapeZyx, type }: ProxyManifest, where: string): TileView {
  const full = view.levels[0]!;
  const found = `${formatShape(full.shapeZyx)} ${full.type}`;
  const expected = `${formatShape(tileShapeZyx)} ${type}`;
  if (found === expected) return view;
  throw new IsoluxError({
    kind: "invalid",
    what: "A tile differs from the proxy's manifest",
    where: `${where}/${view.name}`,
    found,
    expected,
    advice: "Prepare the acquisition again",
  });
}

/** The manifest's key below the proxy. */
const manifestName = "proxy_manifest.json";

const manifestType = "mesospim_proxy_v1";

/** The description of the acquisition in a proxy's manifest. */
interface ProxyManifest {
  /** The acquisition's absolute path on the computer on which the proxy was made. */
  readonly source: string;
  readonly tileShapeZyx: Zyx;
  /** The pixel type's name in NumPy. */
  readonly type: string;
  /** The names of the tiles' groups, tile by tile, within a tile in the order of channels. */
  readonly tiles: readonly string[];
}

/** Whether a document is a manifest of the supported type. */
function isProxyManifest(document: JsonObject | undefined): boolean {
  return isJsonObject(document?.manifest) && document.manifest.type === manifestType;
}

/** Reads a manifest. @throws IsoluxError `unsupported` where it is of another type, `corrupt` */
function parseProxyManifest(document: JsonObject, where: string): ProxyManifest {
  const manifest = isJsonObject(document.manifest) ? document.manifest : {};
  if (manifest.type !== manifestType) {
    throw new IsoluxError({
      kind: "unsupported",
      what: "The proxy's manifest is of a type that Isolux does not know",
      where,
      found: JSON.stringify(manifest.type) ?? "none",
      expected: manifestType,
    });
  }
  const { source_omezarr: source, tile_shape_zyx: shape, dtype: type } = manifest;
  if (typeof source !== "string" || source === "") throw wrongEntry("source_omezarr", source, "a path", where);
  if (!isShape(shape)) throw wrongEntry("tile_shape_zyx", shape, "three extents", where);
  if (typeof type !== "string") throw wrongEntry("dtype", type, "a pixel type", where);
  return { source, tileShapeZyx: shape, type, tiles: parseTiles(manifest.tiles, where) };
}

/** The tiles are listed by channel, then by row, then by column. */
function parseTiles(tiles: unknown, where: string): string[] {
  const rows = isJsonObject(tiles) ? Object.values(tiles).flat() : [];
  const entries = rows.flat().map((entry: unknown) => {
    if (!isJsonObject(entry) || typeof entry.store_relpath !== "string") {
      throw wrongEntry("tiles", entry, "the name of a tile's group as store_relpath", where);
    }
    return { name: entry.store_relpath, order: [Number(entry.tile_id), Number(entry.channel_index)] as const };
  });
  if (entries.length === 0) throw wrongEntry("tiles", tiles, "tiles by channel, row and column", where);
  return entries.sort((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1]).map(({ name }) => name);
}

function isShape(value: unknown): value is Zyx {
  return Array.isArray(value) && value.length === 3 && value.every((extent) => Number.isSafeInteger(extent));
}

function wrongEntry(name: string, value: unknown, expected: string, where: string): IsoluxError {
  return new IsoluxError({
    kind: "corrupt",
    what: `The proxy's manifest has no usable ${name}`,
    where,
    found: JSON.stringify(value)?.slice(0, 100) ?? "nothing",
    expected,
    advice: "Make the proxy again",
  });
}
