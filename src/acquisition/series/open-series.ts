/**
 * Opens a folder of series as bioformats2raw writes it for files of many microscopes: images of equal shape, with positions
 * in the metadata beside them, are the tiles of one acquisition.
 * @see https://ngff.openmicroscopy.org/0.4/#bf2raw
 */
import { IsoluxError } from "../../errors.ts";
import { channelNames } from "../../ngff/channel-label.ts";
import { formatShape, type Zyx } from "../../shapes.ts";
import { joinKey } from "../../zarr/store.ts";
import type { Acquisition, StoredFolder } from "../acquisition.ts";
import { mosaicOfPlaced, type PlacingOptions } from "../mosaic-of-placed.ts";
import { readTileGroups, type TileGroup } from "../native/tile-group.ts";
import { objectsOfTiles } from "../open-mosaic.ts";
import type { Note, TileView } from "../tile-view.ts";
import { readSeriesImages } from "./ome-metadata.ts";

type SeriesImage = NonNullable<Awaited<ReturnType<typeof readSeriesImages>>>[number];

/** A series with what the metadata say of it. */
interface Series {
  readonly name: string;
  readonly groups: readonly TileGroup[];
  readonly image: SeriesImage | undefined;
}

/** Series that are read at a time. */
const openedAtOnce = 16;

/** The key of the document with the metadata of all series, below their folder. */
const seriesMetadata = "OME/METADATA.ome.xml";

/**
 * Opens the tiles in a folder of several series. Of series of different shapes those that most have are tiles; the others,
 * such as overviews and labels, are left out with a note. No pixel is read.
 * @param names the keys of the series below the folder
 * @throws IsoluxError `not-found` where nothing says how they lie, `corrupt`, `unsupported`, `storage`
 */
export async function openSeries(
  folder: StoredFolder,
  names: readonly string[],
  options: PlacingOptions,
): Promise<Acquisition> {
  const { note = () => undefined } = options;
  const where = joinKey(folder.store.location, folder.key);
  const document = joinKey(folder.key, seriesMetadata);
  const images = await readSeriesImages(folder.store, document);
  const all = await readSeries(folder, names, images);
  const tiles = ofUsualShape(all, where, note);
  const unplaced = tiles.filter(({ image }) => image?.positionUm.y === undefined || image.positionUm.x === undefined);
  if (unplaced.length > 0) throw noPositions(where, tiles, unplaced, images !== undefined);
  const views = tiles.flatMap((series) => viewsOf(series, options.hints?.pixelSizeUmZyx));
  const objects = () => objectsOfTiles(views, folder, document, names);
  return mosaicOfPlaced(views, where, objects, options, ["pixelSizeUmZyx", "stageAxes"]);
}

async function readSeries(
  { store, key }: StoredFolder,
  names: readonly string[],
  images: readonly SeriesImage[] | undefined,
): Promise<Series[]> {
  const all: Series[] = [];
  for (let at = 0; at < names.length; at += openedAtOnce) {
    const some = names.slice(at, at + openedAtOnce).map(async (name, n): Promise<Series> => {
      const own = { name, order: at + n, channel: undefined, side: undefined, rotation: undefined };
      const groups = await readTileGroups(store, key, own);
      return { name, groups, image: imageOf(name, at + n, names.length, images) };
    });
    all.push(...(await Promise.all(some)));
  }
  return all;
}

/** Images are described in the order of series; where only some were converted, names are their numbers. */
function imageOf(
  name: string,
  index: number,
  count: number,
  images: readonly SeriesImage[] = [],
): SeriesImage | undefined {
  return images.length === count ? images[index] : images[/^\d{1,9}$/.test(name) ? Number(name) : images.length];
}

function ofUsualShape(all: readonly Series[], where: string, note: Note): Series[] {
  const byShape = new Map<string, Series[]>();
  for (const series of all) {
    const [first] = series.groups;
    if (first === undefined) continue;
    const { shapeZyx, type } = first.levels[0]!;
    const shape = `${formatShape(shapeZyx.slice(1))} ${type} ${series.groups.length}`;
    byShape.set(shape, [...(byShape.get(shape) ?? []), series]);
  }
  const tiles = [...byShape.values()].reduce((most, some) => (some.length > most.length ? some : most), []);
  if (tiles.length === 0) {
    throw new IsoluxError({
      kind: "invalid",
      what: "No series of the folder has pixels",
      where,
      found: `${all.length} series`,
    });
  }
  const others = all
    .filter((series) => !tiles.includes(series))
    .map(({ name, image }) => (image ? `${name} (${image.name})` : name));
  if (others.length > 0) {
    const named = others.slice(0, 4).join(", ");
    note(
      `Skipped, because they do not have the shape of most tiles: ${named}${others.length > 4 ? ", ..." : ""}`,
      "warning",
    );
  }
  return tiles;
}

function viewsOf({ name, groups, image }: Series, pixelSizeUmZyx: Zyx | undefined): TileView[] {
  const { z = 0, y, x } = image!.positionUm;
  const labels = channelNames(
    groups.map(({ attributes }, index) => attributes.channelLabels[index] ?? image!.channels[index]?.name),
  );
  return groups.map(
    ({ attributes, levels, levelsOfTimes }, index): TileView => ({
      name: groups.length === 1 ? name : `${name}, channel ${index + 1}`,
      channel: labels[index]!,
      side: undefined,
      rotation: 0,
      stageUmZyx: [z, 0 - y!, 0 - x!],
      ...(image!.runsDown && { runsDown: true }),
      pixelSizeUmZyx: pixelSizeUmZyx ?? (attributes.isUnscaled ? sizeOf(image!) : attributes.pixelSizeUmZyx),
      levels,
      ...(levelsOfTimes === undefined ? {} : { levelsOfTimes }),
      metadata: {},
    }),
  );
}

/** The size of pixels by the document, for series of versions that do not tell it. */
function sizeOf({ pixelSizeUm: { z = 1, y = 1, x = 1 } }: SeriesImage): Zyx {
  return [z, y, x];
}

function noPositions(
  where: string,
  tiles: readonly Series[],
  unplaced: readonly Series[],
  isDescribed: boolean,
): IsoluxError {
  const some = unplaced.length === tiles.length ? "the series" : `series ${unplaced[0]!.name}`;
  return new IsoluxError({
    kind: "not-found",
    what: isDescribed
      ? `The metadata do not say where ${some} lie, so that they are no tiles of one acquisition`
      : "The positions of the series are not known: their metadata are missing",
    where: `${where}/${seriesMetadata}`,
    found: `${tiles.length} series of equal shape`,
    expected: "PositionX and PositionY of their planes, or a StageLabel",
    advice: `Write them into that file (in µm), or give one series, such as ${where}/${tiles[0]!.name}, which is then a separate image`,
  });
}
