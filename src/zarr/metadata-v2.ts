/**
 * The `.zarray` document of Zarr version 2, both directions.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
 */

import { IsoluxError } from "../errors.ts";
import { isFloating, largestPixel, type PixelType, smallestPixel } from "../shapes.ts";
import { parseCodec, serializeCodec } from "./codec-v2.ts";
import { isJsonObject, showJson } from "./json.ts";
import type { ArrayMetadata, FillValue } from "./metadata.ts";
import { checkChunkBytes, isPixelOf, parseShapes } from "./metadata-checks.ts";
import { corruptMetadata, unsupportedArray } from "./metadata-fault.ts";
import { type NumpyType, numpyName, numpyTypes, parseNumpyType } from "./numpy-type.ts";

/**
 * Reads a parsed `.zarray` document.
 *
 * @param where the array's full key, for messages
 * @throws IsoluxError `corrupt` where the document is not what the specification says, `unsupported` where it describes
 *   pixels or codecs that are not read
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
 * A `.zarray` document with exactly these properties, laid out as zarr-python does.
 *
 * @throws IsoluxError `invalid` where version 2 has no word for one of them
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
  // Some writers quote it
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  if (isPixelOf(type, number)) return number;
  throw corruptMetadata(
    where,
    "fill_value",
    value,
    `an integer from ${smallestPixel(type)} to ${largestPixel(type)} or null`,
  );
}
