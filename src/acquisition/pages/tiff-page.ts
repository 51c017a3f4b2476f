import type { GeoTIFF } from "geotiff";
import { IsoluxError } from "../../errors.ts";
import type { Yx, Zyx } from "../../shapes.ts";
import { bytesPerSample, type SampleType } from "./plane-source.ts";

/** The rows and columns of a page. */
export function shapeOfPage(page: TiffDirectory): Yx {
  return [page.getValue("ImageLength") ?? 0, page.getValue("ImageWidth") ?? 0];
}

/** The type of a page's values as NumPy names it. */
export function sampleTypeOfPage(page: TiffDirectory): string {
  const kinds = ["uint", "int", "float"];
  const kind = kinds[(page.getValue("SampleFormat")?.[0] ?? 1) - 1] ?? "unknown";
  return `${kind}${page.getValue("BitsPerSample")?.[0] ?? 1}`;
}

/** Refuses a page whose values are not brightness. @throws IsoluxError `unsupported` */
export function checkIsBrightness(page: Pick<TiffDirectory, "getValue">, where: string): void {
  const photometric = page.getValue("PhotometricInterpretation") ?? 1;
  if (photometric === 0 || photometric === 3) {
    throw new IsoluxError({
      kind: "unsupported",
      what: "The TIFF image has inverted or colour-palette values",
      where,
      found: photometric === 0 ? "inverted grey (0 is white)" : "a palette of colours",
      expected: "grey with 0 for black",
      advice: "Save it again as greyscale",
    });
  }
}

/**
 * The byte from which on the pixels of a page lie one after the other, uncompressed; `undefined` where they do not.
 */
export async function plainOffsetOf(page: TiffDirectory, type: SampleType): Promise<number | undefined> {
  if ((page.getValue("Compression") ?? 1) !== 1 || !page.hasTag("StripOffsets")) return undefined;
  const offsets = Array.from((await page.loadValue("StripOffsets")) ?? [], Number);
  const [rows, columns] = shapeOfPage(page);
  const stripBytes = Math.min(page.getValue("RowsPerStrip") ?? rows, rows) * columns * bytesPerSample(type);
  const first = offsets[0];
  const isPlain = first !== undefined && offsets.every((offset, strip) => offset === first + strip * stripBytes);
  return isPlain ? first : undefined;
}

/** What went wrong in a file of `bytes`, in words about the file rather than those of the library that reads it. */
export function unreadableTiff(cause: unknown, where: string, bytes: number): IsoluxError {
  const found = cause instanceof Error ? cause.message : String(cause);
  if (/byte order|magic number/i.test(found) && bytes >= 8) {
    return new IsoluxError({
      kind: "corrupt",
      what: "The file is not a TIFF file, whatever its name says",
      where,
      cause,
    });
  }
  if (cause instanceof RangeError || bytes < 8) {
    return new IsoluxError({
      kind: "corrupt",
      what: "The TIFF file is cut short: it ends before a page that it names",
      where,
      found: `${bytes} bytes`,
      advice: "Copy it again from the microscope",
      cause,
    });
  }
  return new IsoluxError({ kind: "corrupt", what: "The TIFF file cannot be read", where, found, cause });
}

/** The description of a page, empty where there is none. */
export async function descriptionOf(page: TiffDirectory): Promise<string> {
  const description: unknown = await page.loadValue("ImageDescription");
  return typeof description === "string" ? description.replace(/\0+$/, "") : "";
}

/** Pixels per unit of length; `undefined` where the page does not tell. */
async function resolutionOf(page: TiffDirectory): Promise<Yx | undefined> {
  const [y, x] = await Promise.all([page.loadValue("YResolution"), page.loadValue("XResolution")]);
  const ratio = (value: unknown) => (ArrayBuffer.isView(value) ? quotient(value as Uint32Array) : 0);
  const resolution: Yx = [ratio(y), ratio(x)];
  return resolution.every((value) => Number.isFinite(value) && value > 0) ? resolution : undefined;
}

function quotient(value: Uint32Array): number {
  return (value[0] ?? 0) / (value[1] ?? 0);
}

// Where the pages of a TIFF file are. Each page's directory names the place of the next: a file of a thousand planes
// is a chain of a thousand reads. Files written plane by plane have directories at equal distances, so that three
// tell all.

/** The directory of a page: its tags. */
export type TiffDirectory = Awaited<ReturnType<GeoTIFF["requestIFD"]>>;

/** The directories of a file. */
export interface TiffDirectories {
  readonly count: number;
  read(page: number): Promise<TiffDirectory>;
}

/** Files with fewer pages are walked through. */
const fewPages = 4;

/** Finds the directories of a file of `fileBytes`. @throws Error where the chain is broken or runs in a circle */
export async function findDirectories(tiff: GeoTIFF, fileBytes: number): Promise<TiffDirectories> {
  const predicted = await predictDirectories(tiff, fileBytes);
  if (predicted !== undefined) return predicted;
  return { count: await countPages(tiff), read: (page) => tiff.requestIFD(page) };
}

/** geotiff would follow a circle for ever. */
async function countPages(tiff: GeoTIFF): Promise<number> {
  const seen = new Set<number>();
  for (let page = 0; ; page++) {
    const next = (await tiff.requestIFD(page)).nextIFDByteOffset;
    if (next === 0) return page + 1;
    if (seen.has(next)) throw new Error(`page ${page + 1} is followed by one before it`);
    seen.add(next);
  }
}

/**
 * Takes the distance between the second and the third directory for that of all that follow, if the chain turns out to
 * end where it then should, with a page like the second.
 */
async function predictDirectories(tiff: GeoTIFF, fileBytes: number): Promise<TiffDirectories | undefined> {
  const first = await tiff.requestIFD(0);
  const secondOffset = first.nextIFDByteOffset;
  if (secondOffset === 0) return { count: 1, read: async () => first };
  const second = await tiff.requestIFD(1);
  const distance = second.nextIFDByteOffset - secondOffset;
  const count = 1 + Math.round((fileBytes - secondOffset) / distance);
  if (distance <= 0 || count < fewPages) return undefined;
  const read = async (page: number) => {
    return page === 0 ? first : await tiff.parser.parseFileDirectoryAt(secondOffset + (page - 1) * distance);
  };
  try {
    const last = await read(count - 1);
    const isLast = last.nextIFDByteOffset === 0 && sizeOf(last) === sizeOf(second);
    return isLast ? { count, read } : undefined;
  } catch {
    return undefined;
  }
}

function sizeOf(directory: TiffDirectory): string {
  return `${directory.getValue("ImageLength")} x ${directory.getValue("ImageWidth")}`;
}

/**
 * The size of a pixel in µm by the tags of a stack's first page, as ImageJ and the microscope write them, or `undefined`
 * where they do not tell.
 */
export async function tiffPixelSize(page: TiffDirectory): Promise<Zyx | undefined> {
  const description = await descriptionOf(page);
  const resolution = await resolutionOf(page);
  // Between quotes in JSON, after an equals sign in ImageJ's lines.
  const spacing = Number(/\bspacing"?\s*[=:]\s*([\d.eE+-]+)/.exec(description)?.[1]);
  const isInMicrometres = /\bunit"?\s*[=:]\s*"?(um|microns?|µm|\\u00B5m)\b/.test(description);
  if (resolution === undefined || !isInMicrometres || !(spacing > 0)) return undefined;
  return [spacing, 1 / resolution[0], 1 / resolution[1]];
}
