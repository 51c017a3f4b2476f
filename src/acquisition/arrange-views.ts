/** Arranges tiles in rows and columns by their stage positions. */
import { IsoluxError } from "../errors.ts";
import { limits } from "../limits.ts";
import { formatShape, type Yx, type Zyx } from "../shapes.ts";
import type { IlluminationSide } from "../tiles/tile.ts";
import type { ArrangedTile, Arrangement, TileView } from "./tile-view.ts";

/** A view with its stage position. */
interface PlacedView {
  readonly view: TileView;
  readonly stageUmYx: Yx;
  /** Depth of its first plane, growing with planes. */
  readonly depthUm: number;
}

/**
 * Tiles overlap by half at most, so the stage moves by half a tile at least; a move by less than a tenth is no move.
 */
const jitterPerTile = 0.1;

/** The mosaics of an acquisition, one per rotation, and their properties. Lists are in order of first appearance. */
interface ArrangedViews {
  readonly channels: readonly string[];
  /** Sides from which at least one view was lit; `undefined` is included where the side of a view is not known. */
  readonly sides: readonly (IlluminationSide | undefined)[];
  /** In degrees, in the order of the arrangements. */
  readonly rotations: readonly number[];
  readonly arrangements: readonly Arrangement[];
}

/**
 * Arranges the views of one acquisition. The stage moves the sample, so the tile of the largest x and y lies at the top
 * left, as in the mosaics of the reference's converter. Neighbouring positions that differ by less than a tenth of a
 * tile make one row or column. Grids may have gaps.
 *
 * @param where the acquisition, for messages
 * @throws IsoluxError `invalid` where a position is not known, tiles of one rotation differ in shape, pixel type or
 *   pixel size, or two views of one channel and side lie in one place
 */
export function arrangeViews(views: readonly TileView[], where: string): ArrangedViews {
  if (views.length === 0) throw new IsoluxError({ kind: "invalid", what: "The acquisition has no tiles", where });
  checkExtents(views, where);
  const rotations = distinct(views.map(rotationOf));
  return {
    channels: distinct(views.map(({ channel }) => channel)),
    sides: distinct(views.map(({ side }) => side)),
    rotations,
    arrangements: rotations.map((rotation) => {
      const turned = views.filter((view) => rotationOf(view) === rotation);
      return arrangeRotation(turned, rotation, where);
    }),
  };
}

/** @throws IsoluxError `unsupported` for tiles of an impossible size: such metadata are wrong */
function checkExtents(views: readonly TileView[], where: string): void {
  const large = views.find(({ levels }) => levels[0]!.shapeZyx.some((extent) => extent > limits.alongAxis));
  if (large === undefined) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "A tile is larger than any that Isolux handles",
    where,
    found: `${formatShape(large.levels[0]!.shapeZyx)} of ${large.name}`,
    expected: `at most ${limits.alongAxis} along each axis`,
    advice: "Check its metadata",
  });
}

function arrangeRotation(views: readonly TileView[], rotation: number, where: string): Arrangement {
  checkUniform(views, where);
  const { pixelSizeUmZyx, levels } = views[0]!;
  const { shapeZyx, type } = levels[0]!;
  const planes = Math.max(...views.map(planesOf));
  const placed = placeViews(views, where);
  const ranksAlong = (axis: 0 | 1): number[] => {
    const tileUm = shapeZyx[axis + 1]! * pixelSizeUmZyx[axis + 1]!;
    return ranksFromLargest(
      placed.map(({ stageUmYx }) => stageUmYx[axis]),
      tileUm * jitterPerTile,
    );
  };
  const [rowOf, columnOf] = [ranksAlong(0), ranksAlong(1)];
  const [rows, columns] = [Math.max(...rowOf) + 1, Math.max(...columnOf) + 1];
  const tiles = numberTiles(placed, (n) => columnOf[n]! * rows + rowOf[n]!, rows, where);
  const channels = distinct(views.map(({ channel }) => channel));
  const tileShapeZyx = [planes, shapeZyx[1], shapeZyx[2]] as const;
  return { rotation, channels, type, tileShapeZyx, pixelSizeUmZyx, rows, columns, tiles };
}

/** The tiles, by places that count down the columns. */
function numberTiles(
  placed: readonly PlacedView[],
  placeOf: (index: number) => number,
  rows: number,
  where: string,
): ArrangedTile[] {
  const places = new Map<number, PlacedView[]>();
  for (const [n, view] of placed.entries()) {
    const here = places.get(placeOf(n));
    if (here === undefined) places.set(placeOf(n), [view]);
    else here.push(view);
  }
  const inOrder = [...places].sort(([a], [b]) => a - b);
  const firstUm = Math.min(...inOrder.map(([, here]) => here[0]!.depthUm));
  const isLevel = ({ depthUm, view }: PlacedView) => depthUm - firstUm < view.pixelSizeUmZyx[0] / 2;
  return inOrder.map(([place, here], index) => ({
    number: index + 1,
    row: place % rows,
    column: Math.floor(place / rows),
    stageUmYx: here[0]!.stageUmYx,
    depthUm: isLevel(here[0]!) ? 0 : here[0]!.depthUm - firstUm,
    planes: Math.max(...here.map(({ view }) => planesOf(view))),
    views: viewsByChannel(here, where),
  }));
}

