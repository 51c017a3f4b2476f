/** From what a table says of stage positions to positions that can be true. */
import type { Yx } from "../shapes.ts";
import { followMosaic } from "./stage-direction.ts";
import { isLaidByCounting, isLaidInOrder, type PlacedOnStage, placedOnStage, sharedPlace } from "./stage-layout.ts";
import { isInOrder, originOfOffsets, signsByOrder, signsByPlace } from "./stage-offsets.ts";
import type { Tile } from "./tile.ts";

/** Tiles with the stage positions that are to be used, and what a user should know of these. */
export interface PositionedTiles {
  readonly tiles: readonly Tile[];
  readonly remark?: { readonly kind: "note" | "warning"; readonly text: string };
}

/**
 * Makes what a table says of stage positions usable: they grow with rows and columns, distances without a sign get
 * theirs, and positions that cannot be true are left out, since a wrong overlap is worse than none.
 *
 * The reference's converter writes distances from the first tile, or from the corner, and lays tiles by counting; others
 * write positions as the stage had them. Which it is shows in the order of the table and in the mosaic: the first
 * account of how the table came about that explains both is believed.
 * @param pixelSizeUmYx size of a full-resolution pixel in µm
 */
export function usablePositions(tiles: readonly Tile[], pixelSizeUmYx: Yx): PositionedTiles {
  const placed = placedOnStage(tiles);
  const isApart = (candidate: readonly PlacedOnStage[]) => sharedPlace(candidate, pixelSizeUmYx) === undefined;
  if (placed.some(({ stageUmYx }) => stageUmYx[0] < 0 || stageUmYx[1] < 0)) {
    return isApart(placed) ? { tiles: followMosaic(tiles) } : withoutPositions(tiles, placed, pixelSizeUmYx);
  }
  if (isInOrder(placed) && isApart(placed) && (isLaidInOrder(placed) || isLaidByCounting(placed))) return { tiles };
  const byOrder = atPositions(placed, signsByOrder(placed));
  if (byOrder !== undefined && isApart(byOrder) && isLaidByCounting(byOrder)) {
    return withPositions(tiles, byOrder, "order of the table");
  }
  const origin = originOfOffsets(placed);
  if (origin === undefined) {
    return isApart(placed) ? { tiles: followMosaic(tiles) } : withoutPositions(tiles, placed, pixelSizeUmYx);
  }
  const byPlace = atPositions(placed, signsByPlace(placed, origin))!;
  if (!isApart(byPlace) || !isLaidInOrder(byPlace)) return withoutPositions(tiles, placed, pixelSizeUmYx);
  return withPositions(tiles, byPlace, isSurrounded(placed, origin) ? "mosaic" : undefined);
}

function atPositions(placed: readonly PlacedOnStage[], positions: readonly Yx[] | undefined) {
  return positions?.map((stageUmYx, index): PlacedOnStage => ({ ...placed[index]!, stageUmYx }));
}

/** Whether tiles lie away from the origin on both sides of it, though nothing is negative. */
function isSurrounded(placed: readonly PlacedOnStage[], origin: PlacedOnStage): boolean {
  return ([0, 1] as const).some((axis) => {
    const away = placed.filter(({ stageUmYx }) => stageUmYx[axis] > 0);
    const steps = away.map(({ placeYx }) => placeYx[axis] - origin.placeYx[axis]);
    return steps.some((step) => step < 0) && steps.some((step) => step > 0);
  });
}

function withPositions(tiles: readonly Tile[], placed: readonly PlacedOnStage[], source?: string): PositionedTiles {
  const known = new Map(placed.map(({ tile, stageUmYx }) => [tile, stageUmYx]));
  const positioned = tiles.map((tile) => {
    const stagePositionUmYx = known.get(tile);
    return stagePositionUmYx === undefined ? tile : { ...tile, stagePositionUmYx };
  });
  if (source === undefined) return { tiles: positioned };
  const text = `The table of tiles gives distances on the stage without a sign: the ${source} tells their directions`;
  return { tiles: positioned, remark: { kind: "note", text } };
}

function withoutPositions(tiles: readonly Tile[], placed: readonly PlacedOnStage[], sizeUm: Yx): PositionedTiles {
  const twins = sharedPlace(placed, sizeUm)?.map(({ number, name }) => `${number} (${name})`);
  const reason =
    twins === undefined
      ? "they do not fit the rows and columns"
      : `tiles ${twins.join(" and ")} would lie in one place`;
  const text = `The stage positions in the table of tiles cannot be true, as ${reason}: they are not used, so nothing says which tiles overlap`;
  return {
    tiles: tiles.map(({ stagePositionUmYx: _, ...tile }) => tile),
    remark: { kind: "warning", text },
  };
}
