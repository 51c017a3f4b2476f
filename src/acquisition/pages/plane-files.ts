/** Planes that lie in files of their own, as a stack: TIFF, PNG, or pixels behind a short header (`.raw`). */
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { formatCount } from "../../quantities.ts";
import { formatShape, type Yx } from "../../shapes.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { bytesPerSample, type PlaneSource, readPlain, type Samples } from "./plane-source.ts";
import { decodePng, pngHeaderBytes, readPngHeader } from "./png.ts";
import { openTiffPlanes } from "./tiff-planes.ts";

/** One page of a file. */
export interface PageOfFile {
  readonly key: string;
  readonly page: number;
}

/** Whether a file of this name can be read as planes. */
export function isPlaneFile(name: string): boolean {
  return /\.(tiff?|btf|tf2|tf8|png|raw)$/i.test(name) && !name.startsWith(".");
}

/** Opens a file of one plane or several, by the ending of its name. @throws IsoluxError as reading it does */
export function openPlaneFile(store: ReadableStore, key: string): Promise<PlaneSource> {
  if (/\.png$/i.test(key)) return openPng(store, key);
  if (/\.raw$/i.test(key)) return openHeadedRaw(store, key);
  return openTiffPlanes(store, key);
}

/** Opened files that are kept for the next rows: as many as are read side by side. */
const mostOpened = 8;

/**
 * Files that are opened when planes of them are read: there may be ten thousands. Those that were used last stay open.
 */
export class OpenedFiles {
  readonly #store: ReadableStore;
  readonly #most: number;
  readonly #opened = new Map<string, Promise<PlaneSource>>();

  /** @param most how many stay open */
  constructor(store: ReadableStore, most = mostOpened) {
    this.#store = store;
    this.#most = most;
  }

  open(key: string): Promise<PlaneSource> {
    const known = this.#opened.get(key);
    const opening = known ?? openPlaneFile(this.#store, key);
    // Maps keep the order of insertion.
    this.#opened.delete(key);
    this.#opened.set(key, opening);
    if (this.#opened.size > this.#most) this.#opened.delete(this.#opened.keys().next().value!);
    // What failed is tried again when it is asked for again.
    if (known === undefined) opening.catch(() => this.#opened.delete(key));
    return opening;
  }
}

/**
 * A stack of pages of several files, in their order. Only the first file is opened; that the others are like it is
 * checked as they are read.
 * @throws IsoluxError `not-found`, `corrupt`, `unsupported`, `storage`
 */
export async function openPagesOfFiles(
  store: ReadableStore,
  pages: readonly PageOfFile[],
  files = new OpenedFiles(store),
): Promise<PlaneSource> {
  const [{ key }] = pages as readonly [PageOfFile];
  const first = await files.open(key);
  const isOneFile = pages.every((page) => page.key === key);
  if (isOneFile) for (const { page } of pages) checkAlike(first, first, page);
  const { location, shapeYx, typeName, rowsAtOnce } = first;
  const readRows: PlaneSource["readRows"] = async (plane, start, stop, into): Promise<Samples> => {
    const place = pages[plane]!;
    const source = isOneFile ? first : await files.open(place.key);
    checkAlike(source, first, place.page);
    return await source.readRows(place.page, start, stop, into);
  };
  return { location, planeCount: pages.length, shapeYx, typeName, rowsAtOnce, readRows };
}

function checkAlike(source: PlaneSource, first: PlaneSource, page: number): void {
  const describe = ({ shapeYx, typeName }: PlaneSource) => `${formatShape(shapeYx)} ${typeName}`;
  const hasPage = page < source.planeCount;
  if (hasPage && describe(source) === describe(first)) return;
  throw new IsoluxError({
    kind: "invalid",
    what: hasPage
      ? "A file of planes differs from the first one of its tile"
      : "A file has fewer pages than are listed",
    where: source.location,
    found: hasPage ? describe(source) : formatCount(source.planeCount, "page"),
    expected: hasPage ? describe(first) : `a page ${page + 1}`,
    advice: "If its acquisition was aborted, leave the tile or this plane out",
  });
}

async function openPng(store: ReadableStore, key: string): Promise<PlaneSource> {
  const location = joinKey(store.location, key);
  const start = await store.getRange(key, { kind: "slice", offset: 0, length: pngHeaderBytes });
  if (start === undefined) throw noFile(location);
  const { shapeYx, typeName } = readPngHeader(start, location);
  const readRows = async (_: number, from: number, to: number) => {
    const bytes = await store.get(key, { mostBytes: limits.object });
    if (bytes === undefined) throw noFile(location);
    const { data } = decodePng(bytes, location);
    return data.slice(from * shapeYx[1], to * shapeYx[1]) as Samples;
  };
  return { location, planeCount: 1, shapeYx, typeName, rowsAtOnce: shapeYx[0], readRows };
}

/** Columns and rows, each as an unsigned number of 32 bits. */
const rawHeaderBytes = 8;

/**
 * A plane as SmartSPIM writes it in `.raw`: columns, rows, then uint16 pixels, all in one byte order, which the size of
 * the file tells.
 * @see https://github.com/chunglabmit/pystripe raw.py (the header)
 */
async function openHeadedRaw(store: ReadableStore, key: string): Promise<PlaneSource> {
  const location = joinKey(store.location, key);
  const facts = await store.facts(key);
  const start = await store.getRange(key, { kind: "slice", offset: 0, length: rawHeaderBytes });
  if (facts === undefined || start === undefined) throw noFile(location);
  const bytes = new Uint8Array(rawHeaderBytes);
  bytes.set(start.subarray(0, rawHeaderBytes));
  const view = new DataView(bytes.buffer);
  for (const isLittleEndian of [false, true]) {
    const shapeYx: Yx = [view.getUint32(4, isLittleEndian), view.getUint32(0, isLittleEndian)];
    const pixels = shapeYx[0] * shapeYx[1];
    if (pixels > 0 && pixels <= limits.pagePixels && facts.bytes === rawHeaderBytes + 2 * pixels) {
      return headedRaw({ store, key, location }, shapeYx, isLittleEndian);
    }
  }
  throw new IsoluxError({
    kind: "unsupported",
    what: "The shape of a RAW file is not known",
    where: location,
    found: `${facts.bytes} bytes`,
    expected: "a header of columns and rows (SmartSPIM), with just the uint16 pixels of these behind it",
    advice: "Save the planes as TIFF",
  });
}

function headedRaw(
  { store, key, location }: { readonly store: ReadableStore; readonly key: string; readonly location: string },
  shapeYx: Yx,
  isLittleEndian: boolean,
): PlaneSource {
  const type = "uint16";
  const readRows: PlaneSource["readRows"] = (_, from, to, into) => {
    const offset = rawHeaderBytes + bytesPerSample(type) * from * shapeYx[1];
    return readPlain(store, key, { type, isLittleEndian }, offset, (to - from) * shapeYx[1], into);
  };
  return { location, planeCount: 1, shapeYx, typeName: type, rowsAtOnce: 1, readRows };
}

function noFile(where: string): IsoluxError {
  return new IsoluxError({ kind: "not-found", what: "There is no such file", where });
}
