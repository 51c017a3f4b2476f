/**
 * One real matrix in MATLAB's format 5 (.mat, versions 5 to 7), as CellProfiler keeps illumination functions: a variable
 * `Image`.
 * @see https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
 */

import { concatenate } from "../../concatenate.ts";
import { IsoluxError } from "../../errors.ts";
import { limits, mostImageBytes } from "../../limits.ts";
import { elementCount, formatShape, type Yx } from "../../shapes.ts";
import { inflateUpTo } from "../../zarr/codecs/inflate-up-to.ts";
import { decodeNumbers, littleEndianBytes, type NumericArray, nativeBytes, parseElementType } from "../npy-elements.ts";
import { checkPixels, type RawImage } from "../validate.ts";

/** Types of data elements, by their number in the format, as NumPy calls them. */
const elementTypes: Readonly<Record<number, string>> = {
  1: "i1",
  2: "u1",
  3: "i2",
  4: "u2",
  5: "i4",
  6: "u4",
  7: "f4",
  9: "f8",
  12: "i8",
  13: "u8",
};
const [int8, int32, uint32, double, matrix, compressed] = [1, 5, 6, 9, 14, 15];
const headerBytes = 128;
const doubleClass = 6;
const [complexFlag, classes] = [0x800, { firstNumeric: 6, lastNumeric: 15 }];

/** A data element: its type and bytes, and where the next one begins. */
interface Element {
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly next: number;
}

interface Variable {
  readonly name: string;
  readonly image: RawImage | undefined;
}

/**
 * Reads the variable `Image` or, where there is none, the only matrix of real numbers in the file.
 * @throws IsoluxError `corrupt`, `unsupported` (version 4 and 7.3), `invalid` where there is no such matrix
 */
export function decodeMat(bytes: Uint8Array, where: string, mostPixels: number = limits.pagePixels): RawImage {
  const order = byteOrder(bytes, where);
  let variables: Variable[];
  try {
    variables = [...readVariables(bytes, order, mostImageBytes(mostPixels))];
  } catch (cause) {
    throw new IsoluxError({ kind: "corrupt", what: "A MATLAB file is damaged or cut short", where, cause });
  }
  const matrices = variables.filter(({ image }) => image !== undefined);
  const chosen = matrices.find(({ name }) => name === "Image") ?? (matrices.length === 1 ? matrices[0] : undefined);
  if (chosen?.image !== undefined) {
    checkPixels(chosen.image.data.length, mostPixels, where);
    return chosen.image;
  }
  throw new IsoluxError({
    kind: "invalid",
    what: "A MATLAB file has no illumination function",
    where,
    found: variables.length === 0 ? "no variables" : variables.map(({ name }) => name).join(", "),
    expected: "a variable Image that is a matrix of real numbers",
  });
}

function byteOrder(bytes: Uint8Array, where: string): "<" | ">" {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, headerBytes));
  const mark = text.slice(126);
  if (!text.startsWith("MATLAB 7.3") && (mark === "IM" || mark === "MI")) return mark === "IM" ? "<" : ">";
  throw new IsoluxError({
    kind: "unsupported",
    what: "The MATLAB file is of a version that is not read",
    where,
    ...(text.startsWith("MATLAB 7.3") ? { found: "version 7.3" } : {}),
    expected: "versions 5 to 7",
    advice: "Save it again with save('file.mat', 'Image', '-v7')",
  });
}

function* readVariables(bytes: Uint8Array, order: "<" | ">", mostBytes: number): Generator<Variable> {
  for (let at = headerBytes; at + 8 <= bytes.length; ) {
    const outer = readElement(bytes, at, order);
    const inner = outer.type === compressed ? readElement(unpacked(outer.bytes, order, mostBytes), 0, order) : outer;
    if (inner.type === matrix) yield readMatrix(inner.bytes, order);
    // What is compressed is not padded.
    at = outer.type === compressed ? at + 8 + outer.bytes.length : outer.next;
  }
}

