/** Makes a mosaic of the tiles of an acquisition, side by side, as the reference's converter would write it. */
import { IsoluxError } from "../errors.ts";
import { nameChannels } from "../ngff/image.ts";
import { formatCount, formatNumber } from "../quantities.ts";
import { type BoxZyx, mapAxes, type Zyx } from "../shapes.ts";
import { reductionFactor } from "../tiles/levels.ts";
import type { IlluminationSide, Tile } from "../tiles/tile.ts";
import { joinKey } from "../zarr/store.ts";
import type { Acquisition, SourceObjects, TileImage, ViewTile } from "./acquisition.ts";
import { arrangeViews, rotationOf } from "./arrange-views.ts";
import { AssembledLevel, type AssembledTile } from "./assembled-level.ts";
import { openStoredImage } from "./open-levels.ts";
import { noteProcessing } from "./processed-pixels.ts";
import { LevelOverTimes, tileOverTimes } from "./sampled-level.ts";
import type { ArrangedTile, Arrangement, Note, TilePixels, TileView } from "./tile-view.ts";

/**
 * The acquisition that views make: tiles in their rows and columns by stage position, their overlap not removed. A
 * channel that was acquired from both sides of the same tiles becomes two, such as `488_Left` and `488_Right`, as their
 * pixels would be in the same place.
 * @param options.rotation of the views to use, in degrees; not needed where all have the same
 * @param options.note called about stacks that are shorter than others or begin deeper
 * @throws IsoluxError `invalid` where they do not make one, or where it is not clear which rotation is meant
 */
export function mosaicOfViews(
  views: readonly TileView[],
  location: string,
  sourceObjects: () => Promise<SourceObjects>,
  { rotation, note = () => undefined }: { readonly rotation?: number | undefined; readonly note?: Note } = {},
): Acquisition {
  const chosen = viewsOfRotation(views, rotation, location);
  const arrangement = arrangeViews(chosen, location).arrangements[0]!;
  const { tileShapeZyx, pixelSizeUmZyx, type } = arrangement;
  noteDepths(arrangement, note);
  const processors = [...new Set(chosen.flatMap((view) => view.processors ?? []))];
  noteProcessing(processors, note);
  const { instrument } = chosen.find((view) => view.instrument !== undefined) ?? {};
  const tileCodec = chosen[0]?.levels[0]?.codec;
  const lanes = lanesOf(arrangement);
  const labels = lanes.map(({ channel, side }) => (side === undefined ? channel : `${channel}_${side}`));
  const wavelengths = lanes.map(({ channel }) => channel);
  const tiles = arrangement.tiles.map((tile) => tileOf(tile, tileShapeZyx, lanes));
  const tileImages = imagesOf(arrangement, tiles, lanes);
  const times = Math.max(...chosen.map((view) => view.levelsOfTimes?.length ?? 1));
  const levels = assembleLevels(arrangement, lanes, times);
  return {
    location,
    type,
    channels: nameChannels(labels, lanes.length, wavelengths),
    levels: times === 1 ? levels : levels.map((level) => new LevelOverTimes(level, times)),
    tiles: times === 1 ? tiles : tiles.map((tile) => tileOverTimes(tile, tileShapeZyx[0], times)),
    ...(times === 1 ? {} : { tilesOfOneTime: tiles }),
    ...(tileImages === undefined ? {} : { tileImages }),
    hasTileTable: true,
    pixelSizeUmZyx,
    ...(tileCodec === undefined ? {} : { tileCodec }),
    ...(processors.length > 0 && { processors }),
    ...(instrument === undefined ? {} : { instrument }),
    sourceObjects,
  };
}

function noteDepths({ tiles, tileShapeZyx: [planes], pixelSizeUmZyx: [stepUm] }: Arrangement, note: Note): void {
  const shorter = tiles.filter((tile) => tile.planes < planes);
  if (shorter.length > 0) {
    const list = shorter.map((tile) => `${tile.number} (${tile.planes})`).join(", ");
    note(`Tiles with fewer planes than the ${planes} of others: ${list}; the rest of their places is empty`);
  }
  const deepest = Math.max(...tiles.map(({ depthUm }) => depthUm));
  if (deepest === 0) return;
  const deeper = tiles.filter(({ depthUm }) => depthUm > 0);
  note(
    `${formatCount(deeper.length, "tile")} of ${tiles.length} begin${deeper.length === 1 ? "s" : ""} deeper than the others, by up to ${formatNumber(deepest)} µm ` +
      `(${formatCount(Math.round(deepest / stepUm), "plane")}): the mosaic has them plane by plane, its table has their ` +
      "depths, and overlaps are compared at equal depths, to the nearest plane",
  );
}

