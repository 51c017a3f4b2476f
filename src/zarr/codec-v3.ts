/**
 * The compressors and checksums of Zarr version 3, both directions: what turns the bytes of a chunk into others.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/codecs/index.html
 */

import { IsoluxError, unreachable } from "../errors.ts";
import { checkSettings, type Extension } from "./extension.ts";
import { type JsonObject, showJson } from "./json.ts";
import { type BloscCodec, bloscInnerCodecs, type Codec } from "./metadata.ts";
import { integerOf, largestChunkBytes } from "./metadata-checks.ts";
import { corruptMetadata, unsupportedArray } from "./metadata-fault.ts";

/** The names of the codecs from bytes to bytes that are read and written. */
export const bytesCodecs = ["blosc", "zstd", "gzip", "crc32c"];

const shuffles: Readonly<Record<string, BloscCodec["shuffle"]>> = {
  noshuffle: "none",
  shuffle: "byte",
  bitshuffle: "bit",
};

/** Reads the codecs after `bytes`: at most one compressor, then at most one checksum. @throws IsoluxError `corrupt`, `unsupported` */
export function parseBytesCodecs(chain: readonly Extension[], where: string): Codec {
  let codec: Codec = { kind: "none" };
  for (const extension of chain) {
    const isChecksum = extension.name === "crc32c";
    if (isChecksum ? codec.kind === "crc32c" : codec.kind !== "none") {
      const found = chain.map(({ name }) => name).join(", ");
      throw unsupportedArray(where, "chain of codecs", found, "at most one compressor, and crc32c after it");
    }
    codec = isChecksum ? parseChecksum(extension, codec, where) : parseCompressor(extension, where);
  }
  return codec;
}

function parseChecksum(extension: Extension, of: Codec, where: string): Codec {
  checkSettings(extension, [], where);
  return { kind: "crc32c", of };
}

function parseCompressor(extension: Extension, where: string): Codec {
  const { name, configuration } = extension;
  switch (name) {
    case "blosc":
      checkSettings(extension, ["typesize", "cname", "clevel", "shuffle", "blocksize"], where);
      return parseBlosc(configuration, where);
    case "zstd":
      checkSettings(extension, ["level", "checksum"], where);
      return parseZstd(configuration, where);
    case "gzip":
      checkSettings(extension, ["level"], where);
      return { kind: "gzip", level: integerOf(configuration, "level", 5, where, 0, 9) };
    default:
      throw unsupportedArray(where, "codec", showJson(name), bytesCodecs.join(", "));
  }
}

/** Of the size of items nothing is kept: chunks tell their own, and those that are written have the size of a pixel. */
function parseBlosc(configuration: JsonObject, where: string): BloscCodec {
  const { cname = "zstd", shuffle } = configuration;
  const inner = bloscInnerCodecs.find((name) => name === cname);
  if (inner === undefined) {
    throw unsupportedArray(where, "Blosc compressor", showJson(cname), bloscInnerCodecs.join(", "));
  }
  const isKnown = typeof shuffle === "string" && Object.hasOwn(shuffles, shuffle);
  if (!isKnown && shuffle !== undefined) {
    throw corruptMetadata(where, "compressor's shuffle", shuffle, Object.keys(shuffles).join(", "));
  }
  integerOf(configuration, "typesize", 1, where, 1, 255);
  const level = integerOf(configuration, "clevel", 5, where, 0, 9);
  const blockBytes = integerOf(configuration, "blocksize", 0, where, 0, largestChunkBytes);
  return { kind: "blosc", inner, level, shuffle: isKnown ? shuffles[shuffle]! : "auto", blockBytes };
}

function parseZstd(configuration: JsonObject, where: string): Codec {
  const { checksum } = configuration;
  const level = integerOf(configuration, "level", 0, where);
  if (checksum === undefined) return { kind: "zstd", level };
  if (typeof checksum === "boolean") return { kind: "zstd", level, checksum };
  throw corruptMetadata(where, "compressor's checksum", checksum, "true or false");
}

/** The codecs after `bytes`, for pixels of `itemBytes` bytes. @throws IsoluxError `invalid` where there is none such */
export function serializeBytesCodecs(codec: Codec, itemBytes: number): JsonObject[] {
  switch (codec.kind) {
    case "none":
      return [];
    case "crc32c":
      return [...serializeBytesCodecs(codec.of, itemBytes), { name: "crc32c" }];
    case "blosc":
      return [{ name: "blosc", configuration: serializeBlosc(codec, itemBytes) }];
    case "zstd":
      return [{ name: "zstd", configuration: { level: codec.level, checksum: codec.checksum ?? false } }];
    case "gzip":
      return [{ name: "gzip", configuration: { level: codec.level < 0 ? 6 : codec.level } }];
    case "zlib":
    case "lz4":
      throw new IsoluxError({
        kind: "invalid",
        what: "An array of Zarr version 3 has no such codec",
        found: codec.kind,
        expected: bytesCodecs.join(", "),
      });
    default:
      return unreachable(codec);
  }
}

function serializeBlosc({ inner, level, shuffle, blockBytes }: BloscCodec, itemBytes: number): JsonObject {
  // What the encoder takes `auto` for
  const meant = shuffle === "auto" ? (itemBytes === 1 ? "bit" : "byte") : shuffle;
  const name = Object.keys(shuffles).find((key) => shuffles[key] === meant);
  return { typesize: itemBytes, cname: inner, clevel: level, shuffle: name, blocksize: blockBytes };
}
