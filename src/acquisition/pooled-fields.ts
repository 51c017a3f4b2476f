/** Opens the fields of a plate or a well as tiles of one acquisition, so that they share profiles. */
import { IsoluxError } from "../errors.ts";
import { type ImageCollection, readCollection } from "../ngff/image-collections.ts";
import { formatCount } from "../quantities.ts";
import { type BoxZyx, isSameShape, mapAxes, type Zyx } from "../shapes.ts";
import type { Tile } from "../tiles/tile.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import { type Acquisition, fullResolution, type MosaicImage, type SourceObjects } from "./acquisition.ts";
import { AssembledLevel, type AssembledTile } from "./assembled-level.ts";
import type { PixelLevel } from "./level.ts";
import { openMosaic } from "./open-mosaic.ts";
import type { Note } from "./tile-view.ts";

interface OpenedField {
  readonly name: string;
  readonly image: MosaicImage;
}

/** A field with its position: rows and columns of fields, assumed not to be neighbours on the sample. */
interface PlacedField extends OpenedField {
  readonly row: number;
  readonly column: number;
}

/**
 * The distance between the stage positions given to fields: so large that no tile of one is a neighbour of another's.
 */
const apartUm = 1e7;
/** Number of fields that are opened at a time. */
const openedAtOnce = 16;

/**
 * The fields of a plate or a well, side by side; `undefined` for any other group. Fields that differ from the first in
 * shape, type or channels are left out.
 * @throws IsoluxError `not-found` where there is no field, and as opening an image does
 */
export async function openPooledFields(
  store: ReadableStore,
  key: string,
  note: Note,
): Promise<Acquisition | undefined> {
  const collection = await readCollection(store, key);
  if (collection === undefined || collection.kind === "series") return undefined;
  const location = joinKey(store.location, key);
  const fields = await openFields(store, key, collection, note);
  const [first] = fields;
  if (first === undefined) {
    throw new IsoluxError({ kind: "not-found", what: `The ${collection.kind} has no images`, where: location });
  }
  const alike = fields.filter(({ image }) => isAlike(image, first.image));
  const others = fields.filter((field) => !alike.includes(field));
  if (others.length > 0) note(`Skipped, because they differ from ${first.name}: ${nameSome(others)}`, "warning");
  note(`Pooled over ${formatCount(alike.length, "field")} of the ${collection.kind}: ${nameSome(alike)}`);
  const empty = (collection.emptyWells ?? []).map((name) => ({ name }));
  if (empty.length > 0) note(`The plate names wells in which no images are stored: ${nameSome(empty)}`);
  return poolOf(alike, location, store);
}

/** A field that cannot be opened is left out, unless none can. */
async function openFields(
  store: ReadableStore,
  key: string,
  { images }: ImageCollection,
  note: Note,
): Promise<OpenedField[]> {
  const fields: OpenedField[] = [];
  const faults: { readonly name: string; readonly fault: IsoluxError }[] = [];
  const open = async (name: string) => {
    try {
      return { name, image: await openMosaic(store, joinKey(key, name)) };
    } catch (fault) {
      if (!(fault instanceof IsoluxError)) throw fault;
      faults.push({ name, fault });
      return undefined;
    }
  };
  for (let at = 0; at < images.length; at += openedAtOnce) {
    const opened = await Promise.all(images.slice(at, at + openedAtOnce).map(open));
    fields.push(...opened.filter((field) => field !== undefined));
  }
  if (fields.length === 0 && faults.length > 0) throw faults[0]!.fault;
  if (faults.length > 0) note(`Skipped: ${nameSome(faults)} (${faults[0]!.fault.what})`, "warning");
  return fields;
}

function isAlike(image: MosaicImage, first: MosaicImage): boolean {
  const labels = ({ channels }: MosaicImage) => channels.map(({ label }) => label).join("\n");
  const isSameSize = isSameShape(fullResolution(image).shapeCzyx, fullResolution(first).shapeCzyx);
  return isSameSize && image.type === first.type && labels(image) === labels(first);
}

