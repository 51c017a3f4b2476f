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
import type { TilePixels } from "../tile-view.ts";
import type { PlaneSource } from "./plane-source.ts";

/** The pixels of a file of planes. Whole rows are read, one plane at a time. */
export class PagePixels implements TilePixels {
  readonly type: PixelType;
  readonly shapeZyx: Zyx;
  readonly chunkShapeZyx: Zyx;
  readonly #source: PlaneSource;

  /** @throws IsoluxError `unsupported` (pixel type) */
  constructor(source: PlaneSource) {
    this.type = pixelTypeOf(source);
    this.shapeZyx = [source.planeCount, ...source.shapeYx];
    this.chunkShapeZyx = [1, ...source.shapeYx];
    this.#source = source;
  }

  async read({ start, stop }: BoxZyx): Promise<PixelArray> {
    const shape = boxShape({ start, stop });
    const pixels = allocatePixels(this.type, elementCount(shape));
    const [, rows, columns] = shape;
    const rowShape: Zyx = [1, rows, this.shapeZyx[2]];
    for (let plane = 0; plane < shape[0] && rows * columns > 0; plane++) {
      const source = await this.#source.readRows(start[0] + plane, start[1], stop[1]);
      copyBox(source as PixelArray, rowShape, [0, 0, start[2]], pixels, shape, [plane, 0, 0], [1, rows, columns]);
    }
    return pixels;
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
