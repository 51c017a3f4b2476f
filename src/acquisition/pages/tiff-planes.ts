/**
 * TIFF and BigTIFF files with one plane a page, and what ImageJ makes of the format: all planes after the first page's.
 * @see https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
 */
import type { GeoTIFF } from "geotiff";
import { IsoluxError } from "../../errors.ts";
import { formatShape, type PixelArray } from "../../shapes.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import {
  arrays,
  bytesPerSample,
  cutShort,
  type PlaneSource,
  readPlain,
  type Samples,
  type SampleType,
} from "./plane-source.ts";
import {
  checkIsBrightness,
  descriptionOf,
  findDirectories,
  plainOffsetOf,
  sampleTypeOfPage,
  shapeOfPage,
  type TiffDirectories,
  type TiffDirectory,
  unreadableTiff,
} from "./tiff-page.ts";
import { checkExtent, imageOfPage, loadGeotiff } from "./tiff-unpacking.ts";

/** A TIFF file as a stack of planes. */
export interface TiffPlanes extends PlaneSource {
  /** What describes the first plane. */
  readonly firstPage: TiffDirectory;
}

/** An opened file. */
interface OpenedTiff {
  readonly store: ReadableStore;
  readonly key: string;
  readonly location: string;
  readonly bytes: number;
  readonly tiff: GeoTIFF;
}

/** Where the planes of a file are. */
type PlanePlaces =
  | { readonly kind: "contiguous"; readonly count: number; readonly offset: number }
  | { readonly kind: "pages"; readonly count: number; readonly directories: TiffDirectories };

/**
 * Opens a file; no pixel is read.
 * @throws IsoluxError `not-found`, `unsupported` for pages that are no planes of brightness, `corrupt`, `storage`
 */
export async function openTiffPlanes(store: ReadableStore, key: string): Promise<TiffPlanes> {
  const location = joinKey(store.location, key);
  const facts = await store.facts(key);
  if (facts === undefined) throw new IsoluxError({ kind: "not-found", what: "There is no such file", where: location });
  return await explained(location, facts.bytes, async () => {
    const { GeoTIFF } = await loadGeotiff();
    const tiff = await GeoTIFF.fromSource(storeSource(store, key, facts.bytes));
    // What geotiff reads of a page's tags when it is asked, it takes for little-endian, even where it is not.
    tiff.parser.eager = true;
    const file = { store, key, location, bytes: facts.bytes, tiff };
    const firstPage = await tiff.requestIFD(0);
    checkPage(firstPage, location);
    await checkExtent(firstPage, facts.bytes, location);
    const places = (await contiguousPlanes(file, firstPage)) ?? (await pages(file));
    const rowsAtOnce = (await plainOffset(firstPage)) === undefined ? rowsDecodedTogether(firstPage) : 1;
    return stackOf(file, firstPage, places, rowsAtOnce);
  });
}

/** @throws IsoluxError `unsupported` where the values of a page are not brightness, `corrupt` where there are none */
function checkPage(page: TiffDirectory, where: string): void {
  const samples = page.getValue("SamplesPerPixel") ?? 1;
  if (samples !== 1) {
    throw new IsoluxError({
      kind: "unsupported",
      what: "The pages have several values per pixel",
      where,
      found: `${samples} (colour?)`,
      expected: "1",
      advice: "Save each channel as a separate stack",
    });
  }
  checkIsBrightness(page, where);
  if (shapeOfPage(page).includes(0)) throw new IsoluxError({ kind: "corrupt", what: "A page has no pixels", where });
}

/** The rows of a strip or a tile of a page. */
function rowsDecodedTogether(page: TiffDirectory): number {
  const [rows] = shapeOfPage(page);
  return Math.max(1, Math.min(rows, page.getValue("TileLength") ?? page.getValue("RowsPerStrip") ?? rows));
}

function stackOf(file: OpenedTiff, firstPage: TiffDirectory, places: PlanePlaces, rowsAtOnce: number): TiffPlanes {
  return {
    location: file.location,
    planeCount: places.count,
    shapeYx: shapeOfPage(firstPage),
    typeName: sampleTypeOfPage(firstPage),
    rowsAtOnce,
    firstPage,
    readRows: (plane, start, stop, into) => {
      const rows = { start, stop, into };
      return explained(file.location, file.bytes, () =>
        places.kind === "contiguous"
          ? readPlainRows(file, firstPage, places.offset + plane * planeBytes(firstPage), rows)
          : readPageRows(file, firstPage, places.directories, plane, rows),
      );
    },
  };
}

/**
 * ImageJ writes all planes one after the other; beyond 4 GiB, where the offsets of a TIFF file end, only the first has a
 * page. The number of planes stands in its description.
 */
async function contiguousPlanes(file: OpenedTiff, first: TiffDirectory): Promise<PlanePlaces | undefined> {
  const count = await planesOfImageJ(first);
  const offset = await plainOffset(first);
  if (count === 1 || offset === undefined) return undefined;
  // Others borrow the description, and put their planes elsewhere.
  const isFollowed = first.nextIFDByteOffset !== 0;
  if (isFollowed && (await plainOffset(await file.tiff.requestIFD(1))) !== offset + planeBytes(first)) return undefined;
  checkEnd(file, offset + count * planeBytes(first));
  return { kind: "contiguous", count, offset };
}

