/**
 * Opens arrays of N5: `attributes.json` instead of a Zarr document, and blocks with a header instead of chunks. The
 * axes of N5 are from inner to outer (x, y, z); here they are, as elsewhere, from outer to inner.
 *
 * @see https://github.com/saalfeldlab/n5#file-system-specification
 */
import { IsoluxError } from "../../errors.ts";
import { bytesPerPixel, type PixelType, pixelTypes } from "../../shapes.ts";
import { ZarrArray } from "../array.ts";
import { isJsonObject, type JsonObject, readJson, showJson } from "../json.ts";
import { checkChunkBytes } from "../metadata/checks.ts";
import type { ArrayMetadata, Codec } from "../metadata/metadata.ts";
import { parseCompressor, parseShapes } from "../metadata/version-2.ts";
import { joinKey, type ReadableStore } from "../store.ts";

const documentName = "attributes.json";

/** The attributes of a group or array of N5; `undefined` where it has none. @throws IsoluxError `corrupt`, `storage` */
export async function readN5Attributes(store: ReadableStore, key: string): Promise<JsonObject | undefined> {
  return await readJson(store, joinKey(key, documentName));
}

/**
 * Opens the array of N5 in the folder `key`; `undefined` where there is none.
 * @throws IsoluxError `corrupt`, `unsupported` (type, compression), `storage`
 */
export async function openN5Array(store: ReadableStore, key: string): Promise<ZarrArray | undefined> {
  const attributes = await readN5Attributes(store, key);
  if (attributes?.dimensions === undefined) return undefined;
  const where = joinKey(store.location, key, documentName);
  return new ZarrArray(store, key, parseN5Attributes(attributes, where));
}

/**
 * The attributes of an array of N5 as metadata of an array.
 * @param where the document's full key, for messages
 * @throws IsoluxError `corrupt`, `unsupported`
 */
function parseN5Attributes(attributes: JsonObject, where: string): ArrayMetadata {
  const { dimensions, blockSize, dataType } = attributes;
  const [dims, block] = parseShapes(dimensions, blockSize, "blockSize", where);
  const [shape, chunkShape] = [[...dims].reverse(), [...block].reverse()];
  const type = parseType(dataType, where);
  checkChunkBytes(chunkShape, type, where);
  return {
    zarrFormat: 2,
    shape,
    chunkShape,
    type,
    byteOrder: "big",
    order: "C",
    fillValue: 0,
    separator: "/",
    keyEncoding: "n5",
    codec: {
      kind: "n5-block",
      shape: chunkShape,
      itemBytes: bytesPerPixel(type),
      of: parseCompression(attributes, where),
    },
  };
}

function parseType(value: unknown, where: string): PixelType {
  const type = pixelTypes.find((name) => name === value);
  if (type !== undefined) return type;
  throw unsupported("pixel type", value, pixelTypes.join(", "), where);
}

/** Programs before version 2 of the format wrote only the name, under another key. */
function parseCompression({ compression, compressionType }: JsonObject, where: string): Codec {
  const settings = isJsonObject(compression) ? compression : { type: compressionType };
  const { type, level = -1 } = settings;
  switch (type) {
    case "raw":
      return { kind: "none" };
    case "gzip":
      return { kind: settings.useZlib === true ? "zlib" : "gzip", level: typeof level === "number" ? level : -1 };
    case "zstd":
      return { kind: "zstd", level: typeof level === "number" ? level : 0 };
    case "lz4":
      return { kind: "lz4-java" };
    case "blosc":
      return parseCompressor({ ...settings, id: "blosc" }, where);
    default:
      throw unsupported("compression", type, "raw, gzip, lz4, zstd or blosc", where);
  }
}

function unsupported(name: string, value: unknown, expected: string, where: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: `The ${name} of this N5 array is not read`,
    where,
    found: value === undefined ? "none" : showJson(value),
    expected,
    ...(name === "compression" ? { advice: "Save the project again in BigStitcher, with another compression" } : {}),
  });
}
