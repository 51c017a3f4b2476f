/** All pixels of an array, as a test compares them. */
import type { PixelArray } from "../../src/shapes.ts";
import { openArray, type ZarrArray } from "../../src/zarr/array.ts";
import { readBox } from "../../src/zarr/box.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";

/** All pixels of an array, in the order of its axes. */
export async function pixelsOfArray(array: ZarrArray): Promise<PixelArray> {
  const { shape } = array.metadata;
  return await readBox(
    array,
    shape.map(() => 0),
    shape,
  );
}

/** The array of a level of an image in a folder. */
export async function levelOf(image: string, level = 0): Promise<ZarrArray> {
  return await openArray(new DirectoryStore(image), String(level));
}

/** All pixels of a level of an image in a folder. */
export async function pixelsOf(image: string, level = 0): Promise<PixelArray> {
  return await pixelsOfArray(await levelOf(image, level));
}
