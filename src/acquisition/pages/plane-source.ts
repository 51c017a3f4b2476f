import { IsoluxError } from "../../errors.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import {
  allocatePixels,
  type BoxZyx,
  boxShape,
  elementCount,
  type PixelArray,
  type PixelType,
  type Yx,
  type Zyx,
} from "../../shapes.ts";
import { copyBox } from "../../zarr/box.ts";
import { isSameMemory, swapBytes, viewBytes } from "../../zarr/pixel-bytes.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { SourceCache } from "../source-cache.ts";
import type { TilePixels } from "../tile-view.ts";

/** Values as files hold them. */
export type Samples =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** A type of values, as NumPy names it. */
export type SampleType = keyof typeof arrays;

/** The arrays of each type. */
export const arrays = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Bytes of one value. */
export function bytesPerSample(type: SampleType): number {
  return arrays[type].BYTES_PER_ELEMENT;
}

/** A file that holds a stack of planes and gives rows of them, without ever holding more. */
export interface PlaneSource {
  /** A path or URL, for messages. */
  readonly location: string;
  readonly planeCount: number;
  readonly shapeYx: Yx;
  /** The type of the values as NumPy names it. */
  readonly typeName: string;
  /** Rows that are decoded together, from the first on; 1 where each can be read by itself. */
  readonly rowsAtOnce: number;
  /**
   * Rows of a plane, from `start` up to `stop`, which does not belong to them.
   * @param into an array of just this length and the source's type; those that can fill it, others give one of their own
   * @throws IsoluxError `corrupt`, `unsupported`, `storage`
   */
  readRows(plane: number, start: number, stop: number, into?: PixelArray): Promise<Samples>;
}

/** Values that lie in a file one after the other, uncompressed. */
interface PlainSamples {
  readonly type: SampleType;
  readonly isLittleEndian: boolean;
}

/**
 * Reads `count` values from a byte on.
 * @param into filled where the store can, an array of `count` values
 * @throws IsoluxError `corrupt` where the file ends before, `storage`
 */
export async function readPlain(
  store: ReadableStore,
  key: string,
  { type, isLittleEndian }: PlainSamples,
  offset: number,
  count: number,
  into?: PixelArray,
): Promise<Samples> {
  const length = count * bytesPerSample(type);
  const buffer = into === undefined ? undefined : viewBytes(into);
  const read = await store.getRange(key, { kind: "slice", offset, length }, buffer);
  if (read?.length !== length) {
    const end = offset + (read?.length ?? 0);
    throw cutShort(joinKey(store.location, key), end, offset + length);
  }
  const isFilled = buffer !== undefined && isSameMemory(read, buffer);
  // Of a larger buffer only a copy is sure to have values on their boundaries.
  const bytes = isFilled || read.byteLength === read.buffer.byteLength ? read : new Uint8Array(read);
  await loadKernels();
  if (!isLittleEndian) swapBytes(bytes, bytesPerSample(type));
  return isFilled ? (into as Samples) : new arrays[type](bytes.buffer as ArrayBuffer);
}

/** A file that ends before its pixels do. */
export function cutShort(where: string, bytes: number, expectedBytes: number): IsoluxError {
  return new IsoluxError({
    kind: "corrupt",
    what: "The file is cut short",
    where,
    found: `${bytes} bytes`,
    expected: `${expectedBytes} at least`,
    advice: "Copy it again from the microscope",
  });
}

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
    const isWhole = end - first === rows && fileColumns === columns;
    for (let plane = 0; plane < shape[0] && rows * columns > 0; plane++) {
      const name = `${this.#source.location} ${start[0] + plane} ${first} ${end}`;
      const place = pixels.subarray(plane * rows * columns, (plane + 1) * rows * columns);
      await this.#cache.lend(
        { name, type: this.type, length: elementCount(readShape), place: isWhole ? place : undefined },
        (into) => this.#source.readRows(start[0] + plane, first, end, into) as Promise<PixelArray>,
        (source) => {
          if (isWhole && isSameMemory(source, place)) return;
          copyBox(source, readShape, readStart, pixels, shape, [plane, 0, 0], [1, rows, columns]);
        },
      );
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
