/**
 * The packed strips and tiles of TIFF files, unpacked no further than their pixels need: geotiff would go on to the end
 * of a stream, whatever that unpacks to.
 * @see https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf sections 9 and 13
 */
import type { BaseDecoder, GeoTIFF, GeoTIFFImage } from "geotiff";
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { formatShape } from "../../shapes.ts";
import { inflateAtMost } from "../../zarr/codecs/gzip.ts";
import { zstdContentBounds } from "../../zarr/codecs/zstd.ts";
import { loadZstd } from "../../zarr/codecs/zstd-engine.ts";
import { sampleTypeOfPage, shapeOfPage, type TiffDirectory } from "./tiff-page.ts";

/** Unpacks a strip or a tile up to `mostBytes` and slightly beyond, which shows that there would be too many. */
type Unpack = (packed: Uint8Array, mostBytes: number) => Uint8Array | Promise<Uint8Array>;

/** By the numbers that TIFF has for ways of packing; 1 is none. */
const ways: ReadonlyMap<number, Unpack> = new Map<number, Unpack>([
  [5, unpackLzw],
  [8, inflateAtMost],
  [32946, inflateAtMost],
  [32773, unpackBits],
  [50000, unpackZstd],
]);

/** The ways of packing that are read, by their numbers. */
const readWays: ReadonlySet<number> = new Set([1, ...ways.keys()]);

let loading: Promise<typeof import("geotiff")> | undefined;

/** The library that reads TIFF files, with our ways to unpack. */
export function loadGeotiff(): Promise<typeof import("geotiff")> {
  loading ??= import("geotiff").then((geotiff) => {
    for (const [way, unpack] of ways) {
      class Decoder extends geotiff.BaseDecoder {
        override async decodeBlock(buffer: ArrayBufferLike): Promise<ArrayBufferLike> {
          const most = blockBytes(this.parameters);
          const { bytesToSwap = 1 } = this.parameters as UnpackingParameters;
          const bytes = swapped(await unpack(new Uint8Array(buffer), most), bytesToSwap);
          if (bytes.length > most) throw new Error(`a strip or tile holds more than its ${most} bytes`);
          return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
        }
      }
      geotiff.addDecoder(way, async () => Decoder, parametersOf);
    }
    return geotiff;
  });
  return loading;
}

type UnpackingParameters = BaseDecoder["parameters"] & {
  /** Of how many bytes each number is, where they are to be put in the other order. */
  readonly bytesToSwap?: number;
};

/** Pages of big-endian files whose numbers are differences, which geotiff adds up as those of little-endian files. */
const bigEndianDifferences = new WeakSet<TiffDirectory>();
const [wholeDifferences, differencesOfFloats] = [2, 3];

/** A page as an image whose pixels geotiff reads. */
export async function imageOfPage(page: TiffDirectory, { littleEndian, source }: GeoTIFF): Promise<GeoTIFFImage> {
  const { GeoTIFFImage } = await loadGeotiff();
  const isPacked = (page.getValue("Compression") ?? 1) !== 1;
  const predictor = isPacked ? await page.loadValue("Predictor") : undefined;
  const areDifferences = predictor === wholeDifferences || predictor === differencesOfFloats;
  if (!littleEndian && predictor === wholeDifferences) bigEndianDifferences.add(page);
  // The parts of floats are put together to little-endian ones, whatever the file is.
  return new GeoTIFFImage(page, littleEndian || areDifferences, false, source);
}

/** Numbers of some bytes each with these in the other order. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  if (size === 1) return bytes;
  const other = new Uint8Array(bytes.length - (bytes.length % size));
  for (let at = 0; at < other.length; at++) other[at] = bytes[at - (at % size) + size - 1 - (at % size)]!;
  return other;
}

/** As geotiff finds them, but with strips no higher than the page. */
async function parametersOf(page: TiffDirectory): Promise<UnpackingParameters> {
  const isTiled = !page.hasTag("StripOffsets");
  const rows = page.getValue("ImageLength") ?? 0;
  return {
    tileWidth: page.getValue(isTiled ? "TileWidth" : "ImageWidth") ?? 0,
    tileHeight: isTiled ? (page.getValue("TileLength") ?? 0) : Math.min(rows, page.getValue("RowsPerStrip") || rows),
    planarConfiguration: page.getValue("PlanarConfiguration") ?? 1,
    bitsPerSample: page.getValue("BitsPerSample") ?? [1],
    predictor: (await page.loadValue("Predictor")) || 1,
    ...(bigEndianDifferences.has(page) && { bytesToSwap: (page.getValue("BitsPerSample")?.[0] ?? 8) / 8 }),
  };
}

function blockBytes({ tileWidth, tileHeight, planarConfiguration, bitsPerSample }: BaseDecoder["parameters"]): number {
  const bits = typeof bitsPerSample === "number" ? [bitsPerSample] : Array.from(bitsPerSample);
  const perPixel = planarConfiguration === 1 ? bits.reduce((sum, one) => sum + one, 0) : Math.max(...bits);
  return tileHeight * Math.ceil((tileWidth * perPixel) / 8);
}

async function unpackZstd(packed: Uint8Array, mostBytes: number): Promise<Uint8Array> {
  const bounds = zstdContentBounds(packed);
  // A stream of unknown size has blocks that may be full.
  if (bounds === undefined || bounds.least > mostBytes || bounds.most > 16 * (mostBytes + 2 ** 20)) {
    throw new Error("a zstd stream of another size");
  }
  const content = new Uint8Array(mostBytes + 1);
  const length = (await loadZstd()).decompress(packed, content);
  if (length < 0) throw new Error("a broken zstd stream");
  return content.subarray(0, length);
}

