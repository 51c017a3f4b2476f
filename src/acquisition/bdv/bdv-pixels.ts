/** Reads the pixels of views in a BigDataViewer file (HDF5). */
import { IsoluxError } from "../../errors.ts";
import {
  allocatePixels,
  type BoxZyx,
  boxShape,
  elementCount,
  formatShape,
  type PixelArray,
  type PixelType,
  type Yx,
  type Zyx,
} from "../../shapes.ts";
import { copyBox } from "../../zarr/box.ts";
import { viewBytes } from "../../zarr/pixel-bytes.ts";
import type { TilePixels } from "../tile-view.ts";
import { type Hdf5File, pixelTypeOf } from "./hdf5-file.ts";

/** The most pixels of one call of the HDF5 library: its memory grows to hold them and never shrinks. */
const mostPixelsAtOnce = 1 << 23;

/** The pixels of one view at one level: an array of planes in an HDF5 file. */
export class Hdf5Pixels implements TilePixels {
  readonly type: PixelType;
  readonly shapeZyx: Zyx;
  readonly chunkShapeZyx: Zyx;
  readonly #file: Hdf5File;
  readonly #path: string;
  readonly #filters: readonly number[];

  /**
   * @param extent of the part of the array, from its first pixel on, that is the image: all of it where not given
   * @throws IsoluxError `corrupt`, `unsupported` (pixel type, compression)
   */
  constructor(file: Hdf5File, path: string, extent?: Zyx) {
    const array = file.describe(path);
    const where = file.location + path;
    const type = pixelTypeOf(array);
    if (array.shape.length !== 3 || array.shape.includes(0)) {
      const found = formatShape(array.shape);
      throw new IsoluxError({ kind: "corrupt", what: "A view is not a stack of planes", where, found });
    }
    if (type === undefined) {
      const expected = "int16 (for uint16), uint16, uint8, float32";
      throw new IsoluxError({
        kind: "unsupported",
        what: "The pixel type of a view is not read",
        where,
        found: array.typeName,
        expected,
      });
    }
    if (extent?.some((part, axis) => part < 1 || part > array.shape[axis]!)) {
      const found = `${formatShape(extent)} of ${formatShape(array.shape)}`;
      throw new IsoluxError({ kind: "corrupt", what: "An image is larger than its array", where, found });
    }
    if (array.unreadableFilters.length > 0) throw unreadable(array.unreadableFilters, where);
    const [z, y, x] = extent ?? (array.shape as unknown as Zyx);
    const [chunkZ, chunkY, chunkX] = array.chunkShape ?? [1, y, x];
    this.type = type;
    this.shapeZyx = [z, y, x];
    this.chunkShapeZyx = [Math.min(chunkZ!, z), Math.min(chunkY!, y), Math.min(chunkX!, x)];
    this.#file = file;
    this.#path = path;
    this.#filters = array.filters;
  }

  async read(box: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const shape = boxShape(box);
    const pixels = into ?? allocatePixels(this.type, elementCount(shape));
    const planePixels = shape[1] * shape[2];
    await this.#file.loadFilters(this.#filters);
    for (const piece of piecesOf(box, this.chunkShapeZyx, mostPixelsAtOnce)) {
      const extent = boxShape(piece);
      const offset: Zyx = [piece.start[0] - box.start[0], piece.start[1] - box.start[1], 0];
      if (extent[1] === shape[1]) {
        const first = offset[0] * planePixels;
        this.#readInto(piece, pixels.subarray(first, first + elementCount(extent)));
      } else {
        const part = allocatePixels(this.type, elementCount(extent));
        this.#readInto(piece, part);
        copyBox(part, extent, [0, 0, 0], pixels, shape, offset, extent);
      }
    }
    return pixels;
  }

  #readInto(piece: BoxZyx, pixels: PixelArray): void {
    this.#file.readBox(this.#path, piece.start, boxShape(piece), viewBytes(pixels));
  }
}

/**
 * Divides a box at chunk boundaries, first into planes, then into rows, into pieces of `most` pixels where chunks allow
 * it.
 */
export function* piecesOf({ start, stop }: BoxZyx, chunkShape: Zyx, most: number): Generator<BoxZyx> {
  const [rows, columns] = [stop[1] - start[1], stop[2] - start[2]];
  const depth = stepOf(chunkShape[0], most / (rows * columns));
  const height = depth * rows * columns <= most ? rows : stepOf(chunkShape[1], most / (depth * columns));
  const grid: Yx = [depth, height === rows ? stop[1] : height];
  for (let z = start[0]; z < stop[0]; z = nextCut(z, grid[0])) {
    for (let y = start[1]; y < stop[1]; y = nextCut(y, grid[1])) {
      const end: Zyx = [Math.min(stop[0], nextCut(z, grid[0])), Math.min(stop[1], nextCut(y, grid[1])), stop[2]];
      yield { start: [z, y, start[2]], stop: end };
    }
  }
}

/** As many chunks as fit, at least one. */
function stepOf(chunk: number, most: number): number {
  return chunk * Math.max(1, Math.floor(most / chunk));
}

function nextCut(position: number, step: number): number {
  return (Math.floor(position / step) + 1) * step;
}

function unreadable(filters: readonly string[], where: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "The pixels are compressed in a way that is not read",
    where,
    found: filters.join(", "),
    expected: "gzip, LZF, LZ4, Zstandard, Blosc, Bitshuffle, or no compression",
    advice: "Convert the file with h5repack -f GZIP=1",
  });
}

/** The views that a BigDataViewer file lists, and those that it contains. */
export interface BdvLayout {
  /** Number of setups that it has a header for. */
  readonly announced: number;
  /** The groups of the first time point, by setup. */
  readonly groups: ReadonlyMap<number, string>;
  readonly timepointCount: number;
}

/**
 * The levels that are stored of a view, finest first.
 * @throws IsoluxError `corrupt`, `unsupported`
 */
export function readLevels(file: Hdf5File, group: string): Hdf5Pixels[] {
  const stored = new Set(file.names(group));
  const levels: Hdf5Pixels[] = [];
  for (let level = 0; stored.has(String(level)); level++) levels.push(new Hdf5Pixels(file, `${group}/${level}/cells`));
  if (levels.length > 0) return levels;
  const where = file.location + group;
  throw new IsoluxError({ kind: "corrupt", what: "A view has no pixels", where, expected: "an array 0/cells" });
}
