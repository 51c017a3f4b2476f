/**
 * Opens acquisitions that mesoSPIM-control wrote in OME-Zarr: a folder with one group per tile, channel, side and
 * rotation, or with all channels of a tile in one group (axes t, c, z, y, x), and `_meta.txt` files beside the folder.
 */
import { IsoluxError } from "../../errors.ts";
import { formatCount } from "../../quantities.ts";
import { mapAxes, type Zyx } from "../../shapes.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { TilesFolder } from "../acquisition.ts";
import { registeredPositions } from "../bdv/view-registration.ts";
import type { Note, TileView } from "../tile-view.ts";
import { overTimes, type ViewAtTime } from "../time-points.ts";
import { completeStacks } from "./complete-stacks.ts";
import { processedBy } from "./meta.ts";
import { namesByXml, withXml } from "./names-by-xml.ts";
import { firstTimeOnly, readTileGroups, type TileGroup } from "./tile-group.ts";
import { compareTileNames, isOwnName, nameSome, parseTileName, type TileName } from "./tile-name.ts";

/** Whether the folder `key` contains groups with names as the microscope gives them; the store must be able to list. */
export async function isNativeOmeZarr(store: ReadableStore, key: string): Promise<boolean> {
  return (await tileNames(store, key)).length > 0;
}

/**
 * Opens the views of an acquisition, in the order of tiles and within them of names. No pixel is read.
 * @param key the folder; the store should begin above it, as the `_meta.txt` files are beside it
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
 * Opens the views in groups with known names, in their order. No pixel is read.
 *
 * An acquisition that was aborted ends with a tile that has no pixels or too few planes. Such tiles are left out, with
 * a note: the others are worth correcting, and users should not have to remove raw data. Missing levels at the coarse
 * end, which are made last, do not matter.
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
      found: `${formatCount(names.length, "group")} without resolution levels`,
      advice: "Wait until the acquisition, or the copying of it, has ended",
    });
  }
  const { positions, notes } = stagePositions(groups, where);
  for (const text of notes) note(text);
  const views = groups.map((group, n): ViewAtTime => {
    const { name, index } = group;
    const place = { group: { folder, name: name.name, channel: index } };
    const own = viewOf(group, positions[n], `${where}/${name.name}`);
    // A time lapse is written as a mosaic only
    const view = own.levelsOfTimes === undefined ? { ...own, ...place } : own;
    // A group that tells its number only is a view of its own
    const identity =
      name.time === undefined ? view.name : [name.order, view.channel, view.side, view.rotation].join(" ");
    return { time: name.time ?? 0, identity, view };
  });
  return overTimes(views, where);
}

async function tileNames(store: ReadableStore, key: string): Promise<TileName[]> {
  // Where the store cannot list, a folder is not known to be an acquisition.
  const folders = ((await store.list(key)) ?? []).filter((entry) => entry.kind === "folder");
  const names = folders.map(({ name }) => parseTileName(name)).filter((name) => name !== undefined);
  return names.sort(compareTileNames);
}

/**
 * Opens groups whose names contain only a number, with their description in an XML file of BigStitcher beside the
 * folder; others without it.
 */
async function openExplained(folder: TilesFolder, names: readonly TileName[], note: Note): Promise<TileView[]> {
  if (names.some(({ name }) => isOwnName(name))) return await openTileGroups(folder, names, note);
  const { findTilesXml } = await import("../bdv/tiles-xml.ts");
  const xml = await findTilesXml(folder, note);
  if (xml === undefined) return await openTileGroups(folder, names, note);
  if (xml.timepointCount > 1) note(`${firstTimeOnly(xml.timepointCount)}; the XML file opens all of them`, "warning");
  const stated = new Map(namesByXml(xml).map((one) => [one.name, one]));
  const explained = names.map((one) => stated.get(one.name) ?? one);
  return await openTileGroups(withXml(folder, xml), explained, note);
}

function completeGroups(
  names: readonly TileName[],
  found: readonly (readonly TileGroup[])[],
  note: Note,
): readonly TileGroup[] {
  const missing = names.filter((_, n) => found[n]!.length === 0).map((name) => ({ name }));
  if (missing.length > 0) note(`Skipped, because they have no pixels: ${nameSome(missing)}`, "warning");
  const groups = found.flat().map((group) => ({ ...group, depth: group.levels[0]!.shapeZyx[0] }));
  const complete = completeStacks(groups, note);
  const lacking = groups.filter(({ levels, attributes }) => levels.length < attributes.levelPaths.length);
  if (lacking.length > 0) note(`Coarse resolution levels are missing in ${nameSome(lacking)}`);
  return complete;
}

