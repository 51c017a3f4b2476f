/** Acquisitions as mesoSPIM-control writes them in TIFF, BigTIFF or RAW: one file per tile, channel, side and rotation. */
import { IsoluxError } from "../../errors.ts";
import type { Zyx } from "../../shapes.ts";
import type { IlluminationSide } from "../../tiles/illumination-side.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { MetaBlock } from "../native/meta-block.ts";
import { nameSome, type TileName } from "../native/tile-name.ts";
import type { Note } from "../note.ts";
import { savedPixelSize } from "../saved-pixel-size.ts";
import { SourceCache } from "../source-cache.ts";
import type { TileView } from "../tile-view.ts";
import { findPageFiles, type PageFiles } from "./page-files.ts";
import { readPageMetadata } from "./page-metadata.ts";
import { PagePixels } from "./page-pixels.ts";
import type { PlaneSource } from "./plane-source.ts";
import { openRawPlanes } from "./raw-planes.ts";
import { tiffPixelSize } from "./tiff-pixel-size.ts";
import { openTiffPlanes, type TiffPlanes } from "./tiff-planes.ts";

/** A file with what tells of it. */
interface PageFile {
  readonly name: TileName;
  readonly block: MetaBlock | undefined;
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
  const files = await findPageFiles(store, key, note);
  const blocks = await readPageMetadata(store, files);
  checkMetadata(store, files, blocks);
  const opened = await Promise.all(
    files.names.map(async (name, index): Promise<PageFile> => {
      const block = blocks[index];
      return { name, block, view: await openView(store, files, name, block, note, cache) };
    }),
  );
  return withoutAborted(opened, note).map(({ view }) => view);
}

/** Without metadata nothing tells where tiles are, nor what the shape of RAW planes is. */
function checkMetadata(store: ReadableStore, { folder, format, names }: PageFiles, blocks: readonly unknown[]): void {
  const missing = names.find((_, index) => blocks[index] === undefined);
  const isOneTile = new Set(names.map(({ order }) => order)).size === 1 && distinctViews(names) === names.length;
  if (missing === undefined || (format !== "RAW" && isOneTile)) return;
  throw new IsoluxError({
    kind: "not-found",
    what: format === "RAW" ? "Nothing says what shape a RAW file's planes have" : "Nothing says where a tile lies",
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
  const source = await openSource(store, joinKey(files.folder, name.name), files, block);
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
  };
}

function openSource(
  store: ReadableStore,
  key: string,
  { format }: PageFiles,
  block: MetaBlock | undefined,
): Promise<PlaneSource | TiffPlanes> {
  const isRaw = format === "RAW" && block !== undefined;
  return isRaw ? openRawPlanes(store, key, block.planeCount, block.planeShapeYx) : openTiffPlanes(store, key);
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
  const told = block && savedPixelSize(block, [source.planeCount, ...source.shapeYx]);
  if (told !== undefined) return told;
  const tagged = "firstPage" in source ? await tiffPixelSize(source.firstPage) : undefined;
  const taken = tagged === undefined ? "counts as 1 µm in all directions" : "is taken from its tags";
  note(`No _meta.txt tells the size of the pixels of ${name}: it ${taken}`);
  return tagged ?? [1, 1, 1];
}

/** All being unfinished or short is no sign of an abort, but of metadata that count or end otherwise. */
function withoutAborted(files: readonly PageFile[], note: Note): readonly PageFile[] {
  const depth = Math.max(...files.map(depthOf));
  const isShort = (file: PageFile) => depthOf(file) < depth && depthOf(file) < askedDepth(file);
  const isUnfinished = (file: PageFile) => file.block?.isFinished === false;
  const isAborted = files.every(isUnfinished) ? isShort : (file: PageFile) => isShort(file) || isUnfinished(file);
  const aborted = files.filter(isAborted);
  if (aborted.length > 0) note(`Left out as their acquisition was aborted: ${nameSome(aborted)}`, "warning");
  return files.filter((file) => !aborted.includes(file));
}

function depthOf({ view }: PageFile): number {
  return view.levels[0]!.shapeZyx[0];
}

function askedDepth({ block }: PageFile): number {
  return block?.find("POSITION", "z_planes") === undefined ? 0 : block.planeCount;
}
