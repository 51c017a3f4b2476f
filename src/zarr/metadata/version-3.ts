/**
 * Reads and writes the `zarr.json` document of an array of Zarr version 3.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#array-metadata
 */
import { IsoluxError } from "../../errors.ts";
import { bytesPerPixel, isFloating, largestPixel, type PixelType, pixelTypes, smallestPixel } from "../../shapes.ts";
import { isJsonObject, type JsonObject, showJson } from "../json.ts";
import { checkChunkBytes, corruptMetadata, isPixelOf, unsupportedArray } from "./checks.ts";
import { checkSettings, parseExtension } from "./codec-3.ts";
import { parseCodecs, serializeCodecs } from "./codecs-3.ts";
import { type ArrayMetadata, type FillValue, objectShape } from "./metadata.ts";
import { parseShapes } from "./version-2.ts";

const knownKeys = new Set([
  ...["zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs"],
  ...["attributes", "dimension_names", "storage_transformers"],
  // Only for groups, but some programs write it for arrays as well
  "consolidated_metadata",
]);

/**
 * Reads a parsed `zarr.json` document of an array.
 *
 * @param where the document's full key, for messages
 * @throws IsoluxError `corrupt` where the document violates the specification, `unsupported` for unsupported pixels,
 * codecs or extensions
 */
export function parseArrayMetadata(document: unknown, where: string): ArrayMetadata {
  if (!isJsonObject(document)) throw corruptMetadata(where, "document", document, "a JSON object");
  if (document.zarr_format !== 3) throw corruptMetadata(where, "zarr_format", document.zarr_format, "3");
  if (document.node_type !== "array") throw corruptMetadata(where, "node_type", document.node_type, '"array"');
  checkExtensions(document, where);
  const [shape, gridShape] = parseShapes(document.shape, parseGrid(document.chunk_grid, where), "chunk_shape", where);
  const type = parseType(document.data_type, where);
  const codecs = parseCodecs(document.codecs, gridShape, type, where);
  checkChunkBytes(codecs.chunkShape, type, where);
  const dimensionNames = parseNames(document.dimension_names, shape.length, where);
  return {
    zarrFormat: 3,
    shape,
    type,
    ...codecs,
    ...parseKeys(document.chunk_key_encoding, where),
    fillValue: parseFillValue(document.fill_value, type, where),
    ...(dimensionNames === undefined ? {} : { dimensionNames }),
    attributes: parseAttributes(document.attributes, where),
  };
}

/**
 * A `zarr.json` document with exactly these properties, formatted as by zarr-python.
 *
 * @throws IsoluxError `invalid` where version 3 cannot express one of them
 */
export function serializeArrayMetadata(metadata: ArrayMetadata): Uint8Array {
  const { keyEncoding = "v2", separator, dimensionNames, fillValue } = metadata;
  if (metadata.zarrFormat !== 3) {
    throw new IsoluxError({ kind: "invalid", what: "Only arrays of Zarr version 3 have a zarr.json document" });
  }
  const document = {
    shape: metadata.shape,
    data_type: metadata.type,
    chunk_grid: { name: "regular", configuration: { chunk_shape: objectShape(metadata) } },
    chunk_key_encoding: { name: keyEncoding, configuration: { separator } },
    fill_value: fillValue ?? 0,
    codecs: serializeCodecs(metadata),
    attributes: metadata.attributes ?? {},
    dimension_names: dimensionNames,
    zarr_format: 3,
    node_type: "array",
    storage_transformers: [],
  };
  return new TextEncoder().encode(JSON.stringify(document, null, 2));
}

/** Refuses storage transformers, and unknown keys unless they declare that they may be ignored. */
function checkExtensions(document: JsonObject, where: string): void {
  const { storage_transformers: transformers = [] } = document;
  if (!Array.isArray(transformers)) throw corruptMetadata(where, "storage_transformers", transformers, "a list");
  if (transformers.length > 0) {
    const names = transformers.map((value) => parseExtension(value, "storage_transformers", where).name);
    throw unsupportedArray(where, "list of storage transformers", showJson(names), "none");
  }
  for (const [key, value] of Object.entries(document)) {
    if (knownKeys.has(key) || (isJsonObject(value) && value.must_understand === false)) continue;
    throw unsupportedArray(where, `extension ${showJson(key)}`, showJson(value), "none");
  }
}

function parseGrid(value: unknown, where: string): unknown {
  const grid = parseExtension(value, "chunk_grid", where);
  if (grid.name !== "regular") throw unsupportedArray(where, "chunk grid", showJson(grid.name), '"regular"');
  checkSettings(grid, ["chunk_shape"], where);
  return grid.configuration.chunk_shape;
}

function parseType(value: unknown, where: string): PixelType {
  if (value === undefined) throw corruptMetadata(where, "data_type", value, "a data type");
  const extension = parseExtension(value, "data_type", where);
  const type = pixelTypes.find((name) => name === extension.name);
  if (type === undefined) throw unsupportedArray(where, "data type", showJson(value), pixelTypes.join(", "));
  checkSettings(extension, [], where);
  return type;
}

function parseKeys(value: unknown, where: string): Required<Pick<ArrayMetadata, "keyEncoding" | "separator">> {
  const encoding = parseExtension(value, "chunk_key_encoding", where);
  const { name, configuration } = encoding;
  if (name !== "default" && name !== "v2") {
    throw unsupportedArray(where, "chunk key encoding", showJson(name), '"default" or "v2"');
  }
  checkSettings(encoding, ["separator"], where);
  const separator = configuration.separator ?? (name === "default" ? "/" : ".");
  if (separator === "." || separator === "/") return { keyEncoding: name, separator };
  throw corruptMetadata(where, "separator", separator, '"." or "/"');
}

function parseFillValue(value: unknown, type: PixelType, where: string): FillValue {
  if (!isFloating(type)) {
    if (isPixelOf(type, value)) return value;
    const expected = `an integer from ${smallestPixel(type)} to ${largestPixel(type)}`;
    throw corruptMetadata(where, "fill_value", value, expected);
  }
  if (value === "NaN" || value === "Infinity" || value === "-Infinity" || typeof value === "number") return value;
  const digits = 2 * bytesPerPixel(type);
  if (typeof value === "string" && /^0x[0-9a-fA-F]+$/.test(value) && value.length === 2 + digits) {
    return fillOfBits(BigInt(value), digits);
  }
  throw corruptMetadata(
    where,
    "fill_value",
    value,
    `a number, "NaN", "Infinity", "-Infinity" or "0x" and ${digits} digits`,
  );
}

/** The float32 or float64 of these bits. */
function fillOfBits(bits: bigint, digits: number): FillValue {
  const { buffer } = BigUint64Array.of(bits);
  const number = digits === 8 ? new Float32Array(buffer)[0]! : new Float64Array(buffer)[0]!;
  return Number.isFinite(number) ? number : (String(number) as FillValue);
}

function parseNames(value: unknown, rank: number, where: string): readonly (string | null)[] | undefined {
  if (value === undefined || value === null) return undefined;
  const isNames =
    Array.isArray(value) &&
    value.length === rank &&
    value.every((name: unknown) => name === null || typeof name === "string");
  if (isNames) return value;
  throw corruptMetadata(where, "dimension_names", value, `${rank} names or nulls`);
}

function parseAttributes(value: unknown, where: string): JsonObject {
  if (value === undefined) return {};
  if (isJsonObject(value)) return value;
  throw corruptMetadata(where, "attributes", value, "an object");
}
