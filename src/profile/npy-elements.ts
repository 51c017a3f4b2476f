/** Element types of NumPy arrays: converts their bytes to typed arrays, whatever their byte order. */

/** Numbers as a typed array; 64-bit integers become doubles, float16 float32, booleans 0 and 1. */
export type NumericArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Converts the bytes of a whole array in native order, aligned to whole elements, to numbers. */
type Decode = (bytes: Uint8Array<ArrayBuffer>) => NumericArray;

const decoders: Readonly<Record<string, Decode>> = {
  b1: (bytes) => bytes,
  u1: (bytes) => bytes,
  i1: (bytes) => view(Int8Array, bytes),
  u2: (bytes) => view(Uint16Array, bytes),
  i2: (bytes) => view(Int16Array, bytes),
  u4: (bytes) => view(Uint32Array, bytes),
  i4: (bytes) => view(Int32Array, bytes),
  u8: (bytes) => Float64Array.from(view(BigUint64Array, bytes), Number),
  i8: (bytes) => Float64Array.from(view(BigInt64Array, bytes), Number),
  f2: (bytes) => Float32Array.from(view(Uint16Array, bytes), halfToNumber),
  f4: (bytes) => view(Float32Array, bytes),
  f8: (bytes) => view(Float64Array, bytes),
};

/** The bytes as numbers, without a copy. */
function view<Numbers>(type: ViewType<Numbers>, bytes: Uint8Array<ArrayBuffer>): Numbers {
  return new type(bytes.buffer, bytes.byteOffset, bytes.byteLength / type.BYTES_PER_ELEMENT);
}

interface ViewType<Numbers> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Numbers;
}

const platformIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** An element type as the header of an array names it (`<f4`, `|u1`, `>U12`), parsed. */
export interface ElementType {
  readonly kind: "numbers" | "strings";
  /** Bytes of one element. */
  readonly bytes: number;
  /** Bytes of the unit to which byte order applies: a character's for strings. */
  readonly orderedBytes: number;
  readonly littleEndian: boolean;
  /** Kind and size without the byte order: `f4`. */
  readonly code: string;
}

/** Parses a type name; `undefined` for a type that is neither a bool, an integer, a float nor text. */
export function parseElementType(descr: string): ElementType | undefined {
  const match = /^([<>|=])?([A-Za-z])(\d+)$/.exec(descr);
  if (match === null) return undefined;
  const littleEndian = match[1] === "=" ? platformIsLittleEndian : match[1] !== ">";
  const code = `${match[2]!}${match[3]!}`;
  const size = Number(match[3]);
  if (match[2] === "U") return { kind: "strings", bytes: 4 * size, orderedBytes: 4, littleEndian, code };
  if (!Object.hasOwn(decoders, code)) return undefined;
  return { kind: "numbers", bytes: size, orderedBytes: size, littleEndian, code };
}

/**
 * An array's bytes in the platform's byte order: a copy, or with `shared` the bytes themselves where they are in that
 * order and aligned already.
 */
export function nativeBytes(bytes: Uint8Array, type: ElementType, shared = false): Uint8Array<ArrayBuffer> {
  const isNative = type.orderedBytes === 1 || type.littleEndian === platformIsLittleEndian;
  const { buffer, byteOffset, byteLength } = bytes;
  if (shared && isNative && byteOffset % type.orderedBytes === 0 && buffer instanceof ArrayBuffer) {
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  const copy = new Uint8Array(bytes);
  if (!isNative) reverseEach(copy, type.orderedBytes);
  return copy;
}

/** The numbers of an array, from its bytes in native order. */
export function decodeNumbers(bytes: Uint8Array<ArrayBuffer>, type: ElementType): NumericArray {
  return decoders[type.code]!(bytes);
}

/**
 * The texts of an array of fixed-width UTF-32, from their bytes in native order, without the padding of NULs.
 * @throws RangeError where a character is beyond Unicode
 */
export function decodeStrings(bytes: Uint8Array<ArrayBuffer>, type: ElementType, count: number): string[] {
  const codePoints = view(Uint32Array, bytes);
  const width = type.bytes / 4;
  return Array.from({ length: count }, (_, index) => {
    let end = (index + 1) * width;
    while (end > index * width && codePoints[end - 1] === 0) end--;
    return Array.from(codePoints.subarray(index * width, end), (code) => String.fromCodePoint(code)).join("");
  });
}

/** The bytes of an array as little-endian, whatever the platform. */
export function littleEndianBytes(data: NumericArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (platformIsLittleEndian) return bytes;
  const copy = new Uint8Array(bytes);
  reverseEach(copy, data.BYTES_PER_ELEMENT);
  return copy;
}

function reverseEach(bytes: Uint8Array, size: number): void {
  if (size < 2) return;
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
