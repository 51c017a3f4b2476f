/**
 * Reads and writes the `codecs` of a `zarr.json` document: shards, order of axes and bytes, compression.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/codecs/index.html
 */

import { bytesPerPixel, elementCount, formatShape, type PixelType } from "../../shapes.ts";
import { type JsonObject, showJson } from "../json.ts";
import { shardIndexBytes } from "../shards/shard-index.ts";
import { checkChain, corruptMetadata, largestChunkBytes, parseExtents, unsupportedArray } from "./checks.ts";
import {
  bytesCodecs,
  checkSettings,
  type Extension,
  parseBytesCodecs,
  parseExtension,
  serializeBytesCodecs,
} from "./codec-3.ts";
import type { ArrayMetadata, AxisOrder, IndexLocation } from "./metadata.ts";

type ChunkCodecs = Pick<ArrayMetadata, "order" | "byteOrder" | "codec">;
type ObjectCodecs = ChunkCodecs & Pick<ArrayMetadata, "chunkShape" | "shardShape" | "indexLocation">;

const sharding = "sharding_indexed";
const chunkCodecs = ["transpose", "bytes", ...bytesCodecs];

/**
 * Reads how one object of the store, of extents `shape`, is encoded.
 *
 * @throws IsoluxError `corrupt`, or `unsupported` for codecs or combinations of them that are not supported
 */
export function parseCodecs(value: unknown, shape: readonly number[], type: PixelType, where: string): ObjectCodecs {
  const chain = parseChain(value, "codecs", where);
  if (!chain.some(({ name }) => name === sharding)) {
    return { chunkShape: shape, ...parseChunkCodecs(chain, shape.length, type, where) };
  }
  if (chain.length > 1) {
    throw unsupportedArray(where, "chain of codecs", showNames(chain), `no others around ${sharding}`);
  }
  const { configuration } = chain[0]!;
  checkSettings(chain[0]!, ["chunk_shape", "codecs", "index_codecs", "index_location"], where);
  const chunkShape = parseInnerShape(configuration.chunk_shape, shape, where);
  const indexLocation = parseIndex(configuration, where);
  const inner = parseChain(configuration.codecs, `codecs in ${sharding}`, where);
  return { chunkShape, shardShape: shape, indexLocation, ...parseChunkCodecs(inner, shape.length, type, where) };
}

function parseChain(value: unknown, key: string, where: string): Extension[] {
  if (!Array.isArray(value) || value.length === 0) throw corruptMetadata(where, key, value, "a list of codecs");
  checkChain(value, where);
  return value.map((codec) => parseExtension(codec, key, where));
}

function showNames(chain: readonly Extension[]): string {
  return chain.map(({ name }) => name).join(", ");
}

/** Reads the extents of the chunks within a shard. */
function parseInnerShape(value: unknown, shardShape: readonly number[], where: string): number[] {
  const chunkShape = parseExtents(value, 1, "chunk_shape of the shards", where);
  const isWhole =
    chunkShape.length === shardShape.length && chunkShape.every((extent, axis) => shardShape[axis]! % extent === 0);
  if (!isWhole) {
    throw corruptMetadata(
      where,
      "chunk_shape of the shards",
      value,
      `extents that divide those of the shards, ${showJson(shardShape)}`,
    );
  }
  const count = elementCount(shardShape) / elementCount(chunkShape);
  if (shardIndexBytes(count) > largestChunkBytes) {
    throw unsupportedArray(
      where,
      "size of the shards",
      `${formatShape(shardShape)} in ${count} chunks`,
      "fewer chunks",
    );
  }
  return chunkShape;
}

/** Reads the encoding of the index of a shard, which is always the same, and its location. */
function parseIndex(configuration: JsonObject, where: string): IndexLocation {
  const chain = parseChain(configuration.index_codecs, "index_codecs", where);
  const [bytes, checksum] = chain;
  if (chain.length !== 2 || bytes?.name !== "bytes" || checksum?.name !== "crc32c") {
    throw unsupportedArray(where, "encoding of the shards' index", showNames(chain), "bytes, crc32c");
  }
  checkSettings(bytes, ["endian"], where);
  checkSettings(checksum, [], where);
  if (bytes.configuration.endian !== "little") {
    throw unsupportedArray(where, "byte order of the shards' index", showJson(bytes.configuration.endian), '"little"');
  }
  const location = configuration.index_location ?? "end";
  if (location === "start" || location === "end") return location;
  throw corruptMetadata(where, "index_location", location, '"start" or "end"');
}

