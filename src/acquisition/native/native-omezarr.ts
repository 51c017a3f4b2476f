/**
 * Acquisitions as mesoSPIM-control writes them in OME-Zarr: a folder with one group per tile, channel, side and rotation,
 * or with all channels of a tile in one group (axes t, c, z, y, x), and their `_meta.txt` files beside the folder.
 */
import { IsoluxError } from "../../errors.ts";
import type { Zyx } from "../../shapes.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { TilesFolder } from "../acquisition.ts";
import type { Note } from "../note.ts";
import type { TileView } from "../tile-view.ts";
import { namesByXml, withXml } from "./names-by-xml.ts";
import { stagePositions } from "./stage-positions.ts";
import { readTileGroups, type TileGroup } from "./tile-group.ts";
import { compareTileNames, isOwnName, nameSome, parseTileName, type TileName } from "./tile-name.ts";

/** Whether the folder `key` holds groups that are named as the microscope names tiles; the store must be able to list. */
export async function isNativeOmeZarr(store: ReadableStore, key: string): Promise<boolean> {
  return (await tileNames(store, key)).length > 0;
}

/**
 * Opens the views of an acquisition, in the order of tiles and within them of names. No pixel is read.
 * @param key the folder; the store should begin above it, as the `_meta.txt` files lie beside it
 * @throws IsoluxError `not-found` where there is no tile, `invalid` where none is complete, `corrupt`, `unsupported`
 */
export async function openNativeOmeZarr(
  store: ReadableStore,
  key: string,
  note: Note = () => undefined,
): Promise<TileView[]> {
  const names = await tileNames(store, key);
  if (names.length > 0) return await openExplained({ store, key }, names, note);
  throw new IsoluxError({
    kind: "not-found",
    what: "The folder holds no tiles of a mesoSPIM acquisition",
    where: joinKey(store.location, key),
    expected: "groups named like Mag2_Tile0_Ch488_Flt515LP_Sh0_Rot0.ome.zarr",
  });
}

/**
 * Opens the views in groups of which the names are known, in their order. No pixel is read.
 *
 * An acquisition that was aborted ends with a tile that has no pixels or too few planes. Such tiles are left out, with a
 * note: the others are worth correcting, and to ask for the removal of raw data would be worse. Levels that are missing
 * at the coarse end, which are made last, are no loss.
 *
 * @throws IsoluxError `invalid` where none is complete, `corrupt`, `unsupported`
 */
export async function openTileGroups(folder: TilesFolder, names: readonly TileName[], note: Note): Promise<TileView[]> {
  const { store, key } = folder;
  const where = joinKey(store.location, key);
  const found = await Promise.all(names.map((name) => readTileGroups(store, key, name)));
  const groups = completeGroups(names, found, note);
  if (groups.length === 0) {
    throw new IsoluxError({
      kind: "invalid",
      what: "No tile of the acquisition has pixels",
      where,
      found: `${names.length} groups without resolution levels`,
      advice: "Wait until the acquisition, or the copying of it, has ended",
    });
  }
  const { positions, notes } = stagePositions(groups, where);
  for (const text of notes) note(text);
  return groups.map((group, n) => {
    const place = { folder, name: group.name.name, channel: group.index };
    return { ...viewOf(group, positions[n], `${where}/${group.name.name}`), group: place };
  });
}

async function tileNames(store: ReadableStore, key: string): Promise<TileName[]> {
  // Where the store cannot list, a folder is not known to be an acquisition.
  const folders = ((await store.list(key)) ?? []).filter((entry) => entry.kind === "folder");
  const names = folders.map(({ name }) => parseTileName(name)).filter((name) => name !== undefined);
  return names.sort(compareTileNames);
}

/**
 * Opens groups whose names say nothing but an order, with what an XML file of BigStitcher beside the folder says of them;
 * others as they are.
 */
async function openExplained(folder: TilesFolder, names: readonly TileName[], note: Note): Promise<TileView[]> {
  if (names.some(({ name }) => isOwnName(name))) return await openTileGroups(folder, names, note);
  const { findTilesXml } = await import("../bdv/find-tiles-xml.ts");
  const xml = await findTilesXml(folder, note);
  if (xml === undefined) return await openTileGroups(folder, names, note);
  const told = new Map(namesByXml(xml).map((one) => [one.name, one]));
  const explained = names.map((one) => told.get(one.name) ?? one);
  return await openTileGroups(withXml(folder, xml), explained, note);
}

function completeGroups(
  names: readonly TileName[],
  found: readonly (readonly TileGroup[])[],
  note: Note,
): readonly TileGroup[] {
  const missing = names.filter((_, n) => found[n]!.length === 0).map((name) => ({ name }));
  if (missing.length > 0) note(`Left out as they have no pixels: ${nameSome(missing)}`, "warning");
  const groups = found.flat();
  const depth = Math.max(...groups.map(depthOf));
  // All being shorter than asked for is no sign of an abort, but of metadata that count otherwise.
  const isAborted = (group: TileGroup) => depthOf(group) < depth && depthOf(group) < askedDepth(group);
  const aborted = groups.filter(isAborted);
  if (aborted.length > 0) note(`Left out as their acquisition was aborted: ${nameSome(aborted)}`, "warning");
  const lacking = groups.filter(({ levels, attributes }) => levels.length < attributes.levelPaths.length);
  if (lacking.length > 0) note(`Coarse resolution levels are missing in ${nameSome(lacking)}`);
  return groups.filter((group) => !isAborted(group));
}

function depthOf({ levels }: TileGroup): number {
  return levels[0]!.shapeZyx[0];
}

function askedDepth({ meta }: TileGroup): number {
  return meta?.find("POSITION", "z_planes") === undefined ? 0 : meta.planeCount;
}

function viewOf(group: TileGroup, stageUmZyx: Zyx | undefined, where: string): TileView {
  const { name, attributes, channel: own, levels, meta } = group;
  const has = (section: string, key: string) => meta?.find(section, key) !== undefined;
  const isOthers = name.setup !== undefined || parseTileName(name.name) === undefined;
  const channel = own ?? (meta?.channel || name.channel || (isOthers ? "channel_1" : undefined));
  if (channel === undefined) {
    throw new IsoluxError({
      kind: "not-found",
      what: "Nothing says with which laser a tile was taken",
      where,
      expected: "it in the group's name or in its _meta.txt beside the acquisition",
      advice: "If BigStitcher wrote the tiles, put its XML file beside their folder",
    });
  }
  return {
    name: own === undefined ? name.name : `${name.name}, channel ${own}`,
    channel,
    side: has("CFG", "Shutter") ? meta?.side : name.side,
    rotation: (has("POSITION", "rot") ? meta?.rotation : name.rotation) ?? 0,
    stageUmZyx,
    ...(meta?.runsDown === true && { runsDown: true }),
    pixelSizeUmZyx: attributes.pixelSizeUmZyx,
    levels,
    metadata: meta?.all ?? {},
  };
}
