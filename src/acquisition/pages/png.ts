/**
 * Greyscale images of 8 and 16 bits in PNG files.
 * @see https://www.w3.org/TR/png-3/
 */

import { zlibSync } from "fflate";
import { concatenate } from "../../concatenate.ts";
import { IsoluxError } from "../../errors.ts";
import { limits, tooLarge } from "../../limits.ts";
import { elementCount, formatShape, type Yx } from "../../shapes.ts";
import { crc32 } from "../../zarr/codecs/checksums.ts";
import { inflateAtMost } from "../../zarr/codecs/gzip.ts";

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const colourTypes: Readonly<Record<number, string>> = {
  2: "colours",
  3: "a palette of colours",
  4: "grey with transparency",
  6: "colours with transparency",
};

/** What a file says of its pixels. */
interface PngHeader {
  readonly shapeYx: Yx;
  readonly bytesPerSample: 1 | 2;
  /** Values of a pixel: 1, or 3 colours. */
  readonly samples: 1 | 3;
}

/** A greyscale image. */
interface GreyImage {
  readonly shape: Yx;
  readonly data: Uint8Array | Uint16Array;
}

/** The bytes at the start of a file that contain its header. */
export const pngHeaderBytes = 33;

/** Whether bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return signature.every((byte, at) => bytes[at] === byte);
}

/**
 * Reads a greyscale image, or one whose three colours are the same.
 * @param checkPixels refuses a number of pixels that is too large, before any of them takes memory
 * @throws IsoluxError `corrupt`; `unsupported` for colours, transparency, interlacing
 */
export function decodePng(
  bytes: Uint8Array,
  where: string,
  checkPixels: (pixels: number) => void = (pixels) => checkPagePixels(pixels, where),
): GreyImage {
  let header: PngHeader | undefined;
  const packed: Uint8Array[] = [];
  for (const { type, data } of readChunks(bytes, where)) {
    if (type === "IHDR") header = readHeader(data, where);
    if (type === "IDAT") packed.push(data);
  }
  if (header === undefined || packed.length === 0) throw damaged(where);
  const { shapeYx, bytesPerSample, samples } = header;
  checkPixels(elementCount(shapeYx));
  const bytesPerPixel = bytesPerSample * samples;
  const rowBytes = shapeYx[1] * bytesPerPixel;
  const rows = inflated(concatenate(Uint8Array, packed), shapeYx[0] * (rowBytes + 1), where);
  const pixels = unfilter(rows, shapeYx[0], rowBytes, bytesPerPixel, where);
  const values = bytesPerSample === 1 ? pixels : fromBigEndian(pixels);
  return { shape: shapeYx, data: samples === 1 ? values : greyOf(values, where) };
}

/** One of three colours that are the same everywhere. */
function greyOf(colours: Uint8Array | Uint16Array, where: string): Uint8Array | Uint16Array {
  const isGrey = colours.every((value, at) => value === colours[at - (at % 3)]);
  if (!isGrey) throw unreadForm(colourTypes[2]!, where);
  return colours.filter((_, at) => at % 3 === 0);
}

/** The rows, columns and bits of a greyscale image, by the first bytes of its file. @throws IsoluxError as {@link decodePng} */
export function readPngHeader(start: Uint8Array, where: string): { shapeYx: Yx; typeName: "uint8" | "uint16" } {
  if (!isPng(start) || start.length < pngHeaderBytes) throw damaged(where);
  const { shapeYx, bytesPerSample } = readHeader(start.subarray(signature.length + 8, signature.length + 21), where);
  checkPagePixels(elementCount(shapeYx), where);
  return { shapeYx, typeName: bytesPerSample === 1 ? "uint8" : "uint16" };
}

function checkPagePixels(pixels: number, where: string): void {
  if (pixels > limits.pagePixels) throw tooLarge("A PNG image is too large", where, limits.pagePixels, String(pixels));
}

function* readChunks(bytes: Uint8Array, where: string): Generator<{ type: string; data: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = signature.length; ; ) {
    if (at + 12 > bytes.length || at + 12 + view.getUint32(at) > bytes.length) throw damaged(where);
    const end = at + 8 + view.getUint32(at);
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) throw damaged(where);
    const type = new TextDecoder("latin1").decode(bytes.subarray(at + 4, at + 8));
    if (type === "IEND") return;
    yield { type, data: bytes.subarray(at + 8, end) };
    at = end + 4;
  }
}

