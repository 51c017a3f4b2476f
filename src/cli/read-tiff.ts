import { basename, dirname } from "node:path";
import { descriptionOf } from "../acquisition/pages/tiff-page.ts";
import { openTiffPlanes } from "../acquisition/pages/tiff-planes.ts";
import { IsoluxError } from "../errors.ts";
import type { ImageStack } from "../estimate/basic/image-stack.ts";
import { elementCount } from "../shapes.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import { fittablePixels } from "./fittable-pixels.ts";
import { planesOfChannel } from "./tiff-channels.ts";

/**
 * Reads a TIFF or BigTIFF file with one page a plane, or as ImageJ writes it.
 * @param channel its name or number, from 1, where the file has several
 * @throws IsoluxError `usage` where a channel has to be chosen, `unsupported` for colour pages, `invalid` for pages of different sizes, `corrupt` where the file
 *   cannot be read, `memory` where it is too large
 */
export async function readTiffStack(path: string, channel?: string): Promise<ImageStack> {
  const file = await openTiffPlanes(new DirectoryStore(dirname(path)), basename(path));
  const { shapeYx, readRows, firstPage } = file;
  const planes = planesOfChannel(await descriptionOf(firstPage), file.planeCount, channel, path);
  const planePixels = elementCount(shapeYx);
  const first = fittablePixels(await readRows(planes[0]!, 0, shapeYx[0]));
  const pixels = allocateLike(first, planes.length * planePixels, path);
  pixels.set(first);
  for (const [index, plane] of planes.entries()) {
    if (index > 0) pixels.set(fittablePixels(await readRows(plane, 0, shapeYx[0])), index * planePixels);
  }
  return { pixels, planeCount: planes.length, shapeYx };
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
