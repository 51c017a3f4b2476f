/**
 * The metadata of an array: its shape, chunks, pixel type and codec, in any version of Zarr. Plain JSON-able values, so
 * that they can be sent to a worker or stored in a plan.
 */
import { unreachable } from "../../errors.ts";
import type { PixelType } from "../../shapes.ts";
import type { JsonObject } from "../json.ts";
import type { NumpyType } from "../numpy-type.ts";

/** The versions of Zarr that are read and written. */
export type ZarrFormat = 2 | 3;

/** The value of pixels in missing chunks. JSON lacks the last three; `null` leaves it undefined. */
export type FillValue = number | null | "NaN" | "Infinity" | "-Infinity";

/** The compressors that Blosc contains. */
export const bloscInnerCodecs = ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"] as const;

/** Blosc: pixels are shuffled and encoded in blocks. */
export interface BloscCodec {
  readonly kind: "blosc";
  readonly inner: (typeof bloscInnerCodecs)[number];
  /** From 0 (stored) to 9. */
  readonly level: number;
  readonly shuffle: "none" | "byte" | "bit" | "auto";
  /** Size of the blocks; 0 leaves it to the encoder. */
  readonly blockBytes: number;
}

/** Byte shuffle of items, without Blosc. */
interface ShuffleFilter {
  readonly kind: "shuffle";
  readonly itemBytes: number;
}

/** Numbers stored as their differences. */
export interface DeltaFilter {
  readonly kind: "delta";
  readonly as: NumpyType;
}

/** Numbers stored as others: `(number - offset) * scale`, rounded. */
export interface ScaleFilter {
  readonly kind: "scale";
  readonly offset: number;
  readonly scale: number;
  readonly of: NumpyType;
  readonly as: NumpyType;
}

/** A change of the numbers or bytes of a chunk before compression. */
export type FilterCodec = ShuffleFilter | DeltaFilter | ScaleFilter;

/** How the bytes of a chunk are encoded. */
export type Codec =
  | FilterCodec
  /** Two or more, in the order of encoding; none of them is a chain. */
  | { readonly kind: "chain"; readonly codecs: readonly Codec[] }
  | { readonly kind: "none" }
  | BloscCodec
  | { readonly kind: "zstd"; readonly level: number; readonly checksum?: boolean }
  | { readonly kind: "gzip"; readonly level: number }
  | { readonly kind: "zlib"; readonly level: number }
  /** An LZ4 block with its length before it, the format of numcodecs. */
  | { readonly kind: "lz4"; readonly acceleration: number }
  /** LZ4 blocks with headers and checksums, the stream of lz4-java. Only in N5. */
  | { readonly kind: "lz4-java" }
  | N5BlockCodec
  /** A checksum behind the output of another codec. Only in version 3. */
  | { readonly kind: "crc32c"; readonly of: Codec };

/** A block of N5: a header with its own extents, which at the far edges may be smaller than those of others. */
export interface N5BlockCodec {
  readonly kind: "n5-block";
  /** Of a complete block, outer to inner. */
  readonly shape: readonly number[];
  readonly itemBytes: number;
  /** The compression behind the header. */
  readonly of: Codec;
}

/**
 * The order of the pixels of a chunk: the last axis (C) or the first one (F) varies fastest, or the axes are in the
 * order of the numbers, outer to inner (only in version 3).
 */
export type AxisOrder = "C" | "F" | readonly number[];

/** The position of the index of a shard in it. */
export type IndexLocation = "start" | "end";

/** The metadata of an array. */
export interface ArrayMetadata {
  readonly zarrFormat: ZarrFormat;
  /** Extents in pixels, outer to inner. */
  readonly shape: readonly number[];
  /**
   * Extents of a chunk, which is decoded on its own; chunks at the far edges are complete too and may extend beyond the
   * array.
   */
  readonly chunkShape: readonly number[];
  /**
   * Extents of an object of the store, where that is a shard: a whole number of chunks along each axis. Without shards,
   * every chunk is an object of its own.
   */
  readonly shardShape?: readonly number[];
  /** For shards; the end by default. */
  readonly indexLocation?: IndexLocation;
  readonly type: PixelType;
  readonly byteOrder: "little" | "big";
  readonly order: AxisOrder;
  readonly fillValue: FillValue;
  /** The separator of the coordinates in the key of a chunk or shard. */
  readonly separator: "." | "/";
  /**
   * Whether these keys begin with a `c`, the default of version 3, or are those of version 2, or those of N5, which has
   * the coordinates from inner to outer.
   */
  readonly keyEncoding?: "default" | "v2" | "n5";
  readonly codec: Codec;
  /** Only in version 3: the names of the axes. */
  readonly dimensionNames?: readonly (string | null)[];
  /** Only in version 3, whose documents contain them: attributes by users. */
  readonly attributes?: JsonObject;
}

/** The extents of an object of the store: a shard's or a chunk's. */
export function objectShape({ shardShape, chunkShape }: ArrayMetadata): readonly number[] {
  return shardShape ?? chunkShape;
}

/** A codec as text: `blosc lz4, level 5, byte shuffle`. */
export function describeCodec({ codec }: Pick<ArrayMetadata, "codec">): string {
  switch (codec.kind) {
    case "none":
      return "uncompressed";
    case "blosc": {
      const block = codec.blockBytes > 0 ? `, blocks of ${codec.blockBytes} bytes` : "";
      const shuffled = codec.shuffle === "none" ? "no shuffle" : `${codec.shuffle} shuffle`;
      return `blosc ${codec.inner}, level ${codec.level}, ${shuffled}${block}`;
    }
    case "zstd":
      return `zstd, level ${codec.level}${codec.checksum ? ", with checksum" : ""}`;
    case "gzip":
    case "zlib":
      return `${codec.kind}, level ${codec.level}`;
    case "lz4":
      return `lz4, acceleration ${codec.acceleration}`;
    case "shuffle":
      return "byte shuffle";
    case "delta":
      return "delta";
    case "scale":
      return `scaled to ${codec.as.type}`;
    case "chain":
      return codec.codecs
        .map((one) => (one.kind === "crc32c" ? "crc32c" : describeCodec({ codec: one })))
        .join(", then ");
    case "lz4-java":
      return "lz4";
    case "n5-block":
      return `${describeCodec({ codec: codec.of })}, in blocks of N5`;
    case "crc32c":
      return `${describeCodec({ codec: codec.of })}, with crc32c`;
    default:
      return unreachable(codec);
  }
}

/** All codecs as one, in the order of encoding. */
export function chainOf(codecs: readonly Codec[]): Codec {
  return codecs.length > 1 ? { kind: "chain", codecs } : (codecs[0] ?? { kind: "none" });
}
