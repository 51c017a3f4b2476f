import { type Axes, usualAxes } from "../ngff/axes.ts";
import { type BoxZyx, type Czyx, mapAxes, type PixelArray, type PixelType, type Zyx } from "../shapes.ts";
import type { ZarrArray } from "../zarr/array.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import type { ArrayMetadata } from "../zarr/metadata.ts";
import { readBox } from "../zarr/read-box.ts";
import type { ObjectStore } from "../zarr/store.ts";
import { type ArrayGeometry, extentAlong, geometryOf, unfoldTime } from "./array-axes.ts";
import type { PixelLevel } from "./pixel-level.ts";

/**
 * One resolution level seen as channels, planes, rows and columns, whatever axes its array has: a missing axis has one
 * place, and the channels of each time point follow those of the one before.
 */
export class Level implements PixelLevel {
  readonly array: ZarrArray;
  readonly axes: Axes;
  /** What the array of an output is that mirrors it. */
  readonly mirrored: ArrayMetadata;
  /** Channels of a single time point. */
  readonly channelCount: number;
  readonly timePoints: number;
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  /** Chunks per axis. */
  readonly chunkGridCzyx: Czyx;
  /** What one object of the store holds: a shard or, where there are none, a chunk. */
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
   * A whole chunk, in `room` or an array of its own, or `undefined` where it is not stored and so consists of the fill
   * value.
   */
  readChunk(chunk: Czyx, room?: ChunkRoom): Promise<PixelArray | undefined> {
    return this.array.readChunk(this.chunkCoordinates(chunk), room);
  }

  expectChunk(chunk: Czyx, room: Uint8Array): void {
    this.array.expectChunk(this.chunkCoordinates(chunk), room);
  }

  readBox(channel: number, { start, stop }: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const first = unfoldTime([channel, ...start], this.axes, this.channelCount);
    const last = unfoldTime([channel, ...mapAxes(stop, (end) => end - 1)], this.axes, this.channelCount);
    const end = last.map((place) => place + 1);
    return readBox(this.array, first, end, into);
  }

  /** Encodes a whole chunk and writes it into a store, at once or not at all. Returns the bytes written. */
  async writeChunk(store: ObjectStore, chunk: Czyx, pixels: PixelArray, room?: Uint8Array): Promise<number> {
    const bytes = await this.array.encodeChunk(pixels, room);
    await store.set(this.chunkKey(chunk), bytes);
    return bytes.byteLength;
  }

  /** A chunk's coordinates as the array's axes have them. */
  chunkCoordinates(chunk: Czyx): readonly number[] {
    return unfoldTime(chunk, this.axes, extentAlong("c", this.array.chunkGrid, this.axes));
  }

  /** The same of an object of the store. */
  objectCoordinates(object: Czyx): readonly number[] {
    return unfoldTime(object, this.axes, extentAlong("c", this.array.objectGrid, this.axes));
  }
}

/** How many pixels of the full resolution one of a level is made of. */
export function pixelsInOne({ levels }: { readonly levels: readonly PixelLevel[] }, level: number): number {
  return levels[level]!.factorsZyx.reduce((product, factor) => product * factor, 1);
}
