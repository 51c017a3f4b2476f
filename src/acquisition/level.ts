/** One resolution level of an image as channels, planes, rows and columns. */
import { type Axes, usualAxes } from "../ngff/axes.ts";
import { type BoxZyx, type Czyx, mapAxes, type PixelArray, type PixelType, type Zyx } from "../shapes.ts";
import type { ZarrArray } from "../zarr/array.ts";
import { readBox } from "../zarr/box.ts";
import type { ChunkBuffer } from "../zarr/chunk-pixels.ts";
import type { ArrayMetadata } from "../zarr/metadata/metadata.ts";
import type { ObjectStore } from "../zarr/store.ts";
import { type ArrayGeometry, extentAlong, foldPlace, geometryOf } from "./array-axes.ts";

/**
 * A level of a stored array as channels, planes, rows and columns, whatever axes the array has: a missing axis has the
 * extent 1, and the channels of each time point follow those of the one before.
 */
export class Level implements PixelLevel {
  readonly array: ZarrArray;
  readonly axes: Axes;
  /** The metadata of an output's array that mirrors it. */
  readonly mirrored: ArrayMetadata;
  /** Channels of a single time point. */
  readonly channelCount: number;
  readonly timePoints: number;
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  /** Chunks per axis. */
  readonly chunkGridCzyx: Czyx;
  /** The extents of an object of the store: a shard or, where there are none, a chunk. */
  readonly objectShapeCzyx: Czyx;
  /** How much coarser than full resolution, per axis. */
  readonly factorsZyx: Zyx;

  constructor(
    array: ZarrArray,
    factorsZyx: Zyx,
    axes: Axes = usualAxes(array.metadata.shape.length),
    geometry: ArrayGeometry = geometryOf(array.metadata, axes),
  ) {
    this.array = array;
    this.axes = axes;
    this.mirrored = array.metadata;
    this.channelCount = extentAlong("c", array.metadata.shape, axes);
    this.timePoints = extentAlong("t", array.metadata.shape, axes);
    const { shapeCzyx, chunkShapeCzyx, objectShapeCzyx } = geometry;
    this.shapeCzyx = shapeCzyx;
    this.chunkShapeCzyx = chunkShapeCzyx;
    this.objectShapeCzyx = objectShapeCzyx;
    this.chunkGridCzyx = mapAxes(this.shapeCzyx, (n, axis) => Math.ceil(n / this.chunkShapeCzyx[axis]!));
    this.factorsZyx = factorsZyx;
  }

  get type(): PixelType {
    return this.array.metadata.type;
  }

  get fillValue(): number {
    return this.array.fillValue;
  }

  /** The extents without the channels. */
  get shapeZyx(): Zyx {
    return [this.shapeCzyx[1], this.shapeCzyx[2], this.shapeCzyx[3]];
  }

  /** A chunk's key in the array's store. */
  chunkKey(chunk: Czyx): string {
    return this.array.chunkKey(this.chunkCoordinates(chunk));
  }

  /**
   * A whole chunk, in `buffer` or a new array, or `undefined` where it is not stored and so consists of the fill value.
   */
  readChunk(chunk: Czyx, buffer?: ChunkBuffer, begun?: BegunBytes): Promise<PixelArray | undefined> {
    return this.array.readChunk(this.chunkCoordinates(chunk), buffer, begun);
  }

  beginChunk(chunk: Czyx, buffer: Uint8Array): BegunBytes | undefined {
    return this.array.beginChunk(this.chunkCoordinates(chunk), buffer);
  }

  readBox(channel: number, { start, stop }: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const first = unfoldTime([channel, ...start], this.axes, this.channelCount);
    const last = unfoldTime([channel, ...mapAxes(stop, (end) => end - 1)], this.axes, this.channelCount);
    const end = last.map((place) => place + 1);
    return readBox(this.array, first, end, into);
  }

  /** Encodes a whole chunk and writes it into a store atomically. Returns the bytes written. */
  async writeChunk(store: ObjectStore, chunk: Czyx, pixels: PixelArray, buffer?: Uint8Array): Promise<number> {
    const bytes = await this.array.encodeChunk(pixels, buffer);
    await store.set(this.chunkKey(chunk), bytes);
    return bytes.byteLength;
  }

  /** The object of the store that `key` names; `undefined` where it names none. */
  objectAt(key: string): Czyx | undefined {
    const coordinates = this.array.objectAt(key);
    return coordinates && foldPlace(coordinates, this.axes, extentAlong("c", this.array.objectGrid, this.axes));
  }

  /** A chunk's coordinates along the array's own axes. */
  chunkCoordinates(chunk: Czyx): readonly number[] {
    return unfoldTime(chunk, this.axes, extentAlong("c", this.array.chunkGrid, this.axes));
  }

  /** The coordinates of an object of the store along the array's own axes. */
  objectCoordinates(object: Czyx): readonly number[] {
    return unfoldTime(object, this.axes, extentAlong("c", this.array.objectGrid, this.axes));
  }
}

/**
 * A position along the axes of an array.
 * @param channels number of pixels, chunks or objects along the channels of one time point
 */
function unfoldTime([place, z, y, x]: Czyx, axes: Axes, channels: number): readonly number[] {
  const along: Readonly<Record<string, number>> = { t: Math.floor(place / channels), c: place % channels, z, y, x };
  return Array.from(axes, (axis) => along[axis]!);
}

/** How many pixels of the full resolution one pixel of a level stands for. */
export function pixelsInOne({ levels }: { readonly levels: readonly PixelLevel[] }, level: number): number {
  return levels[level]!.factorsZyx.reduce((product, factor) => product * factor, 1);
}

/** Encoded bytes of a chunk that are being read; `undefined` where it is not stored. */
export type BegunBytes = Promise<Uint8Array | undefined>;

/** One resolution level as channels, planes, rows and columns, read in chunks. */
export interface PixelLevel {
  readonly type: PixelType;
  /** The value of pixels that are not stored. */
  readonly fillValue: number;
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  /** Chunks per axis. */
  readonly chunkGridCzyx: Czyx;
  /** The extents without the channels. */
  readonly shapeZyx: Zyx;
  /** How much coarser than full resolution, per axis. */
  readonly factorsZyx: Zyx;
  /** Whether a box of few planes is read in the time that these take, not in that of whole chunks. */
  readonly readsPlanes?: boolean;
  /** Number of time points of a time lapse: its planes are those of all of them, one after the other. */
  readonly timePoints?: number;
  /**
   * A whole chunk, or `undefined` where it is not stored and so consists of the fill value. It is read into the
   * `buffer` that is given, where the level supports that, else into a new array.
   * @param begun its bytes, where {@link beginChunk} reads them already
   */
  readChunk(chunk: Czyx, buffer?: ChunkBuffer, begun?: BegunBytes): Promise<PixelArray | undefined>;
  /**
   * Begins to read the bytes of a chunk, where the level can do that in the background.
   * @param buffer for its encoded bytes: not to be used until that chunk is read
   * @returns the argument for {@link readChunk}
   */
  beginChunk?(chunk: Czyx, buffer: Uint8Array): BegunBytes | undefined;
  /** The pixels of a box of one channel, in C order, in `into`, of just this length, or a new array. */
  readBox(channel: number, box: BoxZyx, into?: PixelArray): Promise<PixelArray>;
}
