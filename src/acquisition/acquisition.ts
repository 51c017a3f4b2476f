/**
 * An acquisition: channels x tiles x levels with their geometry. Readers make it from what a microscope or a converter
 * wrote; nothing downstream asks which.
 */
import type { ChannelMetadata, ImageMetadata } from "../ngff/image.ts";
import type { PixelType, Zyx } from "../shapes.ts";
import type { Tile } from "../tiles/tile.ts";
import type { ReadableStore } from "../zarr/store.ts";
import type { Level } from "./level.ts";
import type { PixelLevel } from "./pixel-level.ts";
import type { SourceCache } from "./source-cache.ts";

/** Pixels and geometry, whatever they were read from. */
export interface Acquisition {
  /** Where it was read from, as messages name it. */
  readonly location: string;
  /** That of the pixels as they are sampled: rare types are float32 there. */
  readonly type: PixelType;
  readonly channels: readonly ChannelMetadata[];
  /** Finest first. */
  readonly levels: readonly PixelLevel[];
  /** In the order of their numbers. */
  readonly tiles: readonly Tile[];
  /** Of a time lapse the time points whose planes are sampled, from 0; all where not given. */
  readonly sampledTimes?: readonly number[];
  /** Of a time lapse the tiles as they are corrected: where they lie at a single time point. */
  readonly tilesOfOneTime?: readonly Tile[];
  /** Whether something said where the tiles are; without that the whole image counts as one tile. */
  readonly hasTileTable: boolean;
  /** What said where they are in an image with tables, and how it was understood. */
  readonly tileSource?: TileSource;
  /** Size of a full-resolution pixel in µm. */
  readonly pixelSizeUmZyx: Zyx;
  /** Memory that each thread that reads it takes beside the pixels: a library with memory of its own. */
  readonly readerBytes?: number;
  /** Where pixels that were read for one chunk are kept for those beside it, where it is read in whole rows. */
  readonly cache?: SourceCache;
  /** The tiles as the source keeps them, where that is in OME-Zarr images of their own. */
  readonly tileImages?: readonly TileImage[];
  /** The objects that the pixels and their meaning come from, for noticing that they changed. */
  sourceObjects(): Promise<SourceObjects>;
}

/** Where the tiles of an image with tables were found. */
export interface TileSource {
  /** The table's name; not there where the whole image counts as one tile. */
  readonly table?: string;
  /** What of it was not read as it stands. */
  readonly remarks: readonly string[];
  /** Tables of regions that hold something else than tiles, where none holds tiles. */
  readonly otherTables: readonly string[];
}

/** Objects in a store that an acquisition consists of. */
export interface SourceObjects {
  readonly store: ReadableStore;
  /** Small ones, whose every byte counts: metadata and tables. */
  readonly documents: readonly string[];
  /** Those that hold the pixels of the full resolution. */
  readonly pixels: readonly string[];
}

/** An OME-Zarr image as it is stored, which an output can mirror. */
export interface StoredImage {
  readonly store: ReadableStore;
  /** The image's key in its store. */
  readonly key: string;
  /** What its attributes say, its levels being those that are read. */
  readonly metadata: ImageMetadata;
  /** Finest first. */
  readonly levels: readonly Level[];
  /** Coarser levels as an output has them, where those that are stored do not fit the others. */
  readonly remade: readonly Level[];
}

/**
 * A mosaic in an OME-Zarr image: an acquisition whose levels are arrays and whose output can mirror it. Of a time lapse
 * planes and tiles are those of all time points, one after the other.
 */
export interface MosaicImage extends Acquisition, StoredImage {
  readonly levels: readonly Level[];
}

/** A tile in an image of its own, in one channel or several. */
export interface TileImage {
  /** What its group is called. */
  readonly name: string;
  /** The folder that holds the group, and the groups of the other tiles. */
  readonly folder: TilesFolder;
  readonly tile: Tile;
  /** For each channel of the image, its index in the acquisition. */
  readonly channels: readonly number[];
  /** Reads its metadata. @throws IsoluxError `corrupt`, `unsupported`, `invalid` */
  open(): Promise<StoredImage>;
}

/** A folder in a store. */
export interface StoredFolder {
  readonly store: ReadableStore;
  readonly key: string;
}

/** A folder of groups of tiles. */
export interface TilesFolder extends StoredFolder {
  /** The XML file through which the tiles were opened, in the place where it lies. */
  readonly openedThrough?: StoredFolder;
}

/** What there is to say of an image without a table of tiles, as a sentence. */
export function tellNoTable({ tileSource }: Acquisition): string {
  const others = tileSource?.otherTables ?? [];
  const tables = others.length === 1 ? `${others[0]} holds` : `${others.join(", ")} hold`;
  const rest = others.length === 0 ? "" : ` ${tables} other regions than tiles.`;
  return `The image has no table of tiles (FOV_ROI_table): all of it counts as one tile.${rest}`;
}

/** The full-resolution level. */
export function fullResolution<Kind extends PixelLevel>({ levels }: { readonly levels: readonly Kind[] }): Kind {
  return levels[0]!;
}