/** A compressed element, which begins with its own length. @throws RangeError where that is beyond `mostBytes` */
function unpacked(packed: Uint8Array, order: "<" | ">", mostBytes: number): Uint8Array {
  return inflateUpTo(packed, "zlib", (start) => {
    if (start.length < 8) return 8;
    const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
    const size = view.getUint32(4, order === "<");
    if (size > mostBytes) throw new RangeError(`an element of ${size} bytes`);
    return 8 + size;
  });
}

/** A matrix is a sequence of elements: flags, extents, name, values. */
function readMatrix(bytes: Uint8Array, order: "<" | ">"): Variable {
  const flags = readElement(bytes, 0, order);
  const extents = readElement(bytes, flags.next, order);
  const label = readElement(bytes, extents.next, order);
  const name = new TextDecoder("latin1").decode(label.bytes);
  const [word = 0] = numbers(flags, order) ?? [];
  const kind = word & 0xff;
  const isReal = kind >= classes.firstNumeric && kind <= classes.lastNumeric && (word & complexFlag) === 0;
  const shape = [...(numbers(extents, order) ?? [])];
  if (!isReal || shape.length !== 2) return { name, image: undefined };
  const values = numbers(readElement(bytes, label.next, order), order);
  if (values?.length !== elementCount(shape)) throw new RangeError(`values for ${formatShape(shape)}`);
  return { name, image: { shape, data: transposed(values, shape[1]!, shape[0]!) } };
}

/** @throws RangeError where there are fewer bytes than the element has */
function readElement(bytes: Uint8Array, at: number, order: "<" | ">"): Element {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = order === "<";
  const word = view.getUint32(at, littleEndian);
  // Up to 4 bytes are kept beside their type and length, in the halves of one word.
  const isSmall = word >>> 16 !== 0;
  const size = isSmall ? word >>> 16 : view.getUint32(at + 4, littleEndian);
  const start = at + (isSmall ? 4 : 8);
  if (start + size > bytes.length) throw new RangeError(`an element of ${size} bytes`);
  const next = isSmall ? at + 8 : start + 8 * Math.ceil(size / 8);
  return { type: isSmall ? word & 0xffff : word, bytes: bytes.subarray(start, start + size), next };
}

function numbers({ type, bytes }: Element, order: "<" | ">"): NumericArray | undefined {
  const code = elementTypes[type];
  const elementType = code === undefined ? undefined : parseElementType(order + code);
  return elementType && decodeNumbers(nativeBytes(bytes, elementType), elementType);
}

/** The transpose of an image of `height` rows and `width` columns: MATLAB keeps column after column. */
function transposed(values: NumericArray, height: number, width: number): NumericArray {
  const result = values.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) result[x * height + y] = values[y * width + x]!;
  }
  return result;
}

/** Writes an image as the variable `Image`, in doubles, as CellProfiler and `scipy.io.loadmat` read it. */
export function encodeMat(image: Float64Array, shapeYx: Yx): Uint8Array {
  const body = [
    element(uint32, Uint32Array.of(doubleClass, 0)),
    element(int32, Int32Array.from(shapeYx)),
    element(
      int8,
      Int8Array.from("Image", (letter) => letter.charCodeAt(0)),
    ),
    element(double, transposed(image, shapeYx[0], shapeYx[1])),
  ];
  const bodyBytes = body.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(headerBytes + 8);
  bytes.set(new TextEncoder().encode("MATLAB 5.0 MAT-file, written by Isolux".padEnd(116)));
  const view = new DataView(bytes.buffer);
  view.setUint16(124, 0x0100, true);
  bytes.set(new TextEncoder().encode("IM"), 126);
  view.setUint32(headerBytes, matrix, true);
  view.setUint32(headerBytes + 4, bodyBytes, true);
  return concatenate(Uint8Array, [bytes, ...body]);
}

function element(type: number, data: NumericArray): Uint8Array {
  const bytes = new Uint8Array(8 + 8 * Math.ceil(data.byteLength / 8));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, data.byteLength, true);
  bytes.set(littleEndianBytes(data), 8);
  return bytes;
}
