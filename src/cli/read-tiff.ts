import { fromFile, type GeoTIFF, type GeoTIFFImage } from "geotiff";
import { IsoluxError } from "../errors.ts";
import type { ImageStack } from "../estimate/basic/image-stack.ts";
import { elementCount, formatShape, type Yx } from "../shapes.ts";
import { fittablePixels } from "./fittable-pixels.ts";
import { readBytes } from "./read-bytes.ts";

/**
 * Reads a TIFF or BigTIFF file with one page a plane.
 * @throws IsoluxError `unsupported` for colour pages, `invalid` for pages of different sizes, `corrupt` where the file
 *   cannot be read
 */
export async function readTiffStack(path: string): Promise<ImageStack> {
  const tiff = await opened(path);
  try {
    const first = await tiff.getImage(0);
    const pageCount = await tiff.getImageCount();
    const described = await planesDescribedByImageJ(first);
    if (pageCount === 1 && described > 1) return await readContiguous(path, first, described);
    return await readPages(path, tiff, pageCount);
  } catch (cause) {
    if (cause instanceof IsoluxError) throw cause;
    throw unreadable(path, cause);
  } finally {
    await tiff.close();
  }
}

async function opened(path: string): Promise<GeoTIFF> {
  try {
    return await fromFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): IsoluxError {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new IsoluxError({ kind: "corrupt", what: "The TIFF file cannot be read", where: path, found, cause });
}

async function readPages(path: string, tiff: GeoTIFF, pageCount: number): Promise<ImageStack> {
  let pixels: ImageStack["pixels"] | undefined;
  let shapeYx: Yx = [0, 0];
  for (let page = 0; page < pageCount; page++) {
    const image = await tiff.getImage(page);
    const plane = await readPlane(image, path);
    if (pixels === undefined) {
      shapeYx = shapeOf(image);
      pixels = new (plane.constructor as new (length: number) => typeof plane)(pageCount * plane.length);
    }
    if (formatShape(shapeOf(image)) !== formatShape(shapeYx)) {
      throw new IsoluxError({
        kind: "invalid",
        what: `Page ${page + 1} has another size than the first`,
        where: path,
        found: formatShape(shapeOf(image)),
        expected: formatShape(shapeYx),
      });
    }
    pixels.set(plane, page * plane.length);
  }
  return { pixels: pixels!, planeCount: pageCount, shapeYx };
}

function shapeOf(image: GeoTIFFImage): Yx {
  return [image.getHeight(), image.getWidth()];
}

async function readPlane(image: GeoTIFFImage, path: string): Promise<ImageStack["pixels"]> {
  const samples = image.getSamplesPerPixel();
  if (samples === 1) return fittablePixels(await image.readRasters({ interleave: true }));
  throw new IsoluxError({
    kind: "unsupported",
    what: "The pages have several values a pixel",
    where: path,
    found: `${samples} (colour?)`,
    expected: "1",
    advice: "Save each channel as a stack of its own",
  });
}

async function planesDescribedByImageJ(image: GeoTIFFImage): Promise<number> {
  const directory = image.getFileDirectory();
  const description = await directory.loadValue("ImageDescription");
  const text = typeof description === "string" ? description : "";
  const isPlain = Number(directory.getValue("Compression") ?? 1) === 1;
  return isPlain && text.startsWith("ImageJ=") ? Number(/^images=(\d+)/m.exec(text)?.[1] ?? 1) : 1;
}

/** ImageJ writes stacks beyond 4 GiB with one page only: the planes follow one another from where its pixels begin. */
async function readContiguous(path: string, image: GeoTIFFImage, planeCount: number): Promise<ImageStack> {
  const shapeYx = shapeOf(image);
  const plane = await readPlane(image, path);
  const offset = Number(await image.getFileDirectory().loadValueIndexed("StripOffsets", 0));
  const read = await readBytes(path, offset, planeCount * plane.byteLength);
  if (read.length < planeCount * plane.byteLength) {
    const found = `${Math.floor(read.length / plane.byteLength)} planes`;
    const expected = String(planeCount);
    throw new IsoluxError({ kind: "corrupt", what: "The TIFF file is cut short", where: path, found, expected });
  }
  const bytes = Buffer.from(read.buffer);
  if (!image.littleEndian && plane.BYTES_PER_ELEMENT === 2) bytes.swap16();
  if (!image.littleEndian && plane.BYTES_PER_ELEMENT === 4) bytes.swap32();
  const construct = plane.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => typeof plane;
  return {
    pixels: new construct(bytes.buffer, bytes.byteOffset, planeCount * elementCount(shapeYx)),
    planeCount,
    shapeYx,
  };
}
