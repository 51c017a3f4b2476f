/**
 * What samples and figures are taken from: time points as further planes, and pixels of rare types as float32, which is
 * what estimates work on.
 */
import {
  allocatePixels,
  type BoxZyx,
  type Czyx,
  isCameraType,
  type PixelArray,
  type PixelType,
  type Zyx,
} from "../shapes.ts";
import type { Tile } from "../tiles/tile.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import { Level } from "./level.ts";
import { readAsBoxes } from "./rechunked-level.ts";

/** A level as it is sampled; the level itself where that is how it is stored. */
export function sampled(level: Level): Level {
  return level.timePoints === 1 && isCameraType(level.type) ? level : new SampledLevel(level);
}

/** A level as it is stored, with time points along its channels and its own type, and so as it is corrected. */
export function storedLevel<Kind extends object>(level: Kind): Kind | Level {
  return level instanceof SampledLevel ? level.stored : level;
}

/** A tile at all time points: where it has every plane of the first, it has those of the others. */
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
    // No chunk may hold planes of two time points
    const chunkShapeCzyx: Czyx = [1, commonDivisor(depth, planes), ...yx];
    const geometry = { shapeCzyx, chunkShapeCzyx, objectShapeCzyx: chunkShapeCzyx };
    super(stored.array, stored.factorsZyx, stored.axes, geometry);
    this.stored = stored;
  }

  override get type(): PixelType {
    return isCameraType(this.stored.type) ? this.stored.type : "float32";
  }

  override readChunk(chunk: Czyx, room?: ChunkRoom): Promise<PixelArray | undefined> {
    return readAsBoxes(this, this.chunkShapeCzyx, chunk, room);
  }

  override expectChunk(): void {}

  /** Time by time, as a box of the array lies within one. */
  override async readBox(channel: number, { start, stop }: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const { stored } = this;
    const depth = stored.shapeZyx[0];
    const planePixels = (stop[1] - start[1]) * (stop[2] - start[2]);
    const pixels = into ?? allocatePixels(this.type, (stop[0] - start[0]) * planePixels);
    for (let time = Math.floor(start[0] / depth); time * depth < stop[0]; time++) {
      const [from, to] = [Math.max(start[0], time * depth), Math.min(stop[0], (time + 1) * depth)];
      const inTime = (plane: number, [, y, x]: Zyx): Zyx => [plane - time * depth, y, x];
      const part = pixels.subarray((from - start[0]) * planePixels, (to - start[0]) * planePixels);
      const box = { start: inTime(from, start), stop: inTime(to, stop) };
      const place = time * stored.channelCount + channel;
      if (stored.type === this.type) await stored.readBox(place, box, part as PixelArray);
      else part.set(await stored.readBox(place, box));
    }
    return pixels;
  }
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
