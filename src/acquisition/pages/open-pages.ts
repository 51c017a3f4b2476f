/** Acquisitions as mesoSPIM-control writes them in TIFF, BigTIFF or RAW: one file per tile, channel, side and rotation. */

import { IsoluxError } from "../../errors.ts";
import { formatCount } from "../../quantities.ts";
import type { PixelArray, Yx, Zyx } from "../../shapes.ts";
import type { IlluminationSide } from "../../tiles/tile.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { type AcquiredStack, completeStacks } from "../native/complete-stacks.ts";
import { type MetaBlock, processedBy } from "../native/meta.ts";
import type { TileName } from "../native/tile-name.ts";
import { savedPixelSize } from "../saved-pixel-size.ts";
import { SourceCache } from "../source-cache.ts";
import { type Note, noteOnce, type TileView } from "../tile-view.ts";
import { overTimes, type ViewAtTime } from "../time-points.ts";
import { findPageFiles, type PageFiles, readPageMetadata } from "./page-files.ts";
import { PagePixels, type PlaneSource, readPlain } from "./plane-source.ts";
import { tiffPixelSize } from "./tiff-page.ts";
import { openTiffPlanes, type TiffPlanes } from "./tiff-planes.ts";

/** A file with what tells of it. */
interface PageFile extends AcquiredStack {
  readonly view: TileView;
}

/**
 * Opens the views of an acquisition, in the order of tiles and within them of names. No pixel is read.
 *
 * Positions and all else come from the `_meta.txt` files. Without them a single tile can still be read from a TIFF file,
 * with a note of what its tags tell. Views whose acquisition was aborted, while that of others was
 * not, are left out with a note, as are maximum projections, without.
 *
 * @param key the folder, or one file of the acquisition
 * @param cache keeps rows that were read for the boxes beside
 * @throws IsoluxError `not-found` where there are no files or metadata are missing, `invalid` where a folder holds
 *   several acquisitions, `corrupt`, `unsupported`, `storage`
 */
export async function openPages(
  store: ReadableStore,
  key: string,
  note: Note = () => undefined,
  cache = new SourceCache(),
): Promise<TileView[]> {
  const once = noteOnce(note);
  const files = await findPageFiles(store, key, note);
  const blocks = await readPageMetadata(store, files);
  checkMetadata(store, files, blocks);
  const opened = await Promise.all(
    files.names.map(async (name, index): Promise<PageFile> => {
      const block = blocks[index];
      const view = await openView(store, files, name, block, once, cache);
      return { name, meta: block, view, depth: view.levels[0]!.shapeZyx[0] };
    }),
  );
  const views = completeStacks(opened, note, { isEndNeeded: true }).map(({ name, view }): ViewAtTime => {
    const { order, time = 0 } = name;
    const identity = name.time === undefined ? view.name : [order, view.channel, view.side, view.rotation].join(" ");
    return { time, identity, view };
  });
  return overTimes(views, joinKey(store.location, files.folder));
}

/** Without metadata nothing states where tiles are, nor what the shape of RAW planes is. */
function checkMetadata(store: ReadableStore, { folder, format, names }: PageFiles, blocks: readonly unknown[]): void {
  const missing = names.find((_, index) => blocks[index] === undefined);
  const isOneTile = new Set(names.map(({ order }) => order)).size === 1 && distinctViews(names) === names.length;
  if (missing === undefined || (format !== "RAW" && isOneTile)) return;
  throw new IsoluxError({
    kind: "not-found",
    what: format === "RAW" ? "The shape of a RAW file's planes is not known" : "The position of a tile is not known",
    where: joinKey(store.location, folder, missing.name),
    expected: `its metadata in ${missing.name}_meta.txt`,
    advice: "Put the _meta.txt files that the microscope wrote beside the stacks",
  });
}

function distinctViews(names: readonly TileName[]): number {
  return new Set(names.map(({ channel, side, rotation }) => `${channel} ${side} ${rotation}`)).size;
}

