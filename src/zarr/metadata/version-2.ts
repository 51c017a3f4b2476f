/**
 * Reads and writes the `.zarray` document of Zarr version 2.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
 */
import { IsoluxError, unreachable } from "../../errors.ts";
import { isFloating, largestPixel, type PixelType, smallestPixel } from "../../shapes.ts";
import { parseFilters, serializeFilter } from "../filters-v2.ts";
import { isJsonObject, type JsonObject, showJson } from "../json.ts";
import { type NumpyType, numpyName, numpyTypes, parseNumpyType } from "../numpy-type.ts";
import {
  checkChunkBytes,
  corruptMetadata,
  integerOf,
  isPixelOf,
  largestChunkBytes,
  parseExtents,
  unsupportedArray,
} from "./checks.ts";
import {
  type ArrayMetadata,
  type BloscCodec,
  bloscInnerCodecs,
  type Codec,
  chainOf,
  type FillValue,
} from "./metadata.ts";

const mostAxes = 5;

/**
 * Reads the extents of an array, and those of its chunks, whose key is `name`.
 *
 * @throws IsoluxError `corrupt`, or `unsupported` for too many axes
 */
export function parseShapes(shapeValue: unknown, chunks: unknown, name: string, where: string): [number[], number[]] {
  const shape = parseExtents(shapeValue, 0, "shape", where);
  const chunkShape = parseExtents(chunks, 1, name, where);
  if (shape.length !== chunkShape.length) {
    throw corruptMetadata(where, name, chunks, `${shape.length} extents, as many as shape has`);
  }
  if (shape.length < 1 || shape.length > mostAxes) {
    throw unsupportedArray(where, "number of axes", `${shape.length}`, `1 to ${mostAxes}`);
  }
  return [shape, chunkShape];
}

/**
 * Reads a parsed `.zarray` document.
 *
 * @param where the array's full key, for messages
 * @throws IsoluxError `corrupt` where the document violates the specification, `unsupported` for unsupported pixels or
 * codecs
 */
export function parseArrayMetadata(document: unknown, where: string): ArrayMetadata {
  if (!isJsonObject(document)) throw corruptMetadata(where, "document", document, "a JSON object");
  if (document.zarr_format !== 2) throw corruptMetadata(where, "zarr_format", document.zarr_format, "2");
  const [shape, chunkShape] = parseShapes(document.shape, document.chunks, "chunks", where);
  const { type, byteOrder } = parseType(document.dtype, where);
  checkChunkBytes(chunkShape, type, where);
  return {
    zarrFormat: 2,
    shape,
    chunkShape,
    type,
    byteOrder,
    order: parseOrder(document.order, where),
    fillValue: parseFillValue(document.fill_value, type, where),
    separator: parseSeparator(document.dimension_separator, where),
    codec: parseCodec(document.compressor, document.filters, where, { type, byteOrder }),
  };
}

/**
 * A `.zarray` document with exactly these properties, formatted as by zarr-python.
 *
 * @throws IsoluxError `invalid` where version 2 cannot express one of them
 */
export function serializeArrayMetadata(metadata: ArrayMetadata): Uint8Array {
  const { type, byteOrder, zarrFormat, shardShape, order } = metadata;
  if (zarrFormat !== 2 || shardShape !== undefined || typeof order !== "string") {
    throw new IsoluxError({ kind: "invalid", what: "Only arrays of Zarr version 2 have a .zarray document" });
  }
  const { filters, compressor } = serializeCodec(metadata.codec);
  const document = {
    chunks: metadata.chunkShape,
    compressor,
    dimension_separator: metadata.separator,
    dtype: numpyName({ type, byteOrder }),
    fill_value: metadata.fillValue,
    filters: filters.length === 0 ? null : filters,
    order,
    shape: metadata.shape,
    zarr_format: 2,
  };
  return new TextEncoder().encode(JSON.stringify(document, null, 4));
}

function parseType(value: unknown, where: string): NumpyType {
  if (value === undefined) throw corruptMetadata(where, "dtype", value, "a data type");
  const known = parseNumpyType(value);
  if (known !== undefined) return known;
  throw unsupportedArray(where, "data type", showJson(value), numpyTypes);
}

function parseOrder(value: unknown, where: string): "C" | "F" {
  if (value === "C" || value === "F") return value;
  throw corruptMetadata(where, "order", value, '"C" or "F"');
}

function parseSeparator(value: unknown, where: string): "." | "/" {
  if (value === undefined || value === null) return ".";
  if (value === "." || value === "/") return value;
  throw corruptMetadata(where, "dimension_separator", value, '"." or "/"');
}

