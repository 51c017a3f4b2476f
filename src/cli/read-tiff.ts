import { basename, dirname } from "node:path";
import { openTiffPlanes } from "../acquisition/pages/tiff-planes.ts";
import { IsoluxError } from "../errors.ts";
import type { ImageStack } from "../estimate/basic/image-stack.ts";
import { elementCount } from "../shapes.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import { fittablePixels } from "./fittable-pixels.ts";

/**
 * Reads a TIFF or BigTIFF file with one page a plane, or as ImageJ writes it.
 * @throws IsoluxError `unsupported` for colour pages, `invalid` for pages of different sizes, `corrupt` where the file
 *   cannot be read, `memory` where it is too large
 */
export async function readTiffStack(path: string): Promise<ImageStack> {
  const { planeCount, shapeYx, readRows } = await openTiffPlanes(new DirectoryStore(dirname(path)), basename(path));
  const planePixels = elementCount(shapeYx);
  const first = fittablePixels(await readRows(0, 0, shapeYx[0]));
  const pixels = allocateLike(first, planeCount * planePixels, path);
  pixels.set(first);
  for (let plane = 1; plane < planeCount; plane++) {
    pixels.set(fittablePixels(await readRows(plane, 0, shapeYx[0])), plane * planePixels);
  }
  return { pixels, planeCount, shapeYx };
}

function allocateLike(pixels: ImageStack["pixels"], length: number, path: string): ImageStack["pixels"] {
  try {
    return new (pixels.constructor as new (length: number) => ImageStack["pixels"])(length);
  } catch (cause) {
    throw new IsoluxError({
      kind: "memory",
      what: "The file is too large to be held in memory",
      where: path,
      found: `${length * pixels.BYTES_PER_ELEMENT} bytes`,
      advice: "Fit fewer planes, or save them at a lower resolution",
      cause,
    });
  }
}