async function openView(
  store: ReadableStore,
  files: PageFiles,
  name: TileName,
  block: MetaBlock | undefined,
  note: Note,
  cache: SourceCache,
): Promise<TileView> {
  const source = await openSource(store, joinKey(files.folder, name.name), files, block, note);
  const isKnown = (section: string, entry: string) => block?.find(section, entry) !== undefined;
  return {
    name: name.name,
    channel: block?.channel ?? name.channel ?? (files.names.length > 1 ? "channel_1" : name.name.replace(/\.\w+$/, "")),
    side: isKnown("CFG", "Shutter") ? block?.side : sideByName(name, files.names),
    rotation: (isKnown("POSITION", "rot") ? block?.rotation : name.rotation) ?? 0,
    stageUmZyx: block?.isPlaced ? block.stageUmZyx : undefined,
    ...(block?.runsDown === true && { runsDown: true }),
    pixelSizeUmZyx: await pixelSize(source, name, block, note),
    levels: [new PagePixels(source, cache)],
    metadata: block?.all ?? {},
    ...processedBy(block),
  };
}

async function openSource(
  store: ReadableStore,
  key: string,
  { format }: PageFiles,
  block: MetaBlock | undefined,
  note: Note,
): Promise<PlaneSource | TiffPlanes> {
  if (format !== "RAW" || block === undefined) return await openTiffPlanes(store, key);
  return await openRawPlanes(store, key, block.planeCount, await rawShape(store, key, block, note));
}

/** The digit is 0 for the left side, and for either where there is only one. */
function sideByName(name: TileName, names: readonly TileName[]): IlluminationSide | undefined {
  return names.some(({ side }) => side === "Right") ? name.side : undefined;
}

async function pixelSize(
  source: PlaneSource | TiffPlanes,
  { name }: TileName,
  block: MetaBlock | undefined,
  note: Note,
): Promise<Zyx> {
  const stated = block && savedPixelSize(block, [source.planeCount, ...source.shapeYx]);
  if (stated !== undefined) return stated;
  const tagged = "firstPage" in source ? await tiffPixelSize(source.firstPage) : undefined;
  const taken = tagged === undefined ? "counts as 1 µm in all directions" : "is taken from its tags";
  note(`No _meta.txt has the pixel size of ${name}: it ${taken}`);
  return tagged ?? [1, 1, 1];
}

/** Factors by which cameras bin pixels. */
const usualBinnings = [2, 3, 4, 8];
const bytesPerPixel = 2;

/**
 * The rows and columns of the planes of a RAW file. Metadata give those of the camera; where the file has just the size of
 * planes that were binned, by the factor that the metadata name or a usual one, the planes were binned.
 * @throws IsoluxError `corrupt`, `invalid` for metadata without a shape
 */
async function rawShape(store: ReadableStore, key: string, block: MetaBlock, note: Note): Promise<Yx> {
  const [rows, columns] = block.planeShapeYx;
  const bytes = (await store.facts(key))?.bytes;
  const binned = (factor: number): Yx => [Math.floor(rows / factor), Math.floor(columns / factor)];
  const fits = ([height, width]: Yx) => bytes !== 0 && bytesPerPixel * block.planeCount * height * width === bytes;
  if (fits([rows, columns])) return [rows, columns];
  const stated = block.binning;
  const factor = [...(stated === undefined ? [] : [stated]), ...usualBinnings].find(
    (one) => one > 1 && fits(binned(one)),
  );
  if (factor === undefined) return [rows, columns];
  note(`The planes of the RAW files have the size of pixels binned by ${factor}, and are read so`);
  return binned(factor);
}

/**
 * A file of nothing but pixels: uint16, little-endian, row by row and plane by plane.
 * @throws IsoluxError `not-found`, `corrupt` where the file's size is not that of the planes
 */
async function openRawPlanes(store: ReadableStore, key: string, planeCount: number, shapeYx: Yx): Promise<PlaneSource> {
  const location = joinKey(store.location, key);
  const facts = await store.facts(key);
  if (facts === undefined) throw new IsoluxError({ kind: "not-found", what: "There is no such file", where: location });
  const [rows, columns] = shapeYx;
  const expectedBytes = 2 * planeCount * rows * columns;
  if (facts.bytes !== expectedBytes) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "The size of the file is not that of the planes which its metadata describe",
      where: location,
      found: `${facts.bytes} bytes`,
      expected: `${expectedBytes} for ${formatCount(planeCount, "plane")} of ${rows} x ${columns} uint16`,
      advice:
        "An acquisition that was aborted, or whose pixels were binned, cannot be read from a file without a header",
    });
  }
  const readRows = (plane: number, start: number, stop: number, into?: PixelArray) => {
    const offset = 2 * (plane * rows + start) * columns;
    return readPlain(store, key, { type: "uint16", isLittleEndian: true }, offset, (stop - start) * columns, into);
  };
  return { location, planeCount, shapeYx, typeName: "uint16", rowsAtOnce: 1, readRows };
}