/** How many planes ImageJ says there are; 1 where it did not write the file. */
async function planesOfImageJ(page: TiffDirectory): Promise<number> {
  const text = await descriptionOf(page);
  return text.startsWith("ImageJ=") ? Number(/^images=(\d+)/m.exec(text)?.[1] ?? 1) : 1;
}

async function pages(file: OpenedTiff): Promise<PlanePlaces> {
  const directories = await findDirectories(file.tiff, file.bytes);
  const last = await directories.read(directories.count - 1);
  const offset = await plainOffset(last);
  if (offset !== undefined) checkEnd(file, offset + planeBytes(last));
  return { kind: "pages", count: directories.count, directories };
}

function checkEnd({ location, bytes }: OpenedTiff, end: number): void {
  if (bytes < end) throw cutShort(location, bytes, end);
}

/** Rows of a plane, half-open, and an array for them. */
interface WantedRows {
  readonly start: number;
  readonly stop: number;
  readonly into: PixelArray | undefined;
}

async function readPageRows(
  file: OpenedTiff,
  first: TiffDirectory,
  directories: TiffDirectories,
  plane: number,
  rows: WantedRows,
): Promise<Samples> {
  const page = await directories.read(plane);
  checkLikeFirst(page, first, plane, file.location);
  const offset = await plainOffset(page);
  if (offset !== undefined) return await readPlainRows(file, page, offset, rows);
  await checkExtent(page, file.bytes, file.location);
  const image = await imageOfPage(page, file.tiff);
  const window = [0, rows.start, shapeOfPage(page)[1], rows.stop];
  return (await image.readRasters({ window, interleave: true })) as Samples;
}

function readPlainRows(file: OpenedTiff, page: TiffDirectory, offset: number, { start, stop, into }: WantedRows) {
  const type = sampleTypeOfPage(page);
  if (!isSampleType(type)) throw new Error(`values of type ${type}`);
  const columns = shapeOfPage(page)[1];
  const from = offset + start * columns * bytesPerSample(type);
  const isLittleEndian = file.tiff.littleEndian;
  return readPlain(file.store, file.key, { type, isLittleEndian }, from, (stop - start) * columns, into);
}

/** Whether values of a type can be taken from a file as they are. */
function isSampleType(name: string): name is SampleType {
  return Object.hasOwn(arrays, name);
}

function plainOffset(page: TiffDirectory): Promise<number | undefined> {
  const type = sampleTypeOfPage(page);
  return isSampleType(type) ? plainOffsetOf(page, type) : Promise.resolve(undefined);
}

function planeBytes(page: TiffDirectory): number {
  const [rows, columns] = shapeOfPage(page);
  const type = sampleTypeOfPage(page);
  return rows * columns * (isSampleType(type) ? bytesPerSample(type) : 0);
}

function checkLikeFirst(page: TiffDirectory, first: TiffDirectory, plane: number, where: string): void {
  const describe = (one: TiffDirectory) => `${formatShape(shapeOfPage(one))} ${sampleTypeOfPage(one)}`;
  if (describe(page) === describe(first)) return;
  throw new IsoluxError({
    kind: "invalid",
    what: `Page ${plane + 1} has another size or type than the first`,
    where,
    found: describe(page),
    expected: describe(first),
  });
}

async function explained<T>(where: string, bytes: number, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    if (cause instanceof IsoluxError) throw cause;
    throw unreadableTiff(cause, where, bytes);
  }
}

type Source = Parameters<typeof GeoTIFF.fromSource>[0];
type Slice = Parameters<Source["fetchSlice"]>[0];

/** Bytes that are read with what geotiff asks for: it asks for tags one by one, which lie close together. */
const windowBytes = { onDisk: 4096, onServer: 65_536 } as const;
/** Files that keep what was read last: as many as are opened side by side. */
const mostWindows = 32;
/** What was read last of files, those read longest ago first. */
const windows = new Map<object, { readonly start: number; readonly bytes: Uint8Array }>();

/** The bytes of an object as geotiff asks for them. */
function storeSource(store: ReadableStore, key: string, fileBytes: number): Source {
  const least = store.isRemote ? windowBytes.onServer : windowBytes.onDisk;
  const read = async ({ offset, length }: Slice): Promise<ArrayBuffer> => {
    const { start, bytes } = windows.get(source) ?? { start: 0, bytes: new Uint8Array() };
    const from = offset - start;
    // It asks beyond the end, too
    const stop = Math.min(offset + length, fileBytes) - start;
    if (from >= 0 && from < stop && stop <= bytes.length) return bytes.slice(from, stop).buffer;
    const found = await store.getRange(key, { kind: "slice", offset, length: Math.max(length, least) });
    if (found === undefined) {
      throw new IsoluxError({
        kind: "not-found",
        what: "The file was removed while it was read",
        where: joinKey(store.location, key),
        advice: "Put it back, and run again",
      });
    }
    const kept = found.slice();
    windows.delete(source);
    if (kept.length <= least) windows.set(source, { start: offset, bytes: kept });
    if (windows.size > mostWindows) windows.delete(windows.keys().next().value!);
    return kept.length <= length ? kept.buffer : kept.buffer.slice(0, length);
  };
  const source: Source = {
    fetch: (slices) => Promise.all(slices.map(read)),
    fetchSlice: async (slice) => ({ ...slice, data: await read(slice) }),
    fileSize: null,
    close: () => Promise.resolve(),
  };
  return source;
}