function parseFillValue(value: unknown, type: PixelType, where: string): FillValue {
  if (value === null) return null;
  if (isFloating(type)) {
    if (value === "NaN" || value === "Infinity" || value === "-Infinity" || typeof value === "number") return value;
    throw corruptMetadata(where, "fill_value", value, 'a number, "NaN", "Infinity", "-Infinity" or null');
  }
  // Some programs write it as a string
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  if (isPixelOf(type, number)) return number;
  throw corruptMetadata(
    where,
    "fill_value",
    value,
    `an integer from ${smallestPixel(type)} to ${largestPixel(type)} or null`,
  );
}

// The `compressor` of Zarr version 2. Names and settings are those of numcodecs. @see https://numcodecs.readthedocs.io/

const shuffles = { "0": "none", "1": "byte", "2": "bit", "-1": "auto" } as const;
const shuffleNumbers = { none: 0, byte: 1, bit: 2, auto: -1 } as const;

/** Reads `compressor` and `filters` of a `.zarray` document. @throws IsoluxError `corrupt` or `unsupported` */
export function parseCodec(compressor: unknown, filters: unknown, where: string, pixels?: NumpyType): Codec {
  const before = parseFilters(filters, pixels, where);
  const last = parseCompressor(compressor, where);
  return chainOf([...before, ...(last.kind === "none" ? [] : [last])]);
}

/** Reads a compressor by its name and settings in numcodecs. @throws IsoluxError */
export function parseCompressor(compressor: unknown, where: string): Codec {
  if (compressor === null) return { kind: "none" };
  if (!isJsonObject(compressor)) throw corruptMetadata(where, "compressor", compressor, "an object or null");
  const id = compressor.id;
  switch (id) {
    case "blosc":
      return parseBlosc(compressor, where);
    case "zstd": {
      const level = integerOf(compressor, "level", 0, where);
      return compressor.checksum === undefined
        ? { kind: "zstd", level }
        : { kind: "zstd", level, checksum: compressor.checksum === true };
    }
    case "gzip":
    case "zlib":
      return { kind: id, level: integerOf(compressor, "level", 1, where, -1, 9) };
    case "lz4":
      return { kind: "lz4", acceleration: integerOf(compressor, "acceleration", 1, where) };
    default:
      throw unsupportedArray(where, "compressor", showJson(id), "blosc, zstd, gzip, zlib, lz4 or none");
  }
}

function parseBlosc(compressor: JsonObject, where: string): BloscCodec {
  const inner = bloscInnerCodecs.find((name) => name === (compressor.cname ?? "lz4"));
  if (inner === undefined) {
    throw unsupportedArray(where, "Blosc compressor", showJson(compressor.cname), bloscInnerCodecs.join(", "));
  }
  const shuffle = String(integerOf(compressor, "shuffle", 1, where, -1, 2)) as keyof typeof shuffles;
  const level = integerOf(compressor, "clevel", 5, where, 0, 9);
  const blockBytes = integerOf(compressor, "blocksize", 0, where, 0, largestChunkBytes);
  return { kind: "blosc", inner, level, shuffle: shuffles[shuffle], blockBytes };
}

/** A codec in a `.zarray` document, keys in order. @throws IsoluxError `invalid` where version 2 cannot express it */
function serializeCodec(codec: Codec): {
  readonly filters: readonly JsonObject[];
  readonly compressor: JsonObject | null;
} {
  const codecs = codec.kind === "chain" ? codec.codecs : codec.kind === "none" ? [] : [codec];
  const isFilter = (one: Codec) => one.kind === "shuffle" || one.kind === "delta" || one.kind === "scale";
  const count = codecs.filter(isFilter).length;
  const last = codecs.at(-1);
  const compressor = last === undefined || isFilter(last) ? null : serializeOne(last);
  if (codecs.length - count > 1) throw noWord("chain of codecs");
  return { filters: codecs.filter(isFilter).map(serializeOne), compressor };
}

function serializeOne(codec: Codec): JsonObject {
  switch (codec.kind) {
    case "blosc": {
      const { blockBytes: blocksize, level: clevel, inner: cname } = codec;
      return { blocksize, clevel, cname, id: "blosc", shuffle: shuffleNumbers[codec.shuffle] };
    }
    case "zstd":
      return { checksum: codec.checksum, id: "zstd", level: codec.level };
    case "gzip":
    case "zlib":
      return { id: codec.kind, level: codec.level };
    case "lz4":
      return { acceleration: codec.acceleration, id: "lz4" };
    case "shuffle":
    case "delta":
    case "scale":
      return serializeFilter(codec);
    case "none":
    case "chain":
    case "crc32c":
    case "lz4-java":
    case "n5-block":
      throw noWord(`${codec.kind} codec`);
    default:
      return unreachable(codec);
  }
}

function noWord(name: string): IsoluxError {
  return new IsoluxError({ kind: "invalid", what: `An array of Zarr version 2 has no ${name}` });
}
