import { IsoluxError } from "../../errors.ts";
import {
  allocatePixels,
  type BoxZyx,
  boxShape,
  elementCount,
  type PixelArray,
  type PixelType,
  type Zyx,
} from "../../shapes.ts";
import { copyBox } from "../../zarr/copy-box.ts";
import { SourceCache } from "../source-cache.ts";
import type { TilePixels } from "../tile-view.ts";
import type { PlaneSource } from "./plane-source.ts";

/** The pixels of a file of planes. Whole rows are read, one plane at a time, and kept for the boxes beside. */
export class PagePixels implements TilePixels {
  readonly type: PixelType;
  readonly shapeZyx: Zyx;
  readonly chunkShapeZyx: Zyx;
  readonly #source: PlaneSource;
  readonly #cache: SourceCache;

  /** @throws IsoluxError `unsupported` (pixel type) */
  constructor(source: PlaneSource, cache = new SourceCache()) {
    this.type = pixelTypeOf(source);
    this.shapeZyx = [source.planeCount, ...source.shapeYx];
    this.chunkShapeZyx = [1, ...source.shapeYx];
    this.#source = source;
    this.#cache = cache;
    cache.rowsAtOnce = Math.max(cache.rowsAtOnce, source.rowsAtOnce);
  }

  async read({ start, stop }: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const shape = boxShape({ start, stop });
    const pixels = into ?? allocatePixels(this.type, elementCount(shape));
    const [, rows, columns] = shape;
    const [, fileRows, fileColumns] = this.shapeZyx;
    const step = this.#source.rowsAtOnce;
    const first = Math.floor(start[1] / step) * step;
    const end = Math.min(fileRows, Math.ceil(stop[1] / step) * step);
    const readShape: Zyx = [1, end - first, fileColumns];
    const readStart: Zyx = [0, start[1] - first, start[2]];
    for (let plane = 0; plane < shape[0] && rows * columns > 0; plane++) {
      const source = await this.#rows(start[0] + plane, first, end);
      copyBox(source, readShape, readStart, pixels, shape, [plane, 0, 0], [1, rows, columns]);
    }
    return pixels;
  }

  #rows(plane: number, first: number, end: number): Promise<PixelArray> {
    const name = `${this.#source.location} ${plane} ${first} ${end}`;
    return this.#cache.get(name, () => this.#source.readRows(plane, first, end) as Promise<PixelArray>);
  }
}

function pixelTypeOf({ typeName, location }: PlaneSource): PixelType {
  if (typeName === "uint8" || typeName === "uint16" || typeName === "float32") return typeName;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The file's pixel type is not read",
    where: location,
    found: typeName,
    expected: "uint16, uint8 or float32",
  });
}
