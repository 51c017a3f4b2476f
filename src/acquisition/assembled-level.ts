/** A mosaic that is assembled from the tiles of a microscope whenever a chunk is read. */

import {
  allocatePixels,
  type BoxZyx,
  boxShape,
  type Czyx,
  elementCount,
  intersectBoxes,
  mapAxes,
  type PixelArray,
  type PixelType,
  type Zyx,
} from "../shapes.ts";
import { buffersFor, copyBox } from "../zarr/box.ts";
import type { ChunkBuffer } from "../zarr/chunk-pixels.ts";
import type { PixelLevel } from "./level.ts";
import type { TilePixels } from "./tile-view.ts";

/** A tile in one channel of an assembled mosaic. */
export interface AssembledTile {
  /** Its position in the level. */
  readonly box: BoxZyx;
  readonly pixels: TilePixels;
}

/**
 * A level of a mosaic that is assembled from tiles as it is read: the image that a converter would have written,
 * without writing it. Pixels without a tile are 0.
 */
export class AssembledLevel implements PixelLevel {
  readonly type: PixelType;
  readonly fillValue = 0;
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  readonly chunkGridCzyx: Czyx;
  readonly factorsZyx: Zyx;
  readonly readsPlanes: boolean;
  /** Per channel, the tiles by the rows that they take: of thousands of tiles a chunk meets few. */
  private readonly bandsOfChannel: readonly (readonly Band[])[];

  /**
   * @param tilesOfChannel per channel, the tiles with their positions
   * @param chunkShapeZyx extents of a chunk of one channel
   */
  constructor(
    type: PixelType,
    shapeZyx: Zyx,
    chunkShapeZyx: Zyx,
    factorsZyx: Zyx,
    tilesOfChannel: readonly (readonly AssembledTile[])[],
  ) {
    this.type = type;
    this.shapeCzyx = [tilesOfChannel.length, ...shapeZyx];
    this.chunkShapeCzyx = [1, ...chunkShapeZyx];
    const grid = mapAxes(shapeZyx, (extent, axis) => Math.ceil(extent / chunkShapeZyx[axis]!));
    this.chunkGridCzyx = [tilesOfChannel.length, ...grid];
    this.factorsZyx = factorsZyx;
    this.readsPlanes = tilesOfChannel.every((tiles) => tiles.every(({ pixels }) => pixels.readsPlanes === true));
    this.bandsOfChannel = tilesOfChannel.map(bandsOf);
  }

  get shapeZyx(): Zyx {
    return [this.shapeCzyx[1], this.shapeCzyx[2], this.shapeCzyx[3]];
  }

  async readChunk([channel, ...chunk]: Czyx, buffer?: ChunkBuffer): Promise<PixelArray | undefined> {
    const [, planes, rows, columns] = this.chunkShapeCzyx;
    const shape: Zyx = [planes, rows, columns];
    const start = mapAxes(chunk, (place, axis) => place * shape[axis]!);
    const stop = mapAxes(start, (from, axis) => from + shape[axis]!);
    return this.assemble(channel, { start, stop }, buffer?.pixels);
  }

  async readBox(channel: number, box: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const pixels = await this.assemble(channel, box, into);
    return pixels ?? into?.fill(0) ?? allocatePixels(this.type, elementCount(boxShape(box)));
  }

  /** An array for pixels of a box, without a tile so far: not cleared where the first one takes all of it. */
  private blank(shape: Zyx, ofFirst: Zyx, buffer: PixelArray | undefined): PixelArray {
    if (buffer === undefined) return allocatePixels(this.type, elementCount(shape));
    return elementCount(ofFirst) === elementCount(shape) ? buffer : buffer.fill(0);
  }

  /** The pixels of a box, which may reach beyond the level; `undefined` where no tile lies in it. */
  private async assemble(channel: number, box: BoxZyx, buffer?: PixelArray): Promise<PixelArray | undefined> {
    const shape = boxShape(box);
    let pixels: PixelArray | undefined;
    for (const tile of tilesInRows(this.bandsOfChannel[channel]!, box.start[1], box.stop[1])) {
      const part = intersectBoxes(tile.box, box);
      if (part === undefined) continue;
      pixels ??= this.blank(shape, boxShape(part), buffer);
      const inTile = relativeTo(part, tile.box.start);
      const extent = boxShape(part);
      const place = relativeTo(part, box.start).start;
      const into = buffersFor(extent, place, pixels, shape);
      const read = await tile.pixels.read(inTile, into);
      if (into === undefined) copyBox(read, extent, [0, 0, 0], pixels, shape, place, extent);
    }
    return pixels;
  }
}

/** The tiles of a channel that take the same rows. */
interface Band {
  readonly start: number;
  readonly stop: number;
  readonly tiles: AssembledTile[];
}

function bandsOf(tiles: readonly AssembledTile[]): Band[] {
  const bands = new Map<string, Band>();
  for (const tile of tiles) {
    const [start, stop] = [tile.box.start[1], tile.box.stop[1]];
    const band = bands.get(`${start} ${stop}`) ?? { start, stop, tiles: [] };
    band.tiles.push(tile);
    bands.set(`${start} ${stop}`, band);
  }
  return [...bands.values()];
}

function* tilesInRows(bands: readonly Band[], from: number, to: number): Generator<AssembledTile> {
  for (const { start, stop, tiles } of bands) {
    if (start < to && from < stop) yield* tiles;
  }
}

function relativeTo({ start, stop }: BoxZyx, origin: Zyx): BoxZyx {
  const shift = (place: Zyx) => mapAxes(place, (value, axis) => value - origin[axis]!);
  return { start: shift(start), stop: shift(stop) };
}
