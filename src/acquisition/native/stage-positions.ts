import { mapAxes, type Zyx } from "../../shapes.ts";
import { registeredPosition } from "../bdv/view-registration.ts";
import type { TileGroup } from "./tile-group.ts";
import { isOwnName, nameSome } from "./tile-name.ts";

/** Positions are written with two decimals. */
const agreeingUm = 0.02;

/** Where the stage was at each tile, in the given order, and what is to be said of it. */
export interface StagePositions {
  readonly positions: readonly (Zyx | undefined)[];
  readonly notes: readonly string[];
}

/**
 * Where the stage was at each tile, by the one source that tells it of all: the microscope's, or another's.
 * @param where the folder, for messages
 * @throws IsoluxError `unsupported` where another's registrations do more than move tiles
 */
export function stagePositions(groups: readonly TileGroup[], where: string): StagePositions {
  const isOwn = groups.some(({ meta, name }) => meta?.isPlaced === true || isOwnName(name.name));
  return isOwn ? ownPositions(groups) : imagePositions(groups, where);
}

/**
 * The microscope's own. It writes the stage's position as the group's translation and into `_meta.txt`; the
 * reference's "prepare" step overwrites the translation by the tile's place in a mosaic. So the metadata win, and where
 * there are none, translations that look like places in a mosaic count as unknown: taken for stage positions, on which
 * the largest ones lie at the top left, they would turn the mosaic around.
 *
 * Registrations in its XML file are the last to be asked: whether they have the stage's directions or the image's is a
 * setting of the microscope's software, whose default differs between versions.
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
    notes.push(`Nothing says where the stage was at ${nameSome(unknown)}${why}`);
  }
  return { positions, notes };
}

/**
 * Those of other microscopes and programs, in the directions of the image: registrations of BigStitcher's XML file where
 * they tell tiles apart, else translations. They are turned around, as on the stage the largest ones lie at the top left.
 */
function imagePositions(groups: readonly TileGroup[], where: string): StagePositions {
  const registered = registeredPositions(groups, where);
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

/** `undefined` where a tile has none, or all have the same: no program has put the tiles into their places. */
function registeredPositions(groups: readonly TileGroup[], where: string): Zyx[] | undefined {
  const affines = groups.map(({ name }) => name.setup?.registration);
  if (affines.includes(undefined) || (groups.length > 1 && new Set(affines.map(String)).size === 1)) return undefined;
  return groups.map(({ name, attributes, levels }, n) => {
    const { pixelSizeUmZyx } = attributes;
    const sizes = [pixelSizeUmZyx, name.setup?.voxelSizeUmZyx].filter((size) => size !== undefined);
    const px = registeredPosition(affines[n]!, sizes, levels[0]!.shapeZyx, `${where}/${name.name}`);
    return mapAxes(px, (place, axis) => place * pixelSizeUmZyx[axis]!);
  });
}

/** Whether tiles lie beside each other in the same way, to a pixel; what both leave open counts from the first tile. */
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