function parseChunkCodecs(chain: readonly Extension[], rank: number, type: PixelType, where: string): ChunkCodecs {
  const unknown = chain.find(({ name }) => !chunkCodecs.includes(name));
  if (unknown !== undefined) throw unsupportedArray(where, "codec", showJson(unknown.name), chunkCodecs.join(", "));
  const at = chain.findIndex(({ name }) => name === "bytes");
  const [before, after] = [chain.slice(0, at), chain.slice(at + 1)];
  const isInOrder =
    before.every(({ name }) => name === "transpose") && after.every(({ name }) => bytesCodecs.includes(name));
  if (at < 0 || !isInOrder) {
    throw corruptMetadata(
      where,
      "codecs",
      chain.map(({ name }) => name),
      "transpose, bytes, compressors",
    );
  }
  const order = parseOrder(before, rank, where);
  return { order, byteOrder: parseByteOrder(chain[at]!, type, where), codec: parseBytesCodecs(after, where) };
}

/** Reads the order of axes by all transpositions together. */
function parseOrder(chain: readonly Extension[], rank: number, where: string): AxisOrder {
  const inOrder = Array.from({ length: rank }, (_, axis) => axis);
  let axes: readonly number[] = inOrder;
  for (const transpose of chain) {
    checkSettings(transpose, ["order"], where);
    const permutation = parsePermutation(transpose.configuration.order, inOrder, where);
    axes = permutation.map((axis) => axes[axis]!);
  }
  if (axes.every((axis, at) => axis === at)) return "C";
  return axes.every((axis, at) => axis === rank - 1 - at) ? "F" : axes;
}

/** Reads a permutation of all axes; drafts of the specification had letters too. */
function parsePermutation(order: unknown, inOrder: readonly number[], where: string): readonly number[] {
  if (order === "C") return inOrder;
  if (order === "F") return inOrder.toReversed();
  const isPermutation =
    Array.isArray(order) && order.length === inOrder.length && inOrder.every((axis) => order.includes(axis));
  if (isPermutation) return order;
  throw corruptMetadata(where, "order of transpose", order, `a permutation of ${showJson(inOrder)}`);
}

function parseByteOrder(bytes: Extension, type: PixelType, where: string): "little" | "big" {
  checkSettings(bytes, ["endian"], where);
  const { endian } = bytes.configuration;
  const isNeeded = bytesPerPixel(type) > 1;
  if (endian === "little" || endian === "big") return isNeeded ? endian : "little";
  if (endian === undefined && !isNeeded) return "little";
  throw corruptMetadata(where, "endian", endian, '"little" or "big"');
}

/** The `codecs` of a `zarr.json` document. @throws IsoluxError `invalid` where version 3 cannot express the codec */
export function serializeCodecs(metadata: ArrayMetadata): JsonObject[] {
  const { shardShape, chunkShape, order, type, byteOrder, indexLocation = "end" } = metadata;
  const axes = order === "F" ? chunkShape.map((_, axis) => chunkShape.length - 1 - axis) : order;
  const codecs = [
    ...(axes === "C" ? [] : [{ name: "transpose", configuration: { order: axes } }]),
    serializeByteOrder(byteOrder),
    ...serializeBytesCodecs(metadata.codec, bytesPerPixel(type)),
  ];
  if (shardShape === undefined) return codecs;
  const index_codecs = [serializeByteOrder("little"), { name: "crc32c" }];
  const configuration = { chunk_shape: chunkShape, codecs, index_codecs, index_location: indexLocation };
  return [{ name: sharding, configuration }];
}

function serializeByteOrder(endian: "little" | "big"): JsonObject {
  return { name: "bytes", configuration: { endian } };
}
