/** The arrays of outputs that do not mirror their source: chunks, shards, codecs, and the number of levels. */
import { IsoluxError } from "../../errors.ts";
import type { Axes } from "../../ngff/axes.ts";
import { formatCount } from "../../quantities.ts";
import { type Czyx, formatShape, type PixelType, type Zyx } from "../../shapes.ts";
import type { ArrayMetadata, BloscCodec, Codec, ZarrFormat } from "../../zarr/metadata/metadata.ts";

/** The form of an output that differs from its source's. */
export interface OutputForm {
  readonly zarrFormat: ZarrFormat;
  /** Extents of shards over channels, planes, rows and columns; only in Zarr version 3. */
  readonly shardsCzyx?: Czyx;
  /** Where it is not that of the source. */
  readonly codec?: Codec;
}

/** Blosc's LZ4 as zarr writers have it: the default codec of a new image. */
export const usualCodec: BloscCodec = { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 0 };

/** Chunks of a new image in version 2: as the mesoSPIM converter makes them, but no larger than the image. */
const chunkOfVersion2: Zyx = [64, 1024, 1024];
/** Chunks in version 3 where the source has no chunks to follow: small, as shards hold many of them in one file. */
const chunkOfVersion3: Zyx = [32, 256, 256];
/** The source's chunks are used from this many pixels on, divided into parts of no more than the chunks above. */
const leastPixels = 2 ** 18;
const mostPixels = 2 ** 22;
/** Default shards: some hundred MB of pixels in a file. */
const usualShards: Czyx = [1, 64, 2048, 2048];
/** Smaller shards are refused where they are more than this. */
const [leastShardPixels, mostTinyShards] = [2 ** 16, 10_000];

/**
 * The codec as a version of Zarr can have it, of an array in another version or in N5: version 3 has no zlib and lz4 of their own, and only version 3 has
 * a checksum after the codec. Of several codecs the first compressor is used.
 */
export function codecInVersion(codec: Codec, zarrFormat: ZarrFormat): Codec {
  if (codec.kind === "chain") {
    const compressor = codec.codecs.find(({ kind }) => !["shuffle", "delta", "scale", "crc32c"].includes(kind));
    return codecInVersion(compressor ?? { kind: "zstd", level: 3 }, zarrFormat);
  }
  if (codec.kind === "n5-block") return codecInVersion(codec.of, zarrFormat);
  if (codec.kind === "lz4-java")
    return zarrFormat === 2 ? { kind: "lz4", acceleration: 1 } : { kind: "zstd", level: 3 };
  // N5 leaves the usual level open
  if ((codec.kind === "gzip" || codec.kind === "zlib") && codec.level < 0) {
    return codecInVersion({ ...codec, level: 6 }, zarrFormat);
  }
  if (codec.kind === "shuffle" || codec.kind === "delta" || codec.kind === "scale") return { kind: "none" };
  if (zarrFormat === 2) return codec.kind === "crc32c" ? codec.of : codec;
  return codec.kind === "zlib" || codec.kind === "lz4" ? { kind: "zstd", level: 3 } : codec;
}

/**
 * Parts of the source's chunks that are small enough for chunks in shards; `undefined` for chunks that are too small.
 */
export function chunksWithin([channels, planes, ...yx]: Czyx): Zyx | undefined {
  const [rows, columns] = yx;
  const pixels = planes * rows * columns;
  if (channels > 1 || pixels < leastPixels) return undefined;
  const larger = rows >= columns ? 0 : 1;
  if (pixels <= mostPixels || yx[larger]! % 2 !== 0) return [planes, rows, columns];
  yx[larger]! /= 2;
  return chunksWithin([1, planes, yx[0], yx[1]]);
}

/**
 * The array of a level.
 *
 * @param fullShape of the full resolution: chunks and shards need not reach beyond it
 * @param chunks preferred chunks in shards
 * @throws IsoluxError `usage` for shards that are not whole numbers of chunks, or so small that they are far too many
 */
