/**
 * An acquisition: channels x tiles x levels with their geometry. Readers make it from what a microscope or a converter
 * wrote; the code that uses it does not depend on the format.
 */
import type { ChannelMetadata, ImageMetadata } from "../ngff/image.ts";
import type { PixelType, Zyx } from "../shapes.ts";
import type { Tile } from "../tiles/tile.ts";
import type { Codec } from "../zarr/metadata/metadata.ts";
import type { ReadableStore } from "../zarr/store.ts";
import type { Level, PixelLevel } from "./level.ts";
import type { HintName, StageAxes } from "./listed/stage-axes.ts";
import type { SourceCache } from "./source-cache.ts";

/** What is noted of a microscope, its objective and its software: entries by section. */
export type Instrument = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Pixels and geometry, of any format. */
export interface Acquisition {
  /** Its location in messages. */
  readonly location: string;
  /** Type of the pixels as they are sampled: rare types are converted to float32. */
  readonly type: PixelType;
  readonly channels: readonly ChannelMetadata[];
  /** Finest first. */
  readonly levels: readonly PixelLevel[];
  /** In the order of their numbers. */
  readonly tiles: readonly Tile[];
  /** Of a time lapse the time points whose planes are sampled, from 0; all where not given. */
  readonly sampledTimes?: readonly number[];
  /** Of a time lapse the tiles as they are corrected: positioned at a single time point. */
  readonly tilesOfOneTime?: readonly Tile[];
  /** Whether a table gives the positions of the tiles; without one the whole image counts as one tile. */
  readonly hasTileTable: boolean;
  /** The source of the positions, for an image with tables, and how it was interpreted. */
  readonly tileSource?: TileSource;
  /** Size of a full-resolution pixel in µm. */
  readonly pixelSizeUmZyx: Zyx;
  /** Memory that each reading thread takes beside the pixels, in bytes: for a library with memory of its own. */
  readonly readerBytes?: number;
  /** A cache of pixels for neighbouring chunks, where the source is read in whole rows. */
  readonly cache?: SourceCache;
  /** The images of tiles, where the source has one for each that an output can have, too. */
  readonly tileImages?: readonly TileImage[];
  /** How the chunks of tiles are encoded, where these are in Zarr or N5. */
  readonly tileCodec?: Codec;
  /** The axes by which tiles were placed, where a user may say that their positions have others. */
  readonly stageAxes?: StageAxes;
  /** What a user may say of the tiles and has an effect here; nothing where not given. */
  readonly hintsTaken?: readonly HintName[];
  /** The project of BigStitcher that the tiles belong to, where they are not OME-Zarr images in one folder. */
  readonly project?: ProjectSource;
  /** What the microscope's software did to the pixels before it stored them, by name. */
  readonly processors?: readonly string[];
  /** What is noted of the microscope, its objective and its software, by section. */
  readonly instrument?: Instrument;
  /** The objects that pixels and metadata are read from, by which a change of the source is noticed. */
  sourceObjects(): Promise<SourceObjects>;
}

/** The table with the positions of the tiles. */
interface TileSource {
  /** The table's name; absent where the whole image counts as one tile. */
  readonly table?: string;
  /** Corrections that were made when it was read. */
  readonly remarks: readonly string[];
  /** Tables of regions that do not contain tiles, where none does. */
  readonly otherTables: readonly string[];
}

/** Objects in a store that an acquisition is read from. */
export interface SourceObjects {
  readonly store: ReadableStore;
  /** Metadata and tables: small objects, compared byte by byte. */
  readonly documents: readonly string[];
  /** Objects with the pixels of the full resolution. */
  readonly pixels: readonly string[];
}

/** An OME-Zarr image as it is stored, which an output can mirror. */
export interface StoredImage {
  readonly store: ReadableStore;
  /** The image's key in its store. */
  readonly key: string;
  /** Its attributes, with the levels that are read. */
  readonly metadata: ImageMetadata;
  /** Finest first. */
  readonly levels: readonly Level[];
  /** Coarser levels for an output, in place of stored ones that do not fit the others. */
  readonly remade: readonly Level[];
}

/**
 * A mosaic in an OME-Zarr image: an acquisition whose levels are arrays and whose output can mirror it. Of a time lapse
 * planes and tiles are those of all time points, one after the other.
 */
export interface MosaicImage extends Acquisition, StoredImage {
  readonly levels: readonly Level[];
}

/** A tile with an image of its own, in one channel or several. */
interface TileImageParts {
  /** The name of its group. */
  readonly name: string;
  readonly tile: Tile;
  /** For each channel of the image, its index in the acquisition. */
  readonly channels: readonly number[];
}

/** A tile in an OME-Zarr image of its own. */
export interface StoredTile extends TileImageParts {
  readonly kind: "stored";
  /** The folder that contains the group, and the groups of the other tiles. */
  readonly folder: TilesFolder;
  /** Reads its metadata. @throws IsoluxError `corrupt`, `unsupported`, `invalid` */
  open(): Promise<StoredImage>;
}

/** A view of a project of BigStitcher at a time point: an image in HDF5 or N5. */
export interface ViewTile extends TileImageParts {
  readonly kind: "view";
  readonly setup: number;
  readonly time: number;
  /** Finest first. */
  readonly levels: readonly PixelLevel[];
  /** Where it lies, in the directions of the images; `undefined` where nothing says so. */
  readonly positionUmZyx: Zyx | undefined;
}

/** A tile with an image of its own, in whatever format. */
export type TileImage = StoredTile | ViewTile;

/** The XML file of a project of BigStitcher, and the file or folder of its pixels. */
export interface ProjectSource {
  readonly text: string;
  readonly file: StoredFolder;
  readonly data: StoredFolder;
}

/** A folder in a store. */
export interface StoredFolder {
  readonly store: ReadableStore;
  readonly key: string;
}

/** A folder of groups of tiles. */
export interface TilesFolder extends StoredFolder {
  /** The XML file through which the tiles were opened, and its folder. */
  readonly openedThrough?: StoredFolder;
}

/** A sentence about an image without a table of tiles. */
export function describeMissingTable({ tileSource }: Acquisition): string {
  const others = tileSource?.otherTables ?? [];
  const tables = others.length === 1 ? `${others[0]} holds` : `${others.join(", ")} hold`;
  const rest = others.length === 0 ? "" : ` ${tables} other regions than tiles.`;
  return `The image has no table of tiles (FOV_ROI_table): all of it counts as one tile.${rest}`;
}

/** The full-resolution level. */
export function fullResolution<Kind extends PixelLevel>({ levels }: { readonly levels: readonly Kind[] }): Kind {
  return levels[0]!;
}
