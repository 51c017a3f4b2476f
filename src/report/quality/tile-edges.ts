/** Measures steps of brightness where tiles touch in a mosaic. */

import { meanOf } from "../../statistics.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { Comparison } from "./changes.ts";
import type { FieldBlocks } from "./planes.ts";

/** Two tiles that touch in the mosaic: `second` lies below or to the right of `first`. */
interface TileEdge {
  readonly first: number;
  readonly second: number;
  readonly axis: 0 | 1;
}

/** The edges at which tiles touch along most of their length, tiles by number. */
export function touchingTiles(tiles: readonly Tile[]): TileEdge[] {
  return tiles.flatMap((first) =>
    tiles.flatMap((second) =>
      ([0, 1] as const)
        .filter((axis) => touches(first, second, axis))
        .map((axis) => ({ first: first.number, second: second.number, axis })),
    ),
  );
}

function touches({ box: a }: Tile, { box: b }: Tile, axis: 0 | 1): boolean {
  const [along, across] = [axis + 1, 2 - axis] as const;
  const shared = Math.min(a.stop[across]!, b.stop[across]!) - Math.max(a.start[across]!, b.start[across]!);
  return b.start[along] === a.stop[along] && shared > 0.8 * (a.stop[across]! - a.start[across]!);
}

/** A plane of a tile among others, by its index. */
interface PlaneOfTile {
  readonly tile: number;
  readonly plane: number;
}

/** Steps where tiles touch, and steps over the same distance inside of tiles, in counts. */
interface EdgeSteps {
  readonly comparisons: readonly Comparison[];
  /** Mean steps at edges over mean steps inside. */
  readonly strength: { readonly before: number; readonly after: number };
}

/** Compares the blocks on both sides of every edge, in all planes that both tiles have. */
export function measureEdges(
  edges: readonly TileEdge[],
  planes: readonly PlaneOfTile[],
  before: FieldBlocks,
  after: FieldBlocks,
  gain: number,
): EdgeSteps {
  const indices = new Map(planes.map(({ tile, plane }, n) => [`${tile} ${plane}`, n]));
  const comparisons: Comparison[] = [];
  for (const { first, second, axis } of edges) {
    const pairs = planes.flatMap(({ tile, plane }, n): [number, number][] => {
      const other = tile === first ? indices.get(`${second} ${plane}`) : undefined;
      return other === undefined ? [] : [[n, other]];
    });
    if (pairs.length === 0) continue;
    const stepOf = (blocks: FieldBlocks) => meanOf(pairs.map(([n, m]) => stepBetween(blocks, n, m, axis)));
    comparisons.push({ before: stepOf(before), after: stepOf(after) / gain });
  }
  const outside = (key: keyof Comparison) => meanOf(comparisons.map((comparison) => comparison[key]));
  const strength = {
    before: outside("before") / meanInnerStep(before),
    after: (outside("after") * gain) / meanInnerStep(after),
  };
  return { comparisons, strength };
}

/** Mean |last blocks of plane `n` - first blocks of plane `m`| along an axis. */
function stepBetween({ shapeYx: [down, across], means }: FieldBlocks, n: number, m: number, axis: 0 | 1): number {
  const size = down * across;
  let sum = 0;
  const length = axis === 0 ? across : down;
  for (let i = 0; i < length; i++) {
    const last = axis === 0 ? (down - 1) * across + i : i * across + across - 1;
    const first = axis === 0 ? i : i * across;
    sum += Math.abs(means[n * size + last]! - means[m * size + first]!);
  }
  return sum / length;
}

function meanInnerStep({ planeCount, shapeYx: [down, across], means }: FieldBlocks): number {
  let [sum, count] = [0, 0];
  for (let n = 0; n < planeCount; n++) {
    for (let y = 0; y + 1 < down; y++) {
      for (let x = 0; x + 1 < across; x++) {
        const at = (n * down + y) * across + x;
        sum += Math.abs(means[at + 1]! - means[at]!) + Math.abs(means[at + across]! - means[at]!);
        count += 2;
      }
    }
  }
  return sum / Math.max(1, count);
}
