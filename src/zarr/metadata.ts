/**
 * What an array is: its shape, chunks, pixel type and codec, whatever version of Zarr said so. Plain JSON-able values,
 * so that a description can travel to a worker or into a plan.
 */

import { unreachable } from "../errors.ts";
import type { PixelType } from "../shapes.ts";
import type { JsonObject } from "./json.ts";
import type { NumpyType } from "./numpy-type.ts";

/** The versions of Zarr that are read and written. */
export type ZarrFormat = 2 | 3;

/** What stands in the pixels that no chunk holds. JSON has no words for the last three; `null` leaves them open. */
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

/** Bytes of items, shuffled without Blosc. */
export interface ShuffleFilter {
  readonly kind: "shuffle";
  readonly itemBytes: number;
}

/** Numbers as their differences. */
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

/** What changes the numbers or bytes of a chunk before they are compressed. */
export type FilterCodec = ShuffleFilter | DeltaFilter | ScaleFilter;

/** How the bytes of a chunk are encoded. */
export type Codec =
  | FilterCodec
  /** Two or more, in the order in which they encode; none of them is a chain. */
  | { readonly kind: "chain"; readonly codecs: readonly Codec[] }
  | { readonly kind: "none" }
  | BloscCodec
  | { readonly kind: "zstd"; readonly level: number; readonly checksum?: boolean }
  | { readonly kind: "gzip"; readonly level: number }
  | { readonly kind: "zlib"; readonly level: number }
  /** An LZ4 block after its length, as numcodecs frames it. */
  | { readonly kind: "lz4"; readonly acceleration: number }
  /** A checksum after what another codec made. Only in version 3. */
  | { readonly kind: "crc32c"; readonly of: Codec };

/**
 * How the pixels of a chunk follow each other: the last axis (C) or the first one (F) runs fastest, or the axes come in
 * the order that the numbers tell, outer to inner (only in version 3).
 */
export type AxisOrder = "C" | "F" | readonly number[];

/** Where the index of a shard lies in it. */
export type IndexLocation = "start" | "end";

/** The description of an array. */
export interface ArrayMetadata {
  readonly zarrFormat: ZarrFormat;
  /** Extents in pixels, outer to inner. */
  readonly shape: readonly number[];
  /** Extents of what is decoded on its own; chunks at the far edges are whole too and may hang over. */
  readonly chunkShape: readonly number[];
  /**
   * Extents of what one object of the store holds, where that is a shard: a whole number of chunks along each axis. Where
   * there are no shards, every chunk is an object of its own.
   */
  readonly shardShape?: readonly number[];
  /** Where there are shards; the end where it is left out. */
  readonly indexLocation?: IndexLocation;
  readonly type: PixelType;
  readonly byteOrder: "little" | "big";
  readonly order: AxisOrder;
  readonly fillValue: FillValue;
  /** What stands between the coordinates in the key of a chunk or shard. */
  readonly separator: "." | "/";
  /** Whether these keys begin with a `c`, the default of version 3, or are those of version 2. */
  readonly keyEncoding?: "default" | "v2";
  readonly codec: Codec;
  /** Only in version 3: the names of the axes. */
  readonly dimensionNames?: readonly (string | null)[];
  /** Only in version 3, whose documents hold them: what users attached. */
  readonly attributes?: JsonObject;
}

/** The fill value as a number; 0 where it is left open. */
export function fillNumber({ fillValue }: Pick<ArrayMetadata, "fillValue">): number {
  return fillValue === null ? 0 : Number(fillValue);
}

/** The extents of what one object of the store holds: a shard's or a chunk's. */
export function objectShape({ shardShape, chunkShape }: ArrayMetadata): readonly number[] {
  return shardShape ?? chunkShape;
}

/** A codec as people write it: `blosc lz4, level 5, byte shuffle`. */
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
    case "crc32c":
      return `${describeCodec({ codec: codec.of })}, with crc32c`;
    default:
      return unreachable(codec);
  }
}
