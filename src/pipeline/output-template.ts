import { geometryOf } from "../acquisition/array-axes.ts";
import { Level } from "../acquisition/level.ts";
import type { Axes } from "../ngff/axes.ts";
import type { Group } from "../ngff/group.ts";
import { arrayBytes, elementCount, type PixelType, type Zyx } from "../shapes.ts";
import { ZarrArray } from "../zarr/array.ts";
import type { JsonObject } from "../zarr/json.ts";
import type { ArrayMetadata, ZarrFormat } from "../zarr/metadata.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import type { ImageSource } from "./image-source.ts";
import { chunkGrid, type LevelGeometry } from "./level-geometry.ts";
import type { Location } from "./location.ts";

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
  /** Whether label images are copied. */
  readonly copiesLabels?: boolean;
  /** Writes what does not depend on the correction: groups, the arrays' metadata, tables. */
  writeUnchanged(image: Location): Promise<void>;
}

/** What an output will be: one image, or a folder with one for every tile and channel. */
export interface OutputTemplate {
  readonly images: readonly OutputImage[];
  /** The group that holds the images, where they are in a folder. */
  readonly folder?: Group;
  /** Files that belong to the output and lie beside it. */
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

/** The extents of all levels of an image and of their chunks. */
export function geometries({ levels }: Pick<ImagePart, "levels">): LevelGeometry[] {
  return levels.map(({ metadata, axes }) => geometryOf(metadata, axes));
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