function nameSome(fields: readonly { readonly name: string }[]): string {
  const names = fields.slice(0, 4).map(({ name }) => name);
  return fields.length > names.length ? `${names.join(", ")}, ...` : names.join(", ");
}

function poolOf(fields: readonly OpenedField[], location: string, store: ReadableStore): Acquisition {
  const columns = Math.ceil(Math.sqrt(fields.length));
  const placed = fields.map((field, n) => ({ ...field, row: Math.floor(n / columns), column: n % columns }));
  const { type, channels, pixelSizeUmZyx } = fields[0]!.image;
  const tiles = placed.flatMap((field) => tilesOf(field));
  return {
    location,
    type,
    channels,
    levels: levelsOf(placed, columns),
    tiles: tiles.map((tile, index) => ({ ...tile, number: index + 1 })),
    hasTileTable: true,
    pixelSizeUmZyx,
    sourceObjects: () => allObjects(fields, store),
  };
}

function tilesOf({ name, image, row, column }: PlacedField): Tile[] {
  const [, rows, columns] = fullResolution(image).shapeZyx;
  const origin: Zyx = [0, row * rows, column * columns];
  return image.tiles.map((tile) => {
    const { box, stagePositionUmYx } = tile;
    return {
      ...tile,
      name: image.hasTileTable ? `${name} ${tile.name}` : name,
      box: moved(box, origin),
      ...(stagePositionUmYx && {
        stagePositionUmYx: [stagePositionUmYx[0] + row * apartUm, stagePositionUmYx[1] + column * apartUm] as const,
      }),
    };
  });
}

function moved({ start, stop }: BoxZyx, origin: Zyx): BoxZyx {
  const move = (place: Zyx) => mapAxes(place, (at, axis) => at + origin[axis]!);
  return { start: move(start), stop: move(stop) };
}

/** The levels that all fields have, as long as fields are whole numbers of their pixels. */
function levelsOf(fields: readonly PlacedField[], columns: number): AssembledLevel[] {
  const { levels, type } = fields[0]!.image;
  const full = levels[0]!.shapeZyx;
  const rows = Math.ceil(fields.length / columns);
  const isCommon = ({ shapeZyx, factorsZyx }: PixelLevel, index: number) =>
    shapeZyx.every((extent, axis) => axis === 0 || extent * factorsZyx[axis]! === full[axis]) &&
    fields.every(({ image }) => isSameShape(image.levels[index]?.shapeZyx ?? [], shapeZyx));
  const end = levels.findIndex((level, index) => !isCommon(level, index));
  return levels.slice(0, end < 0 ? levels.length : end).map((level, index) => {
    const { shapeZyx, chunkShapeCzyx, factorsZyx } = level;
    const [planes, height, width] = shapeZyx;
    const ofChannels = Array.from({ length: level.shapeCzyx[0] }, (_, channel) =>
      fields.map((field) => pixelsOf(field, index, channel)),
    );
    const chunk: Zyx = [chunkShapeCzyx[1], Math.min(chunkShapeCzyx[2], height), width];
    return new AssembledLevel(type, [planes, rows * height, columns * width], chunk, factorsZyx, ofChannels);
  });
}

function pixelsOf({ image, row, column }: PlacedField, index: number, channel: number): AssembledTile {
  const level = image.levels[index]!;
  const { shapeZyx, chunkShapeCzyx, type } = level;
  const origin: Zyx = [0, row * shapeZyx[1], column * shapeZyx[2]];
  const chunkShapeZyx: Zyx = [chunkShapeCzyx[1], chunkShapeCzyx[2], chunkShapeCzyx[3]];
  return {
    box: moved({ start: [0, 0, 0], stop: shapeZyx }, origin),
    pixels: { type, shapeZyx, chunkShapeZyx, read: (box, into) => level.readBox(channel, box, into) },
  };
}

async function allObjects(fields: readonly OpenedField[], store: ReadableStore): Promise<SourceObjects> {
  const objects = [];
  for (const { image } of fields) objects.push(await image.sourceObjects());
  return {
    store,
    documents: objects.flatMap(({ documents }) => documents),
    pixels: objects.flatMap(({ pixels }) => pixels),
  };
}
