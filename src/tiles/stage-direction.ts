import { mapAxes } from "../shapes.ts";
import type { Tile } from "./tile.ts";

/**
 * Tiles with stage positions that grow with rows and columns. A stage moves the sample, so what it tells falls where
 * tiles lie further down or right; some tables hold that, others offsets that grow. Which it is shows in the tiles: an
 * axis along which position and place in the mosaic run against each other is turned round.
 */
export function followMosaic(tiles: readonly Tile[]): Tile[] {
  const directions = [0, 1].map((axis) => (runsAgainst(tiles, axis as 0 | 1) ? -1 : 1));
  if (directions.every((direction) => direction === 1)) return [...tiles];
  return tiles.map((tile) => {
    const { stagePositionUmYx } = tile;
    if (stagePositionUmYx === undefined) return tile;
    const turned = mapAxes(stagePositionUmYx, (position, axis) => 0 + directions[axis]! * position);
    return { ...tile, stagePositionUmYx: turned };
  });
}

/** Whether the covariance of place and position is negative. */
function runsAgainst(tiles: readonly Tile[], axis: 0 | 1): boolean {
  const pairs = tiles.flatMap(({ box, stagePositionUmYx }) =>
    stagePositionUmYx === undefined ? [] : [{ place: box.start[axis + 1]!, position: stagePositionUmYx[axis] }],
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [place, position] = [mean(pairs.map((pair) => pair.place)), mean(pairs.map((pair) => pair.position))];
  return pairs.reduce((sum, pair) => sum + (pair.place - place) * (pair.position - position), 0) < 0;
}
