/**
 * Proxies: images without pixels that the reference's "prepare" step makes for a native acquisition, with a manifest
 * that names the tiles.
 */
import { IsoluxError } from "../../errors.ts";
import { formatShape } from "../../shapes.ts";
import { readJson } from "../../zarr/json.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { Note } from "../note.ts";
import type { TileView } from "../tile-view.ts";
import { isNativeOmeZarr, openNativeOmeZarr } from "./native-omezarr.ts";
import { isProxyManifest, manifestName, type ProxyManifest, parseProxyManifest } from "./proxy-manifest.ts";

/** How a proxy reaches folders outside of its store. */
export interface ProxyAccess {
  /** A store that begins at the folder of that absolute path; without it, only the proxy's own store is searched. */
  readonly openFolder?: (path: string) => ReadableStore;
  readonly note?: Note;
  /** Told where the acquisition is that the proxy stands for. */
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
 * Opens the views that a proxy stands for: those that its manifest names, from the acquisition itself, in the order of
 * tiles and within them of channels. The manifest's absolute path is often one of another computer; then the
 * acquisition is looked for, by its name, in the folders above the proxy.
 * @throws IsoluxError `not-found` where the acquisition or a tile of it is not there, `invalid` where it is another than
 *   the manifest describes, `corrupt`
 */
export async function openProxy(store: ReadableStore, key: string, access: ProxyAccess = {}): Promise<TileView[]> {
  const where = `${joinKey(store.location, key)}/${manifestName}`;
  const document = await readJson(store, joinKey(key, manifestName));
  if (document === undefined) throw new IsoluxError({ kind: "not-found", what: "The proxy has no manifest", where });
  const manifest = parseProxyManifest(document, where);
  const source = await findSource(manifest.source, store, key, access);
  access.onSource?.(source.store, source.key);
  const views = await openNativeOmeZarr(source.store, source.key, access.note);
  return selectViews(views, manifest, joinKey(source.store.location, source.key));
}

async function findSource(source: string, store: ReadableStore, key: string, access: ProxyAccess): Promise<Place> {
  const image = slashes(joinKey(store.location, key));
  const name = slashes(source).replace(/\/+$/, "").split("/").at(-1)!;
  // The image is a folder of the proxy's container: the source lies beside that, or further up.
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

/** A folder as reached through the proxy's store, or else through one that begins above it, where its metadata lie. */
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
  // Where names have spaces, the "prepare" step notes them with underscores.
  const noted = (name: string) => name.replaceAll(" ", "_");
  const byName = new Map(views.map((view) => [noted(view.name), view]));
  return manifest.tiles.map((tile) => {
    const view = byName.get(noted(tile));
    if (view !== undefined) return checkedView(view, manifest, where);
    throw new IsoluxError({
      kind: "not-found",
      what: "The acquisition lacks a tile that the proxy's manifest names, or it is incomplete",
      where: `${where}/${tile}`,
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
    what: "A tile is not the one that the proxy's manifest describes",
    where: `${where}/${view.name}`,
    found,
    expected,
    advice: "Prepare the acquisition anew",
  });
}