export function newArray(
  shape: Czyx,
  fullShape: Czyx,
  type: PixelType,
  codec: Codec,
  { zarrFormat, shardsCzyx }: OutputForm,
  chunks?: Zyx,
): ArrayMetadata {
  const common = { shape, type, byteOrder: "little", order: "C", fillValue: 0, separator: "/", codec } as const;
  if (zarrFormat === 2) {
    const chunkShape = [1, ...chunkOfVersion2].map((extent, axis) => Math.min(extent, fullShape[axis]!));
    return { ...common, zarrFormat, chunkShape };
  }
  const chunkShape = chunksOfShards(shardsCzyx, chunks);
  const shards = shardsCzyx ?? usualShards.map((extent, axis) => wholeChunks(extent, chunkShape[axis]!));
  checkShards(shards, chunkShape);
  if (shardsCzyx !== undefined) refuseTinyShards(shardsCzyx, fullShape);
  // A shard need not reach beyond the image further than to the end of its last chunk.
  const shardShape = shards.map((extent, axis) => {
    const inImage = Math.ceil(fullShape[axis]! / chunkShape[axis]!);
    return Math.min(extent, inImage * chunkShape[axis]!);
  });
  return {
    ...common,
    zarrFormat,
    chunkShape,
    shardShape,
    keyEncoding: "default",
    dimensionNames: ["c", "z", "y", "x"],
  };
}

/** The preferred chunks, where the shards are whole numbers of them; else the usual ones, no larger than a shard. */
function chunksOfShards(shards: Czyx | undefined, chunks: Zyx | undefined): readonly number[] {
  if (chunks !== undefined && (shards?.every((extent, axis) => extent % [1, ...chunks][axis]! === 0) ?? true)) {
    return [1, ...chunks];
  }
  return [1, ...chunkOfVersion3].map((extent, axis) => Math.min(extent, shards?.[axis] ?? extent));
}

/** The whole number of chunks that is nearest to an extent. */
function wholeChunks(extent: number, chunk: number): number {
  return Math.max(1, Math.round(extent / chunk)) * chunk;
}

function checkShards(shards: readonly number[], chunkShape: readonly number[]): void {
  if (shards.every((extent, axis) => extent % chunkShape[axis]! === 0)) return;
  throw new IsoluxError({
    kind: "usage",
    what: "The shards do not hold a whole number of chunks",
    where: "--shards",
    found: formatShape(shards),
    expected: `multiples of ${formatShape(chunkShape)}`,
  });
}

/** Each shard is a file, which takes far longer to make than the few pixels that are put in. */
function refuseTinyShards(shards: Czyx, fullShape: Czyx): void {
  const files = fullShape.reduce((product, extent, axis) => product * Math.ceil(extent / shards[axis]!), 1);
  const pixels = shards.reduce((product, extent, axis) => product * Math.min(extent, fullShape[axis]!), 1);
  if (files <= mostTinyShards || pixels >= leastShardPixels) return;
  throw new IsoluxError({
    kind: "usage",
    what: "The shards are so small that the image would lie in far too many files",
    where: "--shards",
    found: `${formatShape(shards)}, which makes ${formatCount(files, "file")} of ${formatCount(pixels, "pixel")}`,
    expected: `shards of at least ${formatCount(leastShardPixels, "pixel")}`,
    advice: `Give larger ones, such as ${usualShards.join(",")}, or leave --shards out`,
  });
}

/** The array with the axes of an image that has other axes than channels, planes, rows and columns. */
export function withAxes(metadata: ArrayMetadata, axes: Axes, timePoints: number): ArrayMetadata {
  if (axes === "czyx") return metadata;
  const fitted = (extents: readonly number[], times = 1) =>
    Array.from(axes, (axis) => (axis === "t" ? times : extents["czyx".indexOf(axis)]!));
  const { shape, chunkShape, shardShape, dimensionNames, ...rest } = metadata;
  return {
    ...rest,
    shape: fitted(shape, timePoints),
    chunkShape: fitted(chunkShape),
    ...(shardShape === undefined ? {} : { shardShape: fitted(shardShape) }),
    ...(dimensionNames === undefined ? {} : { dimensionNames: Array.from(axes) }),
  };
}
