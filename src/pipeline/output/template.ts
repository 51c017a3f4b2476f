/** The template of an output: which images and arrays it has, and which pixels of the source each is made of. */
import { type Acquisition, fullResolution, type TileImage } from "../../acquisition/acquisition.ts";
import { geometryOf } from "../../acquisition/array-axes.ts";
import { Level, type PixelLevel } from "../../acquisition/level.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import type { CorrectionField } from "../../correct/field.ts";
import { unreachable } from "../../errors.ts";
import type { Axes } from "../../ngff/axes.ts";
import type { Group } from "../../ngff/group.ts";
import { arrayBytes, boxShape, elementCount, type PixelType, type Zyx } from "../../shapes.ts";
import type { Tile } from "../../tiles/tile.ts";
import { ZarrArray } from "../../zarr/array.ts";
import type { JsonObject } from "../../zarr/json.ts";
import type { ArrayMetadata, ZarrFormat } from "../../zarr/metadata/metadata.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { Location } from "../places/location.ts";
import { chunkGrid } from "./level-geometry.ts";

/** A level of an output: its key below the image, and what its array is. */
export interface OutputLevel {
  readonly path: string;
  readonly metadata: ArrayMetadata;
  readonly axes: Axes;
  readonly factorsZyx: Zyx;
}

/** What an image of an output is made of. */
export interface ImagePart {
  /** Its key below the output; empty where the output is the image. */
  readonly key: string;
  readonly levels: readonly OutputLevel[];
  readonly source: ImageSource;
}

/** What an output image will be, decided before it is written. */
export interface OutputImage extends ImagePart {
  readonly zarrFormat: ZarrFormat;
  /** The attributes to start from. */
  readonly attributes: JsonObject;
  /** Whether tables and label images are copied byte for byte. */
  readonly copiesLabels?: boolean;
  /** The names of the tables whose content it has, where it does not copy all of them byte for byte. */
  tablesKept?(): Promise<readonly string[]>;
  /** The names of the objects that are copied from the source byte for byte: its tables and labels. */
  copied?(): Promise<readonly string[]>;
  /**
   * Writes what does not depend on the correction: groups, the arrays' metadata, tables.
   * @param without what is copied byte for byte, where that is left to the caller
   */
  writeUnchanged(image: Location, without?: "copies"): Promise<void>;
}

/** The template of an output: one image, or a folder with one for every tile and channel. */
export interface OutputTemplate {
  readonly images: readonly OutputImage[];
  /** The group that holds the images, where they are in a folder. */
  readonly folder?: Group;
  /** Files of the output that lie beside it. */
  readonly beside?: readonly FileBeside[];
}

/** A small file that lies beside an output. */
export interface FileBeside {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The extents of an image's full resolution and of its chunks. */
export function fullGeometry({ levels }: Pick<ImagePart, "levels">) {
  return geometryOf(levels[0]!.metadata, levels[0]!.axes);
}

/** The type of an output's pixels. */
export function outputType({ images }: Pick<OutputTemplate, "images">): PixelType {
  return images[0]!.levels[0]!.metadata.type;
}

/** The chunks of an output's full resolution. */
export function chunkCount({ images }: OutputTemplate): number {
  return images.reduce((sum, image) => sum + elementCount(chunkGrid(fullGeometry(image))), 0);
}

/** The bytes of the pixels of an output's full resolution. */
export function outputBytes({ images }: OutputTemplate): number {
  const bytes = images.map(({ levels }) => arrayBytes(levels[0]!.metadata.type, levels[0]!.metadata.shape));
  return bytes.reduce((sum, one) => sum + one, 0);
}

/** The levels of an image of the output that lies at `key`. */
export function outputLevels(image: Pick<ImagePart, "key" | "levels">, store: ReadableStore, key: string): Level[] {
  return image.levels.map(({ path, metadata, factorsZyx, axes }) => {
    return new Level(new ZarrArray(store, joinKey(key, image.key, path), metadata), factorsZyx, axes);
  });
}

/** The pixels of an acquisition for one image of the output: all of them, or one of its tile images. */
type ImageSource = { readonly kind: "mosaic" } | { readonly kind: "tile"; readonly index: number };

/** What makes an image: its source pixels, and how they are corrected. */
interface ImageParts {
  /** The full resolution of the source. */
  readonly source: PixelLevel;
  /** Positions of its tiles in the image. */
  readonly tiles: readonly Tile[];
  /** Per channel of the image. */
  readonly fields: readonly (readonly CorrectionField[])[];
}

/** Finds what makes an image. @param fields per channel of the acquisition */
export async function partsOfImage(
  acquisition: Acquisition,
  source: ImageSource,
  fields: readonly (readonly CorrectionField[])[],
): Promise<ImageParts> {
  switch (source.kind) {
    case "mosaic":
      return mosaicParts(acquisition, fields);
    case "tile": {
      const image = tileImage(acquisition, source.index);
      const ofChannels = image.channels.map((channel) => fields[channel]!);
      const full = fullResolution<PixelLevel>(image.kind === "stored" ? await image.open() : image);
      return { source: full, tiles: [aloneInImage(image)], fields: ofChannels };
    }
    default:
      return unreachable(source);
  }
}

/** The channels of every time point of a time lapse have the same fields, in turn. */
function mosaicParts(acquisition: Acquisition, fields: readonly (readonly CorrectionField[])[]): ImageParts {
  const source = storedLevel(fullResolution(acquisition));
  const { tilesOfOneTime: tiles = acquisition.tiles } = acquisition;
  const channels = source.shapeCzyx[0];
  return { source, tiles, fields: Array.from({ length: channels }, (_, channel) => fields[channel % fields.length]!) };
}

/** The channels of the acquisition, by index, that an image has, in its order. */
export function channelsOfImage(acquisition: Acquisition, source: ImageSource): readonly number[] {
  if (source.kind === "mosaic") return acquisition.channels.map(({ index }) => index);
  return tileImage(acquisition, source.index).channels;
}

/** The tiles of the acquisition that an image shows. */
export function tilesOfImage(acquisition: Acquisition, source: ImageSource): readonly Tile[] {
  return source.kind === "mosaic" ? acquisition.tiles : [tileImage(acquisition, source.index).tile];
}

function tileImage({ tileImages }: Acquisition, index: number): TileImage {
  return tileImages![index]!;
}

/** A tile as placed in an image that shows nothing else. */
function aloneInImage({ tile, channels }: TileImage): Tile {
  return {
    ...tile,
    box: { start: [0, 0, 0], stop: boxShape(tile.box) },
    sides: channels.map((channel) => tile.sides?.[channel]),
  };
}