function readHeader(data: Uint8Array, where: string): PngHeader {
  if (data.length !== 13) throw damaged(where);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [bits, colourType, interlaced] = [data[8]!, data[9]!, data[12] !== 0];
  const shapeYx: Yx = [view.getUint32(4), view.getUint32(0)];
  if ((colourType === 0 || colourType === 2) && (bits === 8 || bits === 16) && !interlaced) {
    return { shapeYx, bytesPerSample: bits === 8 ? 1 : 2, samples: colourType === 0 ? 1 : 3 };
  }
  throw unreadForm(colourTypes[colourType] ?? (interlaced ? "interlaced rows" : `${bits} bits a pixel`), where);
}

function unreadForm(found: string, where: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "The PNG image is of a form that is not read",
    where,
    found,
    expected: "plain grey of 8 or 16 bits",
    advice: "Save it as 16-bit greyscale, or as TIFF",
  });
}

function inflated(packed: Uint8Array, wanted: number, where: string): Uint8Array {
  // Deflate packs at most 1032 to 1: a larger claim is a damaged header, not a reason to allocate.
  if (wanted > 1032 * packed.length + 1032) throw damaged(where);
  try {
    const bytes = inflateAtMost(packed, wanted);
    if (bytes.length === wanted) return bytes;
  } catch (cause) {
    throw damaged(where, cause);
  }
  throw damaged(where);
}

/** Each row begins with the number of its filter, which says what was taken off its bytes. */
function unfilter(rows: Uint8Array, height: number, rowBytes: number, step: number, where: string): Uint8Array {
  const pixels = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (rowBytes + 1)]!;
    const from = y * (rowBytes + 1) + 1;
    const to = y * rowBytes;
    if (filter > 4) throw damaged(where);
    for (let x = 0; x < rowBytes; x++) {
      const left = x < step ? 0 : pixels[to + x - step]!;
      const above = y === 0 ? 0 : pixels[to + x - rowBytes]!;
      const corner = x < step || y === 0 ? 0 : pixels[to + x - rowBytes - step]!;
      pixels[to + x] = rows[from + x]! + predicted(filter, left, above, corner);
    }
  }
  return pixels;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function fromBigEndian(bytes: Uint8Array): Uint16Array {
  const view = new DataView(bytes.buffer);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, at) => view.getUint16(2 * at));
}

function damaged(where: string, cause?: unknown): IsoluxError {
  return new IsoluxError({ kind: "corrupt", what: "A PNG image is damaged or cut short", where, cause });
}

/**
 * Writes a greyscale image of 8 or 16 bits or, with a palette of red, green and blue bytes, one of 8 bits in colour.
 * @throws RangeError where the pixels do not fill the shape
 */
export function encodePng(pixels: Uint8Array | Uint16Array, shapeYx: Yx, palette?: Uint8Array): Uint8Array {
  const [height, width] = shapeYx;
  if (pixels.length !== elementCount(shapeYx)) throw new RangeError(`pixels for ${formatShape(shapeYx)}`);
  const header = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 8 * pixels.BYTES_PER_ELEMENT, palette ? 3 : 0, 0, 0, 0]);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  const rows = pixels instanceof Uint16Array ? plainRows(pixels, shapeYx) : filteredRows(pixels, shapeYx);
  return concatenate(Uint8Array, [
    Uint8Array.from(signature),
    chunk("IHDR", header),
    ...(palette === undefined ? [] : [chunk("PLTE", palette)]),
    chunk("IDAT", zlibSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function plainRows(pixels: Uint16Array, [height, width]: Yx): Uint8Array {
  const rows = new Uint8Array(height * (2 * width + 1));
  const view = new DataView(rows.buffer);
  for (let y = 0; y < height; y++) {
    // A row's first byte says that nothing was taken off the others.
    for (let x = 0; x < width; x++) view.setUint16(y * (2 * width + 1) + 1 + 2 * x, pixels[y * width + x]!);
  }
  return rows;
}

/** Rows less those above them, which makes pictures smaller. */
function filteredRows(pixels: Uint8Array, [height, width]: Yx): Uint8Array {
  const rows = new Uint8Array(height * (width + 1));
  for (let y = 0, at = 0; y < height; y++) {
    rows[at++] = 2;
    for (let x = 0; x < width; x++) rows[at++] = pixels[y * width + x]! - (y === 0 ? 0 : pixels[(y - 1) * width + x]!);
  }
  return rows;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
