/** Whether the pages of a TIFF file can be as large as they say: what cannot be is refused before it takes memory. */
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { formatShape } from "../../shapes.ts";
import { sampleTypeOfPage, shapeOfPage, type TiffDirectory } from "./tiff-page.ts";
import { namesOfWays, readWays } from "./tiff-unpacking.ts";

/** The largest factor by which unpacking lengthens packed pixels: zstd packs 128 KiB into four bytes. */
const mostPacking = 2 ** 15;

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
  return new IsoluxError({ kind: "corrupt", what, where, found, advice: "Copy the file again, or write it again" });
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