function viewOf(group: TileGroup, stageUmZyx: Zyx | undefined, where: string): TileView {
  const { name, attributes, channel: own, levels, levelsOfTimes, meta } = group;
  const has = (section: string, key: string) => meta?.find(section, key) !== undefined;
  const isOthers = name.setup !== undefined || parseTileName(name.name) === undefined;
  const channel = own ?? (meta?.channel || name.channel || (isOthers ? "channel_1" : undefined));
  if (channel === undefined) {
    throw new IsoluxError({
      kind: "not-found",
      what: "The laser of a tile is not known",
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
    ...(levelsOfTimes === undefined ? {} : { levelsOfTimes }),
    metadata: meta?.all ?? {},
    ...processedBy(meta),
  };
}

/** Positions are written with two decimals. */
const agreeingUm = 0.02;

/** The stage position of each tile, in the given order, with notes for the user. */
interface StagePositions {
  readonly positions: readonly (Zyx | undefined)[];
  readonly notes: readonly string[];
}

/**
 * The stage position of each tile, by the one source that has it for all: the microscope's metadata, or another's.
 * @param where the folder, for messages
 * @throws IsoluxError `unsupported` where another's registrations do more than move tiles
 */
function stagePositions(groups: readonly TileGroup[], where: string): StagePositions {
  const isOwn = groups.some(({ meta, name }) => meta?.isPlaced === true || isOwnName(name.name));
  return isOwn ? ownPositions(groups) : imagePositions(groups, where);
}

/**
 * Positions by the microscope. It writes the stage's position as the group's translation and into `_meta.txt`; the
 * reference's "prepare" step overwrites the translation by the tile's place in a mosaic. So `_meta.txt` has priority,
 * and where there is none, translations that look like places in a mosaic count as unknown: read as stage positions, of
 * which the largest are at the top left, they would invert the mosaic.
 *
 * Registrations in its XML file are used last: whether they have the stage's directions or the image's is a setting of
 * the microscope's software, whose default differs between versions.
 */
function ownPositions(groups: readonly TileGroup[]): StagePositions {
  const translations = groups.map(({ attributes }) => attributes.translationUmZyx);
  const fromMeta = groups.map(({ meta }) => (meta?.isPlaced ? meta.stageUmZyx : undefined));
  const differing = groups.filter((_, n) => !agree(fromMeta[n], translations[n]));
  const isMosaic = differing.length > 0 || arePlacesInMosaic(groups);
  const positions = groups.map((_, n) => fromMeta[n] ?? (isMosaic ? undefined : translations[n]));
  const unknown = groups.filter((_, n) => positions[n] === undefined);
  const notes: string[] = [];
  if (differing.length > 0) {
    notes.push(
      `The translations of ${nameSome(differing)} are not the stage positions of their _meta.txt, which are used instead`,
    );
  }
  if (unknown.length > 0) {
    const why = isMosaic ? ": the translations are places in a mosaic, and there is no _meta.txt" : "";
    notes.push(`The stage position is not known at ${nameSome(unknown)}${why}`);
  }
  return { positions, notes };
}

/**
 * Positions by other microscopes and programs, in the directions of the image: registrations of BigStitcher's XML file
 * where they differ between tiles, else translations. They are inverted, as on the stage the largest are at the top
 * left.
 */
function imagePositions(groups: readonly TileGroup[], where: string): StagePositions {
  const registered = positionsByXml(groups, where);
  const translated = groups.map(({ attributes }) => attributes.translationUmZyx);
  const places = registered ?? translated;
  const positions = places.map((place) => place && ([place[0], 0 - place[1], 0 - place[2]] as const));
  const unknown = groups.filter((_, n) => positions[n] === undefined);
  const notes: string[] = [];
  if (unknown.length > 0) notes.push(`Nothing says where ${nameSome(unknown)} lie`);
  if (registered !== undefined && !areAlike(registered, translated, groups[0]!.attributes.pixelSizeUmZyx)) {
    notes.push("The translations of the tiles are not the registrations of their XML file, which are used instead");
  }
  return { positions, notes };
}

/** `undefined` where a tile has none, or all have the same: no program has registered the tiles. */
function positionsByXml(groups: readonly TileGroup[], where: string): Zyx[] | undefined {
  const affines = groups.map(({ name }) => name.setup?.registration);
  if (affines.includes(undefined) || (groups.length > 1 && new Set(affines.map(String)).size === 1)) return undefined;
  const views = groups.map(({ name, levels }, n) => {
    return { affine: affines[n]!, shapeZyx: levels[0]!.shapeZyx, where: `${where}/${name.name}` };
  });
  return registeredPositions(views).map((px, n) => {
    return mapAxes(px, (place, axis) => place * groups[n]!.attributes.pixelSizeUmZyx[axis]!);
  });
}

/**
 * Whether two sets of positions are the same up to a shift, to a pixel; coordinates that both lack are taken from the
 * first tile.
 */
function areAlike(a: readonly Zyx[], b: readonly (Zyx | undefined)[], pixelSizeUmZyx: Zyx): boolean {
  const [first] = b;
  return b.every(
    (place, n) =>
      place === undefined ||
      first === undefined ||
      place.every((um, axis) => Math.abs(um - first[axis]! - (a[n]![axis]! - a[0]![axis]!)) <= pixelSizeUmZyx[axis]!),
  );
}

function agree(meta: Zyx | undefined, translation: Zyx | undefined): boolean {
  if (meta === undefined || translation === undefined) return true;
  return meta.every((position, axis) => Math.abs(position - translation[axis]!) <= agreeingUm);
}

/** Whether translations are whole multiples of the tile's extent: tiles of a real acquisition overlap. */
function arePlacesInMosaic(groups: readonly TileGroup[]): boolean {
  const isDistinct = new Set(groups.map(({ attributes }) => String(attributes.translationUmZyx))).size > 1;
  return isDistinct && groups.every(isPlaceInMosaic);
}

function isPlaceInMosaic({ attributes, levels }: TileGroup): boolean {
  const { translationUmZyx, pixelSizeUmZyx } = attributes;
  if (translationUmZyx === undefined || translationUmZyx[0] !== 0) return false;
  return [1, 2].every((axis) => {
    const tiles = translationUmZyx[axis]! / (levels[0]!.shapeZyx[axis]! * pixelSizeUmZyx[axis]!);
    return tiles >= 0 && Math.abs(tiles - Math.round(tiles)) < 1e-6;
  });
}