/** Runs and literals: a length below 0 repeats the byte that follows, others count the bytes that follow. */
function unpackBits(packed: Uint8Array, mostBytes: number): Uint8Array {
  const content = new Uint8Array(mostBytes + 1);
  let filled = 0;
  for (let at = 0; at < packed.length && filled <= mostBytes; ) {
    const count = packed[at++]!;
    if (count === 128) continue;
    const length = Math.min(count < 128 ? count + 1 : 257 - count, content.length - filled);
    if (count < 128) content.set(packed.subarray(at, at + length), filled);
    else content.fill(packed[at] ?? 0, filled, filled + length);
    at += count < 128 ? count + 1 : 1;
    filled += length;
  }
  return content.subarray(0, filled);
}

const [clearCode, endCode, mostCodes] = [256, 257, 4096];

/**
 * Codes of 9 to 12 bits, the first bit first: each stands for a string of bytes, and adds to the table the string before
 * it with the first byte of its own. A code is one bit longer one entry before the table needs it.
 */
function unpackLzw(packed: Uint8Array, mostBytes: number): Uint8Array {
  const content = new Uint8Array(mostBytes + 1);
  // Each string lies in the content already: where it begins there, and its length.
  const [starts, lengths] = [new Int32Array(mostCodes), new Int32Array(mostCodes)];
  let [filled, count, width, before, bit] = [0, endCode + 1, 9, -1, 0];
  while (bit + width <= 8 * packed.length && filled <= mostBytes) {
    const code = bitsAt(packed, bit, width);
    bit += width;
    if (code === endCode) break;
    if (code === clearCode) {
      [count, width, before] = [endCode + 1, 9, -1];
      continue;
    }
    if (code > count || (code === count && before < 0)) throw new Error("a broken LZW stream");
    const start = filled;
    if (before >= 0 && count < mostCodes) {
      // The string before, and the byte that is written next.
      [starts[count], lengths[count]] = [start - before, before + 1];
      count++;
    }
    if (code < clearCode) content[filled++] = code;
    else {
      const [from, length] = [starts[code]!, Math.min(lengths[code]!, content.length - filled)];
      for (let n = 0; n < length; n++) content[filled++] = content[from + n]!;
    }
    before = filled - start;
    width = count + 1 >= 2048 ? 12 : count + 1 >= 1024 ? 11 : count + 1 >= 512 ? 10 : 9;
  }
  return content.subarray(0, filled);
}

function bitsAt(bytes: Uint8Array, bit: number, width: number): number {
  const at = bit >>> 3;
  const word = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  return (word >>> (24 - (bit & 7) - width)) & ((1 << width) - 1);
}

// Whether the pages of a TIFF file can be as large as they say: what cannot be is refused before it takes memory.

/** The largest factor by which unpacking lengthens packed pixels: zstd packs 128 KiB into four bytes. */
const mostPacking = 2 ** 15;

/** What messages call them. */
const namesOfWays = "none, LZW, deflate, PackBits or zstd";

/**
 * Checks that a page can be what it says in a file of `fileBytes`, and that it has all its strips or tiles.
 * @throws IsoluxError `corrupt` where it cannot, `unsupported` for a way of packing that is not read
 */
export async function checkExtent(
  page: TiffDirectory,
  fileBytes: number,
  where: string,
  mostPixels: number = limits.pagePixels,
): Promise<void> {
  const [rows, columns] = shapeOfPage(page);
  const compression = page.getValue("Compression") ?? 1;
  if (!readWays.has(compression)) {
    const what = "The pixels of a TIFF file are compressed in a way that is not supported";
    throw new IsoluxError({
      kind: "unsupported",
      what,
      where,
      found: `compression ${compression}`,
      expected: namesOfWays,
    });
  }
  const samples = page.getValue("SamplesPerPixel") ?? 1;
  const bits = Number(/\d+$/.exec(sampleTypeOfPage(page))?.[0] ?? 1);
  const bytes = (rows * columns * samples * bits) / 8;
  const mostBytes = compression === 1 ? fileBytes : mostPacking * fileBytes;
  if (bytes > mostBytes || rows * columns * samples > mostPixels) {
    throw tooLargePage(page, `${fileBytes} bytes of file`, where);
  }
  const blocks = blockCount(page, rows, columns) * (page.getValue("PlanarConfiguration") === 2 ? samples : 1);
  const present = await offsetCount(page);
  if (present < blocks) throw tooLargePage(page, `${present} of ${blocks} strips or tiles`, where);
}

function tooLargePage(page: TiffDirectory, found: string, where: string): IsoluxError {
  const what = `A TIFF page cannot have the ${formatShape(shapeOfPage(page))} pixels that it says`;
  return new IsoluxError({ kind: "corrupt", what, where, found });
}

function blockCount(page: TiffDirectory, rows: number, columns: number): number {
  if (page.hasTag("StripOffsets")) return Math.ceil(rows / (page.getValue("RowsPerStrip") || rows));
  const [height, width] = [page.getValue("TileLength") || 0, page.getValue("TileWidth") || 0];
  // A tile may be larger than its page, but not by far.
  const isTile = height > 0 && width > 0 && height * width <= limits.pagePixels;
  return isTile ? Math.ceil(rows / height) * Math.ceil(columns / width) : Number.POSITIVE_INFINITY;
}

/** How many strips or tiles the page names. */
async function offsetCount(page: TiffDirectory): Promise<number> {
  const offsets: unknown = await page.loadValue(page.hasTag("StripOffsets") ? "StripOffsets" : "TileOffsets");
  if (typeof offsets === "number" || typeof offsets === "bigint") return 1;
  return typeof offsets === "object" && offsets !== null && "length" in offsets ? Number(offsets.length) : 0;
}
