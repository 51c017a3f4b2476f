import { IsoluxError } from "../../errors.ts";
import type { Yx } from "../../shapes.ts";
import { swapBytes } from "../../zarr/pixel-bytes.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";

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

const arrays = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Whether values of a type can be taken from a file as they are. */
export function isSampleType(name: string): name is SampleType {
  return Object.hasOwn(arrays, name);
}

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
   * Rows of a plane, from `start` up to `stop`, which does not belong to them, in an array of their own.
   * @throws IsoluxError `corrupt`, `unsupported`, `storage`
   */
  readRows(plane: number, start: number, stop: number): Promise<Samples>;
}

/** Values that lie in a file one after the other, uncompressed. */
export interface PlainSamples {
  readonly type: SampleType;
  readonly isLittleEndian: boolean;
}

/** Reads `count` values from a byte on. @throws IsoluxError `corrupt` where the file ends before, `storage` */
export async function readPlain(
  store: ReadableStore,
  key: string,
  { type, isLittleEndian }: PlainSamples,
  offset: number,
  count: number,
): Promise<Samples> {
  const length = count * bytesPerSample(type);
  const read = await store.getRange(key, { kind: "slice", offset, length });
  if (read?.length !== length) {
    const end = offset + (read?.length ?? 0);
    throw cutShort(joinKey(store.location, key), end, offset + length);
  }
  // Of a larger buffer only a copy is sure to have values on their boundaries.
  const bytes = read.byteLength === read.buffer.byteLength ? read : new Uint8Array(read);
  if (!isLittleEndian) swapBytes(bytes, bytesPerSample(type));
  return new arrays[type](bytes.buffer as ArrayBuffer);
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
