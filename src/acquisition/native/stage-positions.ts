import type { Zyx } from "../../shapes.ts";
import type { TileGroup } from "./tile-group.ts";
import { nameSome } from "./tile-name.ts";

/** Positions are written with two decimals. */
const agreeingUm = 0.02;

/** Where the stage was at each tile, in the given order, and what is to be said of it. */
export interface StagePositions {
  readonly positions: readonly (Zyx | undefined)[];
  readonly notes: readonly string[];
}

/**
 * Where the stage was at each tile. The microscope writes it as the group's translation and into `_meta.txt`; the
 * reference's "prepare" step overwrites the translation by the tile's place in a mosaic. So the metadata win, and where
 * there are none, translations that look like places in a mosaic count as unknown: taken for stage positions, on which
 * the largest ones lie at the top left, they would turn the mosaic around.
 */
export function stagePositions(groups: readonly TileGroup[]): StagePositions {
  const translations = groups.map(({ attributes }) => attributes.translationUmZyx);
  const fromMeta = groups.map(({ meta }) => (meta?.sections.has("POSITION") ? meta.stageUmZyx : undefined));
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
