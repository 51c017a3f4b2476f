import { allocatePixels, elementCount, type PixelArray, type PixelType } from "../../src/shapes.ts";
import { ZarrArray } from "../../src/zarr/array.ts";
import { chunksTouching, copyBox } from "../../src/zarr/box.ts";
import { encodeJson, type JsonObject } from "../../src/zarr/json.ts";
import { serializeArrayMetadata } from "../../src/zarr/metadata/version-2.ts";
import { joinKey, type WritableStore } from "../../src/zarr/store.ts";
import { plainMetadata } from "../support/plain-metadata.ts";

/** One array of a test image: three or four axes. */
export interface ImageArray {
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly type?: PixelType;
  readonly fillValue?: number;
  /** C order, of `shape`; without them no chunk is stored. */
  readonly pixels?: PixelArray;
  /** Chunks that are not stored. */
  readonly missing?: (coords: readonly number[]) => boolean;
}

/** An array of whatever pixel type with values that differ from pixel to pixel. */
export function patternedPixels(type: PixelType, shape: readonly number[], seed = 0): PixelArray {
  const largest = type === "uint8" ? 256 : 65536;
  const pixels = allocatePixels(type, elementCount(shape));
  for (let i = 0; i < pixels.length; i++) pixels[i] = (Math.imul(i + seed + 1, 2654435761) >>> 8) % largest;
  return pixels;
}

/** Writes an array and its chunks. */
export async function writeArray(store: WritableStore, key: string, given: ImageArray): Promise<ZarrArray> {
  const { shape, chunkShape, type = "uint16", fillValue = 0, pixels, missing } = given;
  const array = new ZarrArray(store, key, plainMetadata(shape, chunkShape, { type, fillValue }));
  await store.set(joinKey(key, ".zarray"), serializeArrayMetadata(array.metadata));
  if (pixels === undefined) return array;
  const origin = shape.map(() => 0);
  for (const coords of chunksTouching(chunkShape, origin, shape)) {
    if (missing?.(coords)) continue;
    const start = coords.map((coord, axis) => coord * chunkShape[axis]!);
    const extent = start.map((from, axis) => Math.min(chunkShape[axis]!, shape[axis]! - from));
    const chunk = allocatePixels(type, elementCount(chunkShape)).fill(fillValue);
    copyBox(pixels, shape, start, chunk, chunkShape, origin, extent);
    await store.set(array.chunkKey(coords), await array.encodeChunk(chunk));
  }
  return array;
}

/** The attributes of an image with the given scales of its levels; the axes are those of the first scale. */
export function imageAttributes(scales: readonly (readonly number[])[], more: JsonObject = {}): JsonObject {
  const axes = [
    { name: "c", type: "channel" },
    ...["z", "y", "x"].map((name) => ({ name, type: "space", unit: "micrometer" })),
  ].slice(-scales[0]!.length);
  const datasets = scales.map((scale, level) => ({
    path: String(level),
    coordinateTransformations: [{ type: "scale", scale }],
  }));
  return { multiscales: [{ version: "0.4", name: "raw_image", axes, datasets }], ...more };
}

/** Writes a group with attributes. */
export async function writeGroup(store: WritableStore, key: string, attributes?: JsonObject): Promise<void> {
  await store.set(joinKey(key, ".zgroup"), encodeJson({ zarr_format: 2 }));
  if (attributes !== undefined) await store.set(joinKey(key, ".zattrs"), encodeJson(attributes));
}

/** Writes an image whose levels have scales of 1. */
export async function writeImage(store: WritableStore, key: string, levels: readonly ImageArray[]): Promise<void> {
  await writeGroup(store, key, imageAttributes(levels.map(({ shape }) => shape.map(() => 1))));
  for (const [level, array] of levels.entries()) await writeArray(store, joinKey(key, String(level)), array);
}
