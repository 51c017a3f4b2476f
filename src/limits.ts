/**
 * The most that is read, unpacked or believed of one object, by its kind: what a file claims beyond it is refused, so
 * that a damaged or hostile file takes neither the memory nor the time that a run was given.
 */
import { IsoluxError } from "./errors.ts";

const MiB = 2 ** 20;

/** Limits by kind of object, in bytes unless they say otherwise. */
export const limits = {
  /** A JSON document of an image, a `_meta.txt`, a file of channel settings: real ones have kilobytes. */
  metadata: 16 * MiB,
  /** A document that a run wrote for itself. */
  record: 128 * MiB,
  /** A file of parameters: all of them with comments have 20 kB. */
  parameters: 2 ** 18,
  /** An XML file: those of ten thousand views have some 20 MB. */
  xml: 64 * MiB,
  /** Characters of one tag of it or of the text after it, and tags: ten thousand views have half a million short ones. */
  xmlPiece: MiB,
  xmlTags: 2_000_000,
  /** A table in CSV or Parquet, and one chunk of texts. */
  table: 64 * MiB,
  /** Values of a table, and of one array of it: a table of all tiles that there may be has fewer. */
  tableValues: 1_000_000,
  /** Tiles of an image: the largest mosaics have thousands. */
  tiles: 20_000,
  /** Pixels along an axis of an array, and its chunks: lists of planes or chunks of more would not fit into memory. */
  alongAxis: 2 ** 24,
  chunks: 2 ** 28,
  /** Channels of an image, and its resolution levels. */
  channels: 1000,
  levels: 100,
  /** Codecs of an array, one after the other: each is one more pass over every chunk. */
  codecs: 16,
  /** Time points of a time lapse in files of their own. */
  timePoints: 100_000,
  /** Tables, labels and other objects that are copied or compared pass through memory in pieces of this size. */
  piece: 8 * MiB,
  /** The directory of a zip archive: that of two million chunks has as many. */
  zipDirectory: 256 * MiB,
  /** A compressed member of such an archive of which parts are read. */
  packedShard: 64 * MiB,
  /** The index of a shard. */
  shardIndex: 64 * MiB,
  /** A packed chunk of an HDF5 file, unpacked: the library does so with the whole for a single pixel of it. */
  hdf5Chunk: 256 * MiB,
  /** Any object that is read as a whole: what is larger than this is no part of an image. */
  object: 2 ** 31,
  /** Pixels of a profile whose tiles are not known, and of one page of a TIFF file. */
  pagePixels: 2 ** 28,
  /** Pages of a TIFF file that is a profile: one for each channel, and twice that for both parts of it. */
  profilePages: 2000,
  /** Names in one folder of a bucket: they are held in memory. */
  listedNames: 2 ** 22,
  /** An answer of a server that explains an error. */
  explanation: 2 ** 16,
} as const;

/** Pixels that a profile may have for tiles whose largest field has `fieldPixels`: binned by four in both directions. */
export function mostProfilePixels(fieldPixels: number): number {
  return Math.min(limits.pagePixels, Math.max(2 ** 23, 16 * fieldPixels));
}

/** The most bytes of a profile's file, by its number of pixels: flat-field and dark-field in doubles, pages of channels. */
export function mostProfileBytes(pixels: number): number {
  return Math.min(limits.object, 16 * pixels + MiB);
}

/** The most bytes of one image of a profile, by its number of pixels, in doubles. */
export function mostImageBytes(pixels: number): number {
  return 8 * pixels + MiB;
}

/**
 * The most bytes of an encoded chunk, by its decoded bytes: no codec makes incompressible data much longer.
 * @param chunkBytes the largest of what its codecs take and give
 */
export function mostEncodedBytes(chunkBytes: number): number {
  return chunkBytes + Math.ceil(chunkBytes / 8) + 2 ** 16;
}

/** The error for an object that is larger than any of its kind. @param what the object, as the beginning of a sentence */
export function tooLarge(what: string, where: string, most: number, found?: string): IsoluxError {
  return new IsoluxError({
    kind: "corrupt",
    what,
    where,
    found,
    expected: `at most ${most}`,
  });
}
