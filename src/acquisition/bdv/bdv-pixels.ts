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
import { copyBox } from "../../zarr/copy-box.ts";
import { viewBytes } from "../../zarr/pixel-bytes.ts";
import type { TilePixels } from "../tile-view.ts";
import { pixelTypeOf } from "./hdf5-array.ts";
import type { Hdf5File } from "./hdf5-file.ts";

/** Pixels that the HDF5 library is asked for at once: its memory grows to hold them and never shrinks. */
const mostPixelsAtOnce = 1 << 23;

/** The pixels of one view at one level: the array `cells` of a BigDataViewer file. */
export class BdvPixels implements TilePixels {
  readonly type: PixelType;
  readonly shapeZyx: Zyx;
  readonly chunkShapeZyx: Zyx;
  readonly #file: Hdf5File;
  readonly #path: string;

  /** @throws IsoluxError `corrupt`, `unsupported` (pixel type, compression) */
  constructor(file: Hdf5File, path: string) {
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
    if (array.unreadableFilters.length > 0) throw unreadable(array.unreadableFilters, where);
    const [z, y, x] = array.shape as unknown as Zyx;
    const [chunkZ, chunkY, chunkX] = array.chunkShape ?? [1, y, x];
    this.type = type;
    this.shapeZyx = [z, y, x];
    this.chunkShapeZyx = [Math.min(chunkZ!, z), Math.min(chunkY!, y), Math.min(chunkX!, x)];
    this.#file = file;
    this.#path = path;
  }

  async read(box: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const shape = boxShape(box);
    const pixels = into ?? allocatePixels(this.type, elementCount(shape));
    const planePixels = shape[1] * shape[2];
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

/** Cuts a box between chunks, first into planes, then into rows, into pieces of `most` pixels where chunks allow it. */
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
    expected: "gzip, or no compression",
    advice: "Convert the file with h5repack -f GZIP=1",
  });
}