/**
 * A view's rotation in degrees. Rounded: angles are set, not measured, so a hundredth of a degree makes no difference.
 */
export function rotationOf({ rotation }: Pick<TileView, "rotation">): number {
  // Adding 0 turns -0 into 0.
  return Math.round(rotation * 100) / 100 + 0;
}

function planesOf({ levels }: TileView): number {
  return levels[0]!.shapeZyx[0];
}

function placeViews(views: readonly TileView[], where: string): PlacedView[] {
  const isSingle = new Set(views.map(({ channel, side }) => `${channel} ${side}`)).size === views.length;
  // A single tile needs no position.
  if (isSingle && views.every(({ stageUmZyx }) => stageUmZyx === undefined)) {
    return views.map((view) => ({ view, stageUmYx: [0, 0], depthUm: 0 }));
  }
  return views.map((view) => {
    if (view.stageUmZyx !== undefined) {
      const [z, y, x] = view.stageUmZyx;
      return { view, stageUmYx: [y, x], depthUm: view.runsDown === true ? 0 - z : z };
    }
    throw new IsoluxError({
      kind: "invalid",
      what: "The stage position of a tile is not known, so the tiles cannot be arranged",
      where: `${where}/${view.name}`,
      advice: view.inProject
        ? "Give an XML file whose ViewRegistrations place the tiles, as BigStitcher saves it once tiles were moved to their grid"
        : "Put the _meta.txt files of the acquisition back to where the microscope wrote them, or open the tiles by an XML " +
          "file of BigStitcher whose ViewRegistrations place them",
    });
  });
}

/** The rank of each value, counted from 0 for the largest; neighbours at most `tolerance` apart share one. */
function ranksFromLargest(values: readonly number[], tolerance: number): number[] {
  const descending = [...new Set(values)].sort((a, b) => b - a);
  const ranks = new Map<number, number>();
  let rank = 0;
  for (const [n, value] of descending.entries()) {
    if (n > 0 && descending[n - 1]! - value > tolerance) rank++;
    ranks.set(value, rank);
  }
  return values.map((value) => ranks.get(value)!);
}

function viewsByChannel(here: readonly PlacedView[], where: string): ReadonlyMap<string, readonly TileView[]> {
  const byChannel = new Map<string, TileView[]>();
  for (const { view } of here) {
    const others = byChannel.get(view.channel) ?? [];
    const reference = others.find(({ side }) => side === view.side);
    if (reference !== undefined) throw references(reference, view, where);
    byChannel.set(view.channel, [...others, view].sort(bySide));
  }
  return byChannel;
}

function bySide(a: TileView, b: TileView): number {
  const order = ["Left", "Right", undefined];
  return order.indexOf(a.side) - order.indexOf(b.side);
}

function references(a: TileView, b: TileView, where: string): IsoluxError {
  const describe = ({ name, stageUmZyx }: TileView) => `${name} at z, y, x = ${stageUmZyx?.join(", ") ?? "?"} µm`;
  return new IsoluxError({
    kind: "invalid",
    what: `Two tiles of channel ${a.channel}${a.side === undefined ? "" : ` and side ${a.side}`} lie in the same place`,
    where,
    found: `${describe(a)} and ${describe(b)}`,
    expected: "one stack per place, at least a tenth of a tile from the next",
  });
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/**
 * Checks that views can lie in one mosaic: equal rows and columns, pixel types and pixel sizes. What most of them have
 * counts as right, so that the message names the exception. Stacks may have fewer planes than others.
 * @param where the acquisition, for messages
 * @throws IsoluxError `invalid`
 */
function checkUniform(views: readonly TileView[], where: string): void {
  check(views, "shape", where, ({ levels }) => formatShape(levels[0]!.shapeZyx.slice(1)));
  check(views, "pixel type", where, ({ levels }) => levels[0]!.type);
  const sizes: Zyx[] = [];
  check(views, "pixel size", where, ({ pixelSizeUmZyx }) => {
    const known = sizes.find((size) => areClose(size, pixelSizeUmZyx));
    if (known === undefined) sizes.push(pixelSizeUmZyx);
    return `${formatShape(known ?? pixelSizeUmZyx)} µm`;
  });
}

/** Different programs round the same size differently. */
function areClose(a: Zyx, b: Zyx): boolean {
  return a.every((size, axis) => Math.abs(size - b[axis]!) <= 1e-3 * size);
}

function check(views: readonly TileView[], what: string, where: string, describe: (view: TileView) => string): void {
  const described = views.map(describe);
  const counts = new Map<string, number>();
  for (const text of described) counts.set(text, (counts.get(text) ?? 0) + 1);
  if (counts.size === 1) return;
  const most = Math.max(...counts.values());
  const usual = described.find((text) => counts.get(text) === most)!;
  const odd = described.findIndex((text) => text !== usual);
  throw new IsoluxError({
    kind: "invalid",
    what: `A tile of the acquisition has another ${what} than the others`,
    where: `${where}/${views[odd]!.name}`,
    found: described[odd]!,
    expected: usual,
    advice: "If its acquisition was aborted, move it to another folder",
  });
}
