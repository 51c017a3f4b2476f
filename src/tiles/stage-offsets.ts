/** Distances on the stage that have lost their signs, and what tells these. */
import type { Yx } from "../shapes.ts";
import type { PlacedOnStage } from "./stage-layout.ts";

/**
 * The tile at 0, from which distances without a sign count. What lies before that tile on an axis falls onto what lies
 * behind it.
 */
export function originOfOffsets(placed: readonly PlacedOnStage[]): PlacedOnStage | undefined {
  return placed.find(({ stageUmYx }) => stageUmYx[0] === 0 && stageUmYx[1] === 0);
}

/**
 * Offsets with the signs that the mosaic tells: those of tiles above (left of) the origin are negative. Tiles in the
 * origin's own row or column keep what they have, which is little.
 */
export function signsByPlace(placed: readonly PlacedOnStage[], origin: PlacedOnStage): Yx[] {
  return placed.map(({ stageUmYx, placeYx }) => {
    const [y, x] = stageUmYx.map((um, axis) => (placeYx[axis]! < origin.placeYx[axis]! ? 0 - um : um));
    return [y!, x!];
  });
}

/** Whether the table goes down one column after the other, as that of the reference's converter does. */
export function isInOrder(placed: readonly PlacedOnStage[]): boolean {
  return placed.every(({ stageUmYx: [y, x] }, index) => {
    const [beforeY, beforeX] = placed[index - 1]?.stageUmYx ?? [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    return x > beforeX || (x === beforeX && y > beforeY);
  });
}

/**
 * Offsets with the signs that the order of the table tells, which is that of the reference's converter: column after
 * column, each from above to below. Its mosaics do not tell, since it misplaces tiles where columns differ in length.
 * `undefined` where the order is another, or does not tell. Columns count as being without gaps.
 */
export function signsByOrder(placed: readonly PlacedOnStage[]): Yx[] | undefined {
  const signed: Yx[] = [];
  let before: readonly number[] = [];
  for (let start = 0; start < placed.length; ) {
    const x = placed[start]!.stageUmYx[1];
    const length = placed.slice(start).findIndex(({ stageUmYx }) => stageUmYx[1] !== x);
    const stop = length < 0 ? placed.length : start + length;
    const column = signedColumn(
      placed.slice(start, stop).map(({ stageUmYx }) => stageUmYx[0]),
      before,
    );
    if (column === undefined || (start > 0 && x < placed[start - 1]!.stageUmYx[1])) return undefined;
    signed.push(...column.map((y): Yx => [y, x]));
    before = column;
    start = stop;
  }
  return signed;
}

/** Distances down a column, negative up to the origin's row. A single tile lies in a row of the column before. */
function signedColumn(distances: readonly number[], before: readonly number[]): number[] | undefined {
  const [first, second] = distances;
  const originRow = distances.indexOf(0);
  const isAbove = (index: number) => {
    if (originRow >= 0) return index < originRow;
    return second === undefined ? before.includes(0 - first!) : second < first!;
  };
  const ys = distances.map((y, index) => (isAbove(index) ? 0 - y : y));
  const isUnclear = originRow < 0 && second === undefined && before.includes(first!) === before.includes(0 - first!);
  return isUnclear || ys.some((y, index) => index > 0 && y <= ys[index - 1]!) ? undefined : ys;
}
