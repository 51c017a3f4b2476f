import type { GeoTIFFImage } from "geotiff";
import { decodePng, isPng } from "../../acquisition/pages/png.ts";
import { checkIsBrightness, findDirectories, shapeOfPage, unreadableTiff } from "../../acquisition/pages/tiff-page.ts";
import { checkExtent, imageOfPage, loadGeotiff } from "../../acquisition/pages/tiff-unpacking.ts";
import { IsoluxError } from "../../errors.ts";
import { limits, tooLarge } from "../../limits.ts";
import { elementCount, type Yx } from "../../shapes.ts";
import { decodeNpy } from "../npy.ts";
import { littleEndianBytes } from "../npy-elements.ts";
import { checkPixels, type RawImage } from "../validate.ts";
import { decodeMat } from "./mat.ts";

/**
 * All images of a TIFF, PNG, `.npy` or `.mat` file; its content decides, not its name. `where` names it in messages.
 * @param mostPixels images of more are refused, before any of them takes memory
 * @throws IsoluxError `unsupported` for other files, and as the readers of these
 */
export async function decodeImageFile(
  bytes: Uint8Array,
  where: string,
  mostPixels: number = limits.pagePixels,
): Promise<readonly RawImage[]> {
  if (isTiff(bytes)) return decodeTiff(bytes, where, mostPixels);
  if (isPng(bytes)) return [decodePng(bytes, where, (pixels) => checkPixels(pixels, mostPixels, where))];
  if (bytes[0] === 0x93) return [numbersOf(bytes, where)];
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 128));
  if (/^MATLAB|(IM|MI)$/.test(start)) return [decodeMat(bytes, where, mostPixels)];
  throw new IsoluxError({
    kind: "unsupported",
    what: "The file is not one that profiles are read from",
    where,
    found: bytes.length === 0 ? "an empty file" : start.startsWith("PK") ? "a zip archive" : "another format",
    expected: "a .npz, .npy, .mat, TIFF or PNG file",
  });
}

function numbersOf(bytes: Uint8Array, where: string): RawImage {
  const array = decodeNpy(bytes, where);
  if (array.kind === "numbers") return array;
  throw new IsoluxError({
    kind: "invalid",
    what: "The array holds text",
    where,
    found: array.dtype,
    expected: "numbers",
  });
}

// Images of numbers in TIFF files: reading by geotiff (tiles, strips, compression, BigTIFF), writing plain float32.
// @see https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf

/** Whether bytes begin as a TIFF or BigTIFF file does. */
function isTiff(bytes: Uint8Array): boolean {
  return /^(II[*+]\0|MM\0[*+])/.test(String.fromCharCode(...bytes.subarray(0, 4)));
}

/**
 * All images of a file: one for each page and, within a page of several values a pixel, one for each of them.
 * @throws IsoluxError `corrupt` where it cannot be read
 */
export async function decodeTiff(
  bytes: Uint8Array,
  where: string,
  mostPixels: number = limits.pagePixels,
): Promise<RawImage[]> {
  const { fromArrayBuffer } = await loadGeotiff();
  try {
    const tiff = await fromArrayBuffer(new Uint8Array(bytes).buffer);
    const images: RawImage[] = [];
    const pages = await findDirectories(tiff, bytes.length);
    if (pages.count > limits.profilePages) {
      throw tooLarge("A TIFF file has too many pages for a profile", where, limits.profilePages, `${pages.count}`);
    }
    let pixels = 0;
    for (let page = 0; page < pages.count; page++) {
      const directory = await pages.read(page);
      await checkExtent(directory, bytes.length, where, mostPixels);
      // Many pages of a few packed bytes each would take all memory as well as one
      pixels += elementCount(shapeOfPage(directory));
      checkPixels(pixels, 4 * mostPixels, where);
      const image = await imageOfPage(directory, tiff);
      images.push(...(await readPage(image, where)));
    }
    return images;
  } catch (cause) {
    if (cause instanceof IsoluxError) throw cause;
    throw unreadableTiff(cause, where, bytes.length);
  }
}

async function readPage(image: GeoTIFFImage, where: string): Promise<RawImage[]> {
  checkIsBrightness(image.getFileDirectory(), where);
  const shape = [image.getHeight(), image.getWidth()];
  const rasters = await image.readRasters();
  return rasters.map((data) => ({ shape, data }));
}

/** The tags of a page, in the order of their numbers. */
const tags = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  offset: 273,
  samples: 277,
  rowsPerStrip: 278,
  bytes: 279,
  planar: 284,
  sampleFormat: 339,
} as const;
const directoryBytes = 2 + 12 * Object.keys(tags).length + 4;

/** Writes float32 images of one shape, each a page: uncompressed, little-endian, one strip a page. */
export function encodeTiff(images: readonly Float32Array[], shapeYx: Yx): Uint8Array {
  const pageBytes = 4 * shapeYx[0] * shapeYx[1];
  const bytes = new Uint8Array(8 + images.length * (directoryBytes + pageBytes));
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("II*\0"));
  view.setUint32(4, 8, true);
  for (const [page, image] of images.entries()) {
    const at = 8 + page * directoryBytes;
    const offset = 8 + images.length * directoryBytes + page * pageBytes;
    writeDirectory(view, at, shapeYx, offset, page + 1 < images.length ? at + directoryBytes : 0);
    bytes.set(littleEndianBytes(image), offset);
  }
  return bytes;
}

function writeDirectory(view: DataView, start: number, [height, width]: Yx, offset: number, next: number): void {
  const values: Readonly<Record<keyof typeof tags, number>> = {
    width,
    height,
    bits: 32,
    compression: 1,
    photometric: 1,
    offset,
    samples: 1,
    rowsPerStrip: height,
    bytes: 4 * height * width,
    planar: 1,
    sampleFormat: 3,
  };
  const [short, long] = [3, 4];
  const longs = new Set<number>([tags.width, tags.height, tags.offset, tags.rowsPerStrip, tags.bytes]);
  view.setUint16(start, Object.keys(tags).length, true);
  let at = start + 2;
  for (const [name, tag] of Object.entries(tags)) {
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, longs.has(tag) ? long : short, true);
    view.setUint32(at + 4, 1, true);
    // A short lies in the first half of its field: the same bytes, as all is little-endian.
    view.setUint32(at + 8, values[name as keyof typeof tags], true);
    at += 12;
  }
  view.setUint32(at, next, true);
}