/** The views of one channel of the mosaic: those of a channel, from one side where both sides share its tiles. */
interface ChannelView {
  readonly channel: string;
  readonly side?: IlluminationSide;
}

function lanesOf({ channels, tiles }: Arrangement): ChannelView[] {
  return channels.flatMap((channel): ChannelView[] => {
    const sharesTiles = tiles.some(({ views }) => (views.get(channel) ?? []).length > 1);
    return sharesTiles
      ? [
          { channel, side: "Left" },
          { channel, side: "Right" },
        ]
      : [{ channel }];
  });
}

function viewOf({ views }: ArrangedTile, { channel, side }: ChannelView): TileView | undefined {
  return views.get(channel)?.find((view) => side === undefined || view.side === side);
}

function tileOf(tile: ArrangedTile, shape: Zyx, lanes: readonly ChannelView[]): Tile {
  return {
    number: tile.number,
    name: `FOV_${tile.number - 1}`,
    box: boxOf(tile, shape, tile.planes),
    ...(tile.depthUm !== 0 && { stageDepthUm: tile.depthUm }),
    // The stage moves the sample: a tile further down or right was taken at a smaller position.
    stagePositionUmYx: [0 - tile.stageUmYx[0], 0 - tile.stageUmYx[1]],
    sides: lanes.map((lane) => viewOf(tile, lane)?.side),
  };
}

/** The images of tiles, in the order of tiles and within them of channels, if all tiles have one. */
function imagesOf(
  arrangement: Arrangement,
  tiles: readonly Tile[],
  lanes: readonly ChannelView[],
): TileImage[] | undefined {
  const images = new Map<string, TileImage & { readonly channels: number[] }>();
  for (const [index, arranged] of arrangement.tiles.entries()) {
    for (const [channel, lane] of lanes.entries()) {
      const view = viewOf(arranged, lane);
      if (view === undefined) continue;
      const tile = tiles[index]!;
      if (view.inProject !== undefined) {
        for (const image of viewTiles(view, tile, channel)) images.set(image.name, image);
        continue;
      }
      const { group, levels } = view;
      if (group === undefined) return undefined;
      const { folder, name } = group;
      const open = () => openStoredImage(folder.store, joinKey(folder.key, name), { depth: levels.length });
      const image = images.get(name) ?? { kind: "stored", name, folder, tile, channels: [], open };
      image.channels[group.channel] = channel;
      images.set(name, image);
    }
  }
  return [...images.values()];
}

/** A view of a project at each of its time points, under the names that BigStitcher gives them. */
function viewTiles(
  { inProject, levels, levelsOfTimes = [levels], stageUmZyx }: TileView,
  tile: Tile,
  channel: number,
): (ViewTile & { readonly channels: number[] })[] {
  const { setup, times } = inProject!;
  return times.flatMap((time, index) => {
    const ofTime = levelsOfTimes[index];
    if (ofTime === undefined) return [];
    return [
      {
        kind: "view",
        name: `s${setup}-t${time}.zarr`,
        tile,
        channels: [channel],
        setup,
        time,
        // Made when asked for: only an output of tiles needs them, and views may be thousands.
        get levels() {
          return aloneLevels(ofTime);
        },
        positionUmZyx: stageUmZyx && [stageUmZyx[0], 0 - stageUmZyx[1], 0 - stageUmZyx[2]],
      },
    ];
  });
}

/** The levels of a view as those of an image that has nothing else. */
function aloneLevels(levels: readonly TilePixels[]): AssembledLevel[] {
  const full = levels[0]!.shapeZyx;
  const alone: AssembledLevel[] = [];
  for (const pixels of levels) {
    const factors = mapAxes(full, (extent, axis) => reductionFactor(extent, pixels.shapeZyx[axis]!) ?? 0);
    if (factors.includes(0)) break;
    const box = { start: [0, 0, 0], stop: pixels.shapeZyx } as const;
    alone.push(new AssembledLevel(pixels.type, pixels.shapeZyx, pixels.chunkShapeZyx, factors, [[{ box, pixels }]]));
  }
  return alone;
}

