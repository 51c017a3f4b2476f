/**
 * What an array is: its shape, chunks, pixel type and codec, whatever version of Zarr said so. Plain JSON-able values,
 * so that a description can travel to a worker or into a plan.
 */

import { unreachable } from "../errors.ts";
import type { PixelType } from "../shapes.ts";

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

/** How the bytes of a chunk are encoded. */
export type Codec =
  | { readonly kind: "none" }
  | BloscCodec
  | { readonly kind: "zstd"; readonly level: number; readonly checksum?: boolean }
  | { readonly kind: "gzip"; readonly level: number }
  | { readonly kind: "zlib"; readonly level: number }
  /** An LZ4 block after its length, as numcodecs frames it. */
  | { readonly kind: "lz4"; readonly acceleration: number };

/** The description of an array. */
export interface ArrayMetadata {
  readonly zarrFormat: 2;
  /** Extents in pixels, outer to inner. */
  readonly shape: readonly number[];
  /** Extents of every chunk; those at the far edges are whole too and may hang over. */
  readonly chunkShape: readonly number[];
  readonly type: PixelType;
  readonly byteOrder: "little" | "big";
  /** Whether the last axis (C) or the first one (F) runs fastest within a chunk. */
  readonly order: "C" | "F";
  readonly fillValue: FillValue;
  /** What stands between the coordinates in a chunk's key. */
  readonly separator: "." | "/";
  readonly codec: Codec;
}

/** The fill value as a number; 0 where it is left open. */
export function fillNumber({ fillValue }: Pick<ArrayMetadata, "fillValue">): number {
  return fillValue === null ? 0 : Number(fillValue);
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
    default:
      return unreachable(codec);
  }
}
