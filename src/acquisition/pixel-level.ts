import type { BoxZyx, Czyx, PixelArray, PixelType, Zyx } from "../shapes.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";

/** One resolution level as channels, planes, rows and columns, read in chunks. */
export interface PixelLevel {
  readonly type: PixelType;
  /** What stands in pixels that are not stored. */
  readonly fillValue: number;
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  /** Chunks per axis. */
  readonly chunkGridCzyx: Czyx;
  /** The extents without the channels. */
  readonly shapeZyx: Zyx;
  /** How much coarser than full resolution, per axis. */
  readonly factorsZyx: Zyx;
  /** Time points of a time lapse: its planes are those of all of them, one after the other. */
  readonly timePoints?: number;
  /**
   * A whole chunk, or `undefined` where it is not stored and so consists of the fill value. It lies in the `room` that is
   * given, where the level makes use of it, else in an array of its own.
   */
  readChunk(chunk: Czyx, room?: ChunkRoom): Promise<PixelArray | undefined>;
  /**
   * Begins to read the chunk that will be read next, where the level can do that while its caller works.
   * @param room for its encoded bytes: nobody else's until that chunk is read
   */
  expectChunk?(chunk: Czyx, room: Uint8Array): void;
  /** The pixels of a box of one channel, in C order, in `into`, which has room for just these, or an array of their own. */
  readBox(channel: number, box: BoxZyx, into?: PixelArray): Promise<PixelArray>;
}
