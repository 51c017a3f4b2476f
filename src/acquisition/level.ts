import { type BoxZyx, type Czyx, mapAxes, type PixelArray, type PixelType, type Zyx } from "../shapes.ts";
import type { ZarrArray } from "../zarr/array.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import { type ArrayMetadata, objectShape } from "../zarr/metadata.ts";
import { readBox } from "../zarr/read-box.ts";
import type { ObjectStore } from "../zarr/store.ts";
import type { PixelLevel } from "./pixel-level.ts";

/**
 * One resolution level seen as channels, planes, rows and columns, whatever axes its array has:
 * an array without channels counts as one channel, a single time point before them is no axis.
 */
export class Level implements PixelLevel {
  readonly array: ZarrArray;
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  /** Chunks per axis. */
  readonly chunkGridCzyx: Czyx;
  /** What one object of the store holds: a shard or, where there are none, a chunk. */
  readonly objectShapeCzyx: Czyx;
  /** How much coarser than full resolution, per axis. */
  readonly factorsZyx: Zyx;

  constructor(array: ZarrArray, factorsZyx: Zyx) {
    this.array = array;
    const { shapeCzyx, chunkShapeCzyx, objectShapeCzyx } = geometryOf(array.metadata);
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
    return this.array.chunkKey(this.arrayCoordinates(chunk));
  }

  /**
   * A whole chunk, in `room` or an array of its own, or `undefined` where it is not stored and so consists of the fill
   * value.
   */
  readChunk(chunk: Czyx, room?: ChunkRoom): Promise<PixelArray | undefined> {
    return this.array.readChunk(this.arrayCoordinates(chunk), room);
  }

  expectChunk(chunk: Czyx, room: Uint8Array): void {
    this.array.expectChunk(this.arrayCoordinates(chunk), room);
  }

  readBox(channel: number, { start, stop }: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const first = this.arrayCoordinates([channel, ...start]);
    const isTimed = this.array.metadata.shape.length === 5;
    const end = this.arrayCoordinates([channel + 1, ...stop]);
    return readBox(this.array, first, isTimed ? [1, ...end.slice(1)] : end, into);
  }

  /** Encodes a whole chunk and writes it into a store, at once or not at all. Returns the bytes written. */
  async writeChunk(store: ObjectStore, chunk: Czyx, pixels: PixelArray, room?: Uint8Array): Promise<number> {
    const bytes = await this.array.encodeChunk(pixels, room);
    await store.set(this.chunkKey(chunk), bytes);
    return bytes.byteLength;
  }

  /** Coordinates along channels, planes, rows and columns as the array's axes have them. */
  arrayCoordinates(czyx: Czyx): readonly number[] {
    const rank = this.array.metadata.shape.length;
    return rank === 5 ? [0, ...czyx] : rank === 4 ? czyx : czyx.slice(1);
  }
}

/** The extents of an array, of its chunks and of the objects that hold them, whatever axes it has. */
export function geometryOf(metadata: ArrayMetadata): {
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  readonly objectShapeCzyx: Czyx;
} {
  const { shape, chunkShape } = metadata;
  return {
    shapeCzyx: asCzyx(shape),
    chunkShapeCzyx: asCzyx(chunkShape),
    objectShapeCzyx: asCzyx(objectShape(metadata)),
  };
}

function asCzyx(shape: readonly number[]): Czyx {
  const [c, z, y, x] = shape.length === 5 ? shape.slice(1) : shape.length === 4 ? shape : [1, ...shape];
  return [c!, z!, y!, x!];
}

/** How many pixels of the full resolution one of a level is made of. */
export function pixelsInOne({ levels }: { readonly levels: readonly PixelLevel[] }, level: number): number {
  return levels[level]!.factorsZyx.reduce((product, factor) => product * factor, 1);
}
