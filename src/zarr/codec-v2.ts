/**
 * The `compressor` of Zarr version 2, both directions. Names and settings are those of numcodecs.
 *
 * @see https://numcodecs.readthedocs.io/
 */

import { IsoluxError, unreachable } from "../errors.ts";
import { parseFilters, serializeFilter } from "./filters-v2.ts";
import { isJsonObject, type JsonObject, showJson } from "./json.ts";
import { type BloscCodec, bloscInnerCodecs, type Codec } from "./metadata.ts";
import { integerOf, largestChunkBytes } from "./metadata-checks.ts";
import { corruptMetadata, unsupportedArray } from "./metadata-fault.ts";
import type { NumpyType } from "./numpy-type.ts";

const shuffles = { "0": "none", "1": "byte", "2": "bit", "-1": "auto" } as const;
const shuffleNumbers = { none: 0, byte: 1, bit: 2, auto: -1 } as const;

/** Reads `compressor` and `filters` of a `.zarray` document. @throws IsoluxError `corrupt` or `unsupported` */
export function parseCodec(compressor: unknown, filters: unknown, where: string, pixels?: NumpyType): Codec {
  const before = parseFilters(filters, pixels, where);
  const last = parseCompressor(compressor, where);
  return chainOf([...before, ...(last.kind === "none" ? [] : [last])]);
}

/** The codec that is all of these, in the order in which they encode. */
export function chainOf(codecs: readonly Codec[]): Codec {
  return codecs.length > 1 ? { kind: "chain", codecs } : (codecs[0] ?? { kind: "none" });
}

/** Reads a compressor by the name and the settings that numcodecs gives it. @throws IsoluxError */
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

/** What stands for a codec in a `.zarray` document, keys in order. @throws IsoluxError `invalid` where it has no word for it */
export function serializeCodec(codec: Codec): {
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
      return { ...(codec.checksum === undefined ? {} : { checksum: codec.checksum }), id: "zstd", level: codec.level };
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
      throw noWord(`${codec.kind} codec`);
    default:
      return unreachable(codec);
  }
}

function noWord(name: string): IsoluxError {
  return new IsoluxError({ kind: "invalid", what: `An array of Zarr version 2 has no ${name}` });
}
