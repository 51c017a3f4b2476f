/** Makes the chunks of a mosaic and of its pyramid: from the tiles, and from the level before. */
import { downsample } from "../correct/downsample.ts";
import {
  allocatePixels,
  type BoxZyx,
  type Czyx,
  elementCount,
  intersectBoxes,
  mapAxes,
  type PixelArray,
  type Yx,
  type Zyx,
} from "../shapes.ts";
import type { ZarrArray } from "../zarr/array.ts";
import { readBox } from "../zarr/box.ts";
import type { SyntheticCamera } from "./camera.ts";
import type { SyntheticLayout, SyntheticTile } from "./layout.ts";
import type { SyntheticOptions } from "./options.ts";

/** The pixels of a chunk within an array; the chunk may extend beyond it. */
function boxOfChunk(array: ZarrArray, [, z, y, x]: Czyx): BoxZyx {
  const [, ...shape] = array.metadata.shape;
  const [, planes, rows, columns] = array.metadata.chunkShape as unknown as Czyx;
  const end: Zyx = [(z + 1) * planes, (y + 1) * rows, (x + 1) * columns];
  return {
    start: [z * planes, y * rows, x * columns],
    stop: mapAxes(end, (at, axis) => Math.min(at, shape[axis]!)),
  };
}

/** A whole chunk of full resolution, from the tiles that overlap it; 0 where there is no tile. */
export function exposeChunk(
  array: ZarrArray,
  chunk: Czyx,
  camera: SyntheticCamera,
  layout: SyntheticLayout,
  { tileShapeYx, pixelType, chunkShapeZyx }: SyntheticOptions,
): PixelArray {
  const pixels = allocatePixels(pixelType, elementCount(chunkShapeZyx));
  const [, height, width] = chunkShapeZyx;
  const box = boxOfChunk(array, chunk);
  for (const tile of layout.tiles) {
    const shared = intersectBoxes(box, boxOfTile(tile, tileShapeYx, box));
    if (shared === undefined) continue;
    const [top, left] = tile.mosaicYx;
    for (let z = shared.start[0]; z < shared.stop[0]; z += 1) {
      const row = (z - box.start[0]) * height + shared.start[1] - box.start[1];
      const target = { pixels, offset: row * width + shared.start[2] - box.start[2], rowStride: width };
      const start = [shared.start[1] - top, shared.start[2] - left] as const;
      const stop = [shared.stop[1] - top, shared.stop[2] - left] as const;
      camera.expose(chunk[0], tile, z, start, stop, target);
    }
  }
  return pixels;
}

/** A tile's box in the mosaic; with all planes of the other box. */
function boxOfTile({ mosaicYx: [y, x] }: SyntheticTile, [rows, columns]: Yx, other: BoxZyx): BoxZyx {
  return { start: [other.start[0], y, x], stop: [other.stop[0], y + rows, x + columns] };
}

/** A whole chunk of a coarser level: means over blocks of the level before it, over the pixels that exist. */
export async function reduceChunk(array: ZarrArray, chunk: Czyx, finer: ZarrArray, factors: Zyx): Promise<PixelArray> {
  const target = allocatePixels(array.metadata.type, array.chunkLength);
  const { start, stop } = boxOfChunk(array, chunk);
  const finerShape = finer.metadata.shape.slice(1);
  const from = mapAxes(start, (at, axis) => at * factors[axis]!);
  const to = mapAxes(stop, (at, axis) => Math.min(at * factors[axis]!, finerShape[axis]!));
  const source = await readBox(finer, [chunk[0], ...from], [chunk[0] + 1, ...to]);
  const sourceExtent = mapAxes(to, (at, axis) => at - from[axis]!);
  downsample(
    {
      source,
      sourceShape: sourceExtent,
      sourceStart: 0,
      sourceExtent,
      target,
      targetShape: array.metadata.chunkShape.slice(1) as unknown as Zyx,
      targetStart: 0,
      targetExtent: mapAxes(stop, (at, axis) => at - start[axis]!),
    },
    factors,
  );
  return target;
}
