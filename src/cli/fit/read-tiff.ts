/** Reads the planes of one channel from a TIFF file. */

import { basename, dirname } from "node:path";
import { type ChannelPages, channelPages } from "../../acquisition/pages/channel-pages.ts";
import { descriptionOf } from "../../acquisition/pages/tiff-page.ts";
import { openTiffPlanes, type TiffPlanes } from "../../acquisition/pages/tiff-planes.ts";
import { IsoluxError } from "../../errors.ts";
import type { ImageStack } from "../../estimate/basic/parameters.ts";
import { formatCount } from "../../quantities.ts";
import { elementCount } from "../../shapes.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { fittablePixels } from "./fittable-pixels.ts";

/** The limit of what is held of a stack, in bytes; or in planes, if those are more. */
const mostHeld = { bytes: 2 ** 29, planes: 200 } as const;

/** A stack of planes, and how many planes the file has of it. */
export interface SampledStack extends ImageStack {
  readonly planesInFile: number;
}

/**
 * Reads a TIFF or BigTIFF file with one page a plane, or as ImageJ writes it, one plane after another. Of more planes
 * than are held, evenly spread ones are read, so that memory does not grow with the file.
 * @param channel its name or number, from 1, where the file has several
 * @param most how much is held
 * @throws IsoluxError `usage` where a channel has to be chosen, `unsupported` for colour pages, `invalid` for pages of
 * different sizes, `corrupt` where the file cannot be read, `memory` where it is too large
 */
export async function readTiffStack(
  path: string,
  channel?: string,
  most: { readonly bytes: number; readonly planes: number } = mostHeld,
): Promise<SampledStack> {
  const file = await openTiffPlanes(new DirectoryStore(dirname(path)), basename(path));
  const { shapeYx, readRows } = file;
  const all = pagesOf(await channelsIn(file, path), channel, path);
  const planePixels = elementCount(shapeYx);
  const first = fittablePixels(await readRows(all[0]!, 0, shapeYx[0]));
  const planes = spread(all, Math.max(most.planes, Math.floor(most.bytes / first.byteLength)));
  const pixels = allocateLike(first, planes.length * planePixels, path);
  pixels.set(first);
  for (const [index, plane] of planes.entries()) {
    if (index > 0) pixels.set(fittablePixels(await readRows(plane, 0, shapeYx[0])), index * planePixels);
  }
  return { pixels, planeCount: planes.length, shapeYx, planesInFile: all.length };
}

/** At most `most` of the planes, evenly spread from the first on. */
function spread(planes: readonly number[], most: number): readonly number[] {
  if (planes.length <= most) return planes;
  return Array.from({ length: most }, (_, n) => planes[Math.floor((n * planes.length) / most)]!);
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

/** How often a file's channels are to be fitted one by one: the number of each, from 1; none where it has only one. */
export async function tiffChannels(path: string): Promise<string[]> {
  const file = await openTiffPlanes(new DirectoryStore(dirname(path)), basename(path));
  const { pages } = await channelsIn(file, path);
  return pages.length === 1 ? [] : pages.map((_, index) => String(index + 1));
}

async function channelsIn({ firstPage, planeCount }: TiffPlanes, path: string): Promise<ChannelPages> {
  return channelPages(await descriptionOf(firstPage), planeCount, basename(path), path);
}

/**
 * The pages of one channel.
 * @param channel a name, or a number from 1; needed where the file has several
 * @throws IsoluxError `usage` where a choice is needed or not possible
 */
export function pagesOf(found: ChannelPages, channel: string | undefined, where: string): readonly number[] {
  const { names, pages } = found;
  if (channel === undefined) {
    if (pages.length > 1) throw severalChannels(found, where);
    return pages[0]!;
  }
  const index = names.includes(channel) ? names.indexOf(channel) : Number(channel) - 1;
  const chosen = pages[index];
  if (chosen === undefined) throw unknownChannel(channel, found, where);
  return chosen;
}

function severalChannels(found: ChannelPages, where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "The file holds several channels, each with its own illumination",
    where,
    found: listed(found),
    advice: "Name one with --channel, or fit all into files of ASHLAR with --output NAME-ffp.tif",
  });
}

function unknownChannel(channel: string, found: ChannelPages, where: string): IsoluxError {
  const what = "The file has no such channel";
  return new IsoluxError({ kind: "usage", what, where, found: `--channel ${channel}`, expected: listed(found) });
}

function listed({ names, pages }: ChannelPages): string {
  const each = names.map((name, index) => (name === undefined ? String(index + 1) : `${index + 1} (${name})`));
  return `channel${pages.length === 1 ? "" : "s"} ${each.join(", ")} of ${formatCount(pages[0]!.length, "plane")}`;
}
