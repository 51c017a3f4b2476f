/**
 * Levels as they are sampled: time points as further planes, and pixels of rare types as float32, which estimates work
 * on.
 */

import { type Axes, zyxOf } from "../ngff/axes.ts";
import {
  allocatePixels,
  arrayBytes,
  type BoxZyx,
  boxShape,
  type Czyx,
  elementCount,
  isCameraType,
  mapAxes,
  type PixelArray,
  type PixelType,
  pixelTypeOf,
  type Zyx,
} from "../shapes.ts";
import type { Tile } from "../tiles/tile.ts";
import type { ZarrArray } from "../zarr/array.ts";
import type { ChunkBuffer } from "../zarr/chunk-pixels.ts";
import type { ArrayMetadata } from "../zarr/metadata/metadata.ts";
import { geometryOf } from "./array-axes.ts";
import { Level, type PixelLevel } from "./level.ts";
import { readAsBoxes } from "./rechunked-level.ts";

/** A level as it is sampled; the level itself where it is stored that way. */
export function sampled(level: Level): Level {
  return level.timePoints === 1 && isCameraType(level.type) ? level : new SampledLevel(level);
}

/** A level as it is stored and corrected, with time points along its channels and its own type. */
export function storedLevel<Kind extends object>(level: Kind): Kind | Level {
  if (level instanceof LevelOverTimes) return level.stored as object as Kind;
  return level instanceof SampledLevel ? level.stored : level;
}

/** A tile at all time points: its planes of the first, and the same planes of the others. */
export function tileOverTimes(tile: Tile, depth: number, timePoints: number): Tile {
  const { start, stop } = tile.box;
  if (start[0] > 0 || stop[0] < depth) return tile;
  return { ...tile, box: { start, stop: [timePoints * depth, stop[1], stop[2]] } };
}

class SampledLevel extends Level {
  readonly stored: Level;

  constructor(stored: Level) {
    const [depth, rows, columns] = stored.shapeZyx;
    const [, planes, ...yx] = stored.chunkShapeCzyx;
    const shapeCzyx: Czyx = [stored.channelCount, stored.timePoints * depth, rows, columns];
    // No chunk may contain planes of two time points
    const chunkShapeCzyx: Czyx = [1, commonDivisor(depth, planes), ...yx];
    const geometry = { shapeCzyx, chunkShapeCzyx, objectShapeCzyx: chunkShapeCzyx };
    super(stored.array, stored.factorsZyx, stored.axes, geometry);
    this.stored = stored;
  }

  override get type(): PixelType {
    return isCameraType(this.stored.type) ? this.stored.type : "float32";
  }

  override readChunk(chunk: Czyx, buffer?: ChunkBuffer): Promise<PixelArray | undefined> {
    return readAsBoxes(this, this.chunkShapeCzyx, chunk, buffer);
  }

  override beginChunk(): undefined {
    return undefined;
  }

  override readBox(channel: number, box: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const { stored } = this;
    return readOverTimes(
      stored,
      stored.channelCount,
      channel,
      box,
      into ?? allocatePixels(this.type, elementCount(boxShape(box))),
    );
  }
}

/**
 * A level that is assembled from tiles at several time points as it is sampled: the planes of all of them, one after the
 * other.
 */
export class LevelOverTimes implements PixelLevel {
  /** The level with time points along its channels. */
  readonly stored: PixelLevel;
  readonly type: PixelType;
  readonly fillValue: number;
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  readonly chunkGridCzyx: Czyx;
  readonly factorsZyx: Zyx;
  readonly timePoints: number;

  constructor(stored: PixelLevel, timePoints: number) {
    const [depth, rows, columns] = stored.shapeZyx;
    const [, planes, ...yx] = stored.chunkShapeCzyx;
    this.stored = stored;
    this.type = stored.type;
    this.fillValue = stored.fillValue;
    this.shapeCzyx = [stored.shapeCzyx[0] / timePoints, timePoints * depth, rows, columns];
    this.chunkShapeCzyx = [1, commonDivisor(depth, planes), ...yx];
    this.chunkGridCzyx = mapAxes(this.shapeCzyx, (extent, axis) => Math.ceil(extent / this.chunkShapeCzyx[axis]!));
    this.factorsZyx = stored.factorsZyx;
    this.timePoints = timePoints;
  }

  get shapeZyx(): Zyx {
    return [this.shapeCzyx[1], this.shapeCzyx[2], this.shapeCzyx[3]];
  }

  readChunk(chunk: Czyx, buffer?: ChunkBuffer): Promise<PixelArray | undefined> {
    return readAsBoxes(this, this.chunkShapeCzyx, chunk, buffer);
  }

  readBox(channel: number, box: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const pixels = into ?? allocatePixels(this.type, elementCount(boxShape(box)));
    return readOverTimes(this.stored, this.shapeCzyx[0], channel, box, pixels);
  }
}

/**
 * Reads a box of a channel over the planes of all time points: one read per time point, as a box of a stored level lies
 * within one.
 * @param channels of a single time point
 */
async function readOverTimes(
  stored: PixelLevel,
  channels: number,
  channel: number,
  { start, stop }: BoxZyx,
  pixels: PixelArray,
): Promise<PixelArray> {
  const depth = stored.shapeZyx[0];
  const planePixels = (stop[1] - start[1]) * (stop[2] - start[2]);
  const isOfType = pixelTypeOf(pixels) === stored.type;
  for (let time = Math.floor(start[0] / depth); time * depth < stop[0]; time++) {
    const [from, to] = [Math.max(start[0], time * depth), Math.min(stop[0], (time + 1) * depth)];
    const inTime = (plane: number, [, y, x]: Zyx): Zyx => [plane - time * depth, y, x];
    const part = pixels.subarray((from - start[0]) * planePixels, (to - start[0]) * planePixels);
    const box = { start: inTime(from, start), stop: inTime(to, stop) };
    const place = time * channels + channel;
    if (isOfType) await stored.readBox(place, box, part as PixelArray);
    else part.set(await stored.readBox(place, box));
  }
  return pixels;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/**
 * A level whose chunks contain several time points and channels, or several positions along axes in another order than
 * t, c, z: seen in parts of a single time point and channel. Each is copied from the whole chunk, which is decoded for
 * it.
 */
export class SplitLevel extends Level {
  /** The same array in chunks of a single time point and channel, without shards, as in an output. */
  override readonly mirrored: ArrayMetadata;

  constructor(array: ZarrArray, factorsZyx: Zyx, axes: Axes) {
    const mirrored = splitMetadata(array.metadata, axes);
    super(array, factorsZyx, axes, geometryOf(mirrored, axes));
    this.mirrored = mirrored;
  }

  /** Memory for a whole chunk, decoded and encoded. */
  get wholeChunkBytes(): number {
    return 2 * arrayBytes(this.array.metadata.type, this.array.metadata.chunkShape);
  }

  override readChunk(chunk: Czyx, buffer?: ChunkBuffer): Promise<PixelArray | undefined> {
    return readAsBoxes(this, this.chunkShapeCzyx, chunk, buffer);
  }

  override beginChunk(): undefined {
    return undefined;
  }
}

function splitMetadata({ shardShape: _, indexLocation: __, ...metadata }: ArrayMetadata, axes: Axes): ArrayMetadata {
  const [z, y, x] = zyxOf(axes, metadata.chunkShape, 1);
  const extents: Readonly<Record<string, number>> = { t: 1, c: 1, z, y, x };
  return { ...metadata, chunkShape: Array.from(axes, (axis) => extents[axis]!) };
}
