/**
 * Reads NumPy's array format (.npy) in versions 1 to 3, writes version 1.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

import { IsoluxError } from "../errors.ts";
import { elementCount, formatShape } from "../shapes.ts";
import {
  decodeNumbers,
  decodeStrings,
  type ElementType,
  littleEndianBytes,
  type NumericArray,
  nativeBytes,
  parseElementType,
} from "./npy-elements.ts";

/** An array of NumPy, its elements in C order whatever their order in the file. */
export type NpyArray =
  | { readonly kind: "numbers"; readonly dtype: string; readonly shape: readonly number[]; readonly data: NumericArray }
  | { readonly kind: "strings"; readonly dtype: string; readonly shape: readonly number[]; readonly data: string[] };

/** What can be written: an array of numbers, or a single text as a 0-d array. */
export type NpySource = { readonly shape: readonly number[]; readonly data: NumericArray } | { readonly text: string };

interface NpyHeader {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Offset of the elements. */
  readonly dataOffset: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Reads one array. `where` names it in messages: a file, and its key in an archive.
 * @param shared whether the array may share the memory of `bytes`; by default it is always a copy
 * @throws IsoluxError `corrupt` where the bytes are no array or too few; `unsupported` for pickled objects and for
 * types that are neither bool, integer, float nor text
 */
export function decodeNpy(bytes: Uint8Array, where: string, shared = false): NpyArray {
  const header = parseHeader(bytes, where);
  const { descr: dtype, shape } = header;
  const type = elementType(dtype, where);
  const count = elementCount(shape);
  const wanted = count * type.bytes;
  const present = bytes.length - header.dataOffset;
  // The shape is checked against the number of bytes first, so that a damaged header causes no huge allocation.
  if (!(wanted <= present)) {
    throw corrupt(
      "A NumPy array is cut short",
      where,
      `${present} bytes`,
      `${wanted} for ${formatShape(shape)} ${dtype}`,
    );
  }
  const native = nativeBytes(bytes.subarray(header.dataOffset, header.dataOffset + wanted), type, shared);
  if (type.kind === "strings") return { kind: "strings", dtype, shape, data: texts(native, type, count, where) };
  const stored = decodeNumbers(native, type);
  const data = header.fortranOrder && shape.length > 1 ? fromFortranOrder(stored, shape) : stored;
  return { kind: "numbers", dtype, shape, data };
}

/** The bytes of a whole file by its beginning; `undefined` where that is too short, or none of an array. */
export function claimedNpyBytes(start: Uint8Array): number | undefined {
  try {
    const { descr, shape, dataOffset } = parseHeader(start, "");
    const type = parseElementType(descr);
    return type && dataOffset + elementCount(shape) * type.bytes;
  } catch {
    return undefined;
  }
}

function elementType(descr: string, where: string): ElementType {
  const type = parseElementType(descr);
  if (type !== undefined) return type;
  const pickled = /O/.test(descr);
  throw new IsoluxError({
    kind: "unsupported",
    what: pickled ? "A NumPy array holds pickled Python objects" : "A NumPy array has a type that is not read",
    where,
    found: descr,
    expected: "bool, integers, floats of 16 to 64 bits or text",
    advice: "Save it again as plain numbers, for example with numpy.asarray(a, dtype='float32')",
  });
}

function texts(native: Uint8Array<ArrayBuffer>, type: ElementType, count: number, where: string): string[] {
  try {
    return decodeStrings(native, type, count);
  } catch (cause) {
    throw new IsoluxError({ kind: "corrupt", what: "A text in a NumPy array is damaged", where, cause });
  }
}

function parseHeader(bytes: Uint8Array, where: string): NpyHeader {
  if (!magic.every((byte, at) => bytes[at] === byte)) {
    throw corrupt("This is not a NumPy array", where, `${bytes.length} bytes that begin differently`, "the .npy magic");
  }
  const version = bytes[6];
  if (version !== 1 && version !== 2 && version !== 3) {
    throw corrupt("A NumPy array has an unknown format version", where, String(version), "1, 2 or 3");
  }
  const textOffset = version === 1 ? 10 : 12;
  if (bytes.length < textOffset) throw corrupt("A NumPy array is cut short", where, "half a header", "a whole one");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const textBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataOffset = textOffset + textBytes;
  if (bytes.length < dataOffset) throw corrupt("A NumPy array is cut short", where, "half a header", "a whole one");
  const encoding = version === 3 ? "utf-8" : "latin1";
  const text = new TextDecoder(encoding).decode(bytes.subarray(textOffset, dataOffset));
  return { ...parseHeaderText(text, where), dataOffset };
}

/** Parses the header, a Python dictionary; of a structured type only the beginning, for the message that refuses it. */
function parseHeaderText(text: string, where: string): Omit<NpyHeader, "dataOffset"> {
  const descr = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|(\[.{0,40}))/s.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const extents = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (descr === null || order === null || extents === null) {
    throw corrupt(
      "The header of a NumPy array is damaged",
      where,
      text.trim().slice(0, 80),
      "descr, fortran_order, shape",
    );
  }
  const shape = Array.from(extents[1]!.matchAll(/\d+/g), ([digits]) => Number(digits));
  return { descr: descr[1] ?? descr[2]!, fortranOrder: order[1] === "True", shape };
}

/** Column-major to row-major: the elements of the result in order, with their index in the source. */
function fromFortranOrder(source: NumericArray, shape: readonly number[]): NumericArray {
  const result = source.slice();
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = source[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

function corrupt(what: string, where: string, found: string, expected: string): IsoluxError {
  return new IsoluxError({ kind: "corrupt", what, where, found, expected });
}

/** Writes one array: format version 1, little-endian, C order, the elements at a multiple of 64 bytes. */
export function encodeNpy(source: NpySource): Uint8Array {
  const [header, payload] = npyParts(source);
  const bytes = new Uint8Array(header.length + payload.length);
  bytes.set(header);
  bytes.set(payload, header.length);
  return bytes;
}

/** The output of {@link encodeNpy} in two parts, header and elements, where possible without a copy. */
export function npyParts(source: NpySource): readonly [header: Uint8Array, payload: Uint8Array] {
  const { descr, shape, payload } = "text" in source ? textPayload(source.text) : numberPayload(source);
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const header = new Uint8Array(Math.ceil((10 + dictionary.length + 1) / 64) * 64);
  header.set(magic);
  header[6] = 1;
  new DataView(header.buffer).setUint16(8, header.length - 10, true);
  header.set(new TextEncoder().encode(`${dictionary.padEnd(header.length - 11)}\n`), 10);
  return [header, payload];
}

function numberPayload({ shape, data }: { shape: readonly number[]; data: NumericArray }) {
  const size = data.BYTES_PER_ELEMENT;
  return { descr: `${size === 1 ? "|" : "<"}${kindLetter(data)}${size}`, shape, payload: littleEndianBytes(data) };
}

function kindLetter(data: NumericArray): "f" | "i" | "u" {
  if (data instanceof Float32Array || data instanceof Float64Array) return "f";
  return data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array ? "i" : "u";
}

function textPayload(text: string) {
  const codePoints = Uint32Array.from(text, (character) => character.codePointAt(0)!);
  // NumPy has no texts of zero width.
  const payload = littleEndianBytes(codePoints.length === 0 ? new Uint32Array(1) : codePoints);
  return { descr: `<U${payload.length / 4}`, shape: [], payload };
}