function boxOf({ row, column }: ArrangedTile, [, rows, columns]: Zyx, planes: number): BoxZyx {
  return {
    start: [0, row * rows, column * columns],
    stop: [planes, (row + 1) * rows, (column + 1) * columns],
  };
}

/**
 * The levels that all views have and in which tiles still lie side by side: where a tile is no whole number of pixels
 * of a level, its neighbour would begin between two pixels.
 */
function assembleLevels(arrangement: Arrangement, lanes: readonly ChannelView[], times: number): AssembledLevel[] {
  const { tiles, tileShapeZyx, rows, columns, type } = arrangement;
  const all = tiles.flatMap((tile) => [...tile.views.values()].flat());
  const longest = all.find(({ levels }) => levels[0]!.shapeZyx[0] === tileShapeZyx[0])!;
  const depth = Math.min(...all.flatMap(levelsEver).map(({ length }) => length));
  const levels: AssembledLevel[] = [];
  for (let index = 0; index < depth; index++) {
    const { shapeZyx, chunkShapeZyx } = longest.levels[index]!;
    const factors = shapeZyx.map((extent, axis) => reductionFactor(tileShapeZyx[axis]!, extent));
    if (!areFactors(factors) || !all.every((view) => isReduced(view, index, factors))) break;
    const ofChannelView = Array.from({ length: times }, (_, time) =>
      lanes.map((lane) => placeTiles(tiles, lane, index, time)),
    ).flat();
    const mosaicShape: Zyx = [shapeZyx[0], rows * shapeZyx[1], columns * shapeZyx[2]];
    // Chunks as wide as tiles begin where tiles begin, so that most of a tile's chunks are read once.
    const chunkShape: Zyx = [chunkShapeZyx[0], Math.min(chunkShapeZyx[1], shapeZyx[1]), shapeZyx[2]];
    levels.push(new AssembledLevel(type, mosaicShape, chunkShape, factors, ofChannelView));
  }
  return levels;
}

function areFactors(factors: readonly (number | undefined)[]): factors is Zyx {
  return factors.every((factor) => factor !== undefined);
}

/** Whether the pixels of a level are whole numbers of full-resolution pixels, except for the last planes. */
function isReduced({ levels }: TileView, index: number, [factorZ, ...factorsYx]: Zyx): boolean {
  const [full, { shapeZyx }] = [levels[0]!.shapeZyx, levels[index]!];
  const planes = full[0] / factorZ;
  const isWhole = factorsYx.every((factor, axis) => full[axis + 1]! === factor * shapeZyx[axis + 1]!);
  return isWhole && (shapeZyx[0] === Math.floor(planes) || shapeZyx[0] === Math.ceil(planes));
}

/** The levels at all time points at which the view was acquired. */
function levelsEver({ levels, levelsOfTimes = [levels] }: TileView): (readonly TilePixels[])[] {
  return levelsOfTimes.filter((ofTime) => ofTime !== undefined);
}

function placeTiles(tiles: readonly ArrangedTile[], lane: ChannelView, level: number, time: number): AssembledTile[] {
  return tiles.flatMap((tile) => {
    const view = viewOf(tile, lane);
    const pixels = (view?.levelsOfTimes === undefined ? view?.levels : view.levelsOfTimes[time])?.[level];
    return pixels === undefined ? [] : [{ box: boxOf(tile, pixels.shapeZyx, pixels.shapeZyx[0]), pixels }];
  });
}

/** Tiles of several rotations make no common mosaic: the user chooses one. */
function viewsOfRotation(views: readonly TileView[], rotation: number | undefined, where: string): TileView[] {
  const rotations = [...new Set(views.map(rotationOf))];
  const wanted = rotation ?? (rotations.length > 1 ? undefined : rotations[0]);
  const chosen = views.filter((view) => rotationOf(view) === wanted);
  if (chosen.length > 0 || views.length === 0) return chosen;
  const counts = rotations.map((angle) => {
    const count = views.filter((view) => rotationOf(view) === angle).length;
    return `--rotation ${angle} (${formatCount(count, "stack")})`;
  });
  throw new IsoluxError({
    kind: "invalid",
    what:
      rotation === undefined
        ? "The acquisition has several rotations, which make no common mosaic"
        : `The acquisition has no tiles at a rotation of ${rotation} degrees`,
    where,
    advice: `Give ${counts.join(" or ")}`,
  });
}
