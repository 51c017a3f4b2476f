/**
 * Where the pages of a TIFF file are. Each page's directory names the place of the next: a file of a thousand planes is
 * a chain of a thousand reads. Files written plane by plane have directories at equal distances, so that three tell all.
 */
import type { GeoTIFF } from "geotiff";

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
