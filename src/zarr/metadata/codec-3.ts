/**
 * Reads and writes the compressors and checksums in metadata of Zarr version 3: codecs from bytes to bytes.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/codecs/index.html
 */
import { IsoluxError, unreachable } from "../../errors.ts";
import { encodedSize } from "../codecs/content-size.ts";
import { parseFilters } from "../filters-v2.ts";
import { isJsonObject, type JsonObject, showJson } from "../json.ts";
import { corruptMetadata, integerOf, largestChunkBytes, unsupportedArray } from "./checks.ts";
import { type BloscCodec, bloscInnerCodecs, type Codec, chainOf } from "./metadata.ts";
import { parseCompressor as parseNumcodec } from "./version-2.ts";

/** The prefix of codecs of numcodecs. */
const numcodecs = "numcodecs.";
const ofNumcodecs = ["blosc", "zstd", "gzip", "zlib", "lz4", "shuffle"].map((id) => numcodecs + id);

/** The names of the supported codecs from bytes to bytes. */
export const bytesCodecs = ["blosc", "zstd", "gzip", "crc32c", ...ofNumcodecs];

const shuffles: Readonly<Record<string, BloscCodec["shuffle"]>> = {
  noshuffle: "none",
  shuffle: "byte",
  bitshuffle: "bit",
};

/** Reads the codecs after `bytes`. @throws IsoluxError `corrupt`, `unsupported` */
export function parseBytesCodecs(chain: readonly Extension[], where: string): Codec {
  const codecs = chain.map((extension) => parseOne(extension, where));
  const isUnsized = (codec: Codec, at: number) =>
    !tellsSize(codec) && codecs.slice(0, at).some((one) => encodedSize(one, 1) === undefined);
  if (codecs.some(isUnsized)) {
    const found = chain.map(({ name }) => name).join(", ");
    throw unsupportedArray(
      where,
      "chain of codecs",
      found,
      "no zlib after another compressor, as it does not record its size",
    );
  }
  const [first, second] = codecs;
  // A checksum and the codec before it are represented as one codec
  const isSummed = codecs.length === 2 && second!.kind === "crc32c" && first!.kind !== "crc32c";
  return isSummed ? { kind: "crc32c", of: first! } : chainOf(codecs);
}

/** Whether encoded bytes state their decoded length. */
function tellsSize(codec: Codec): boolean {
  return codec.kind === "crc32c" ? tellsSize(codec.of) : codec.kind !== "zlib" && codec.kind !== "chain";
}

function parseOne(extension: Extension, where: string): Codec {
  if (extension.name === "crc32c") return parseChecksum(extension, where);
  if (!ofNumcodecs.includes(extension.name)) return parseCompressor(extension, where);
  const id = extension.name.slice(numcodecs.length);
  const settings = { ...extension.configuration, id };
  return id === "shuffle" ? parseFilters([settings], undefined, where)[0]! : parseNumcodec(settings, where);
}

function parseChecksum(extension: Extension, where: string): Codec {
  checkSettings(extension, [], where);
  return { kind: "crc32c", of: { kind: "none" } };
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

/** The item size is not stored: chunks have their own, and those that are written have the size of a pixel. */
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

/**
 * The codecs after `bytes`, for pixels of `itemBytes` bytes. @throws IsoluxError `invalid` where version 3 has none
 * such
 */
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
    case "chain":
      return codec.codecs.flatMap((one) => serializeBytesCodecs(one, itemBytes));
    case "zlib":
      return [{ name: "numcodecs.zlib", configuration: { level: codec.level } }];
    case "lz4":
      return [{ name: "numcodecs.lz4", configuration: { acceleration: codec.acceleration } }];
    case "shuffle":
      return [{ name: "numcodecs.shuffle", configuration: { elementsize: codec.itemBytes } }];
    case "delta":
    case "scale":
    case "lz4-java":
    case "n5-block":
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
  // What the encoder does for `auto`
  const meant = shuffle === "auto" ? (itemBytes === 1 ? "bit" : "byte") : shuffle;
  const name = Object.keys(shuffles).find((key) => shuffles[key] === meant);
  return { typesize: itemBytes, cname: inner, clevel: level, shuffle: name, blocksize: blockBytes };
}

// Extension points of Zarr version 3: objects with a name and, often, a configuration. @see
// https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#extension-definition

/** A name with its configuration. */
export interface Extension {
  readonly name: string;
  readonly configuration: JsonObject;
}

/** Reads the value of `key`; a bare name has no configuration. @throws IsoluxError `corrupt` */
export function parseExtension(value: unknown, key: string, where: string): Extension {
  if (typeof value === "string") return { name: value, configuration: {} };
  if (isJsonObject(value) && typeof value.name === "string") {
    const { name, configuration = {} } = value;
    if (isJsonObject(configuration)) return { name, configuration };
  }
  throw corruptMetadata(where, key, value, "a name and its configuration");
}

/** Refuses unknown settings, which could change the decoded values. @throws IsoluxError `unsupported` */
export function checkSettings(extension: Extension, known: readonly string[], where: string): void {
  const unknown = Object.keys(extension.configuration).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const expected = known.length === 0 ? "none" : known.join(", ");
  throw unsupportedArray(where, `configuration of ${extension.name}`, unknown.join(", "), expected);
}
