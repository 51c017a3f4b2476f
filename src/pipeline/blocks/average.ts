/** Averages chunks of a level into those of the next coarser one. */
import type { Level } from "../../acquisition/level.ts";
import { downsample } from "../../correct/downsample.ts";
import { boxShape, type Czyx, mapAxes } from "../../shapes.ts";
import { chunkBox, type LevelGeometry, placesBetween, stepFactors } from "../output/level-geometry.ts";
import type { MadePixels } from "./correct-chunk.ts";

/** The chunks of the finer level that lie in a chunk of the coarser one. */
export function childChunks(fine: LevelGeometry, coarse: LevelGeometry, chunk: Czyx): Generator<Czyx> {
  const factors = stepFactors(fine, coarse);
  const extent = mapAxes(factors, (factor, axis) => factor * coarse.chunkShapeCzyx[axis]!);
  const start = mapAxes(chunk, (place, axis) => place * extent[axis]!);
  const stop = mapAxes(start, (from, axis) => Math.min(from + extent[axis]!, fine.shapeCzyx[axis]!));
  return placesBetween(
    mapAxes(start, (from, axis) => Math.floor(from / fine.chunkShapeCzyx[axis]!)),
    mapAxes(stop, (end, axis) => Math.ceil(end / fine.chunkShapeCzyx[axis]!)),
  );
}

/** Averages a finer chunk into its part of a coarser one. */
export function averageChild(
  { pixels: childPixels, shapeCzyx: [, finePlanes, fineRows, fineColumns] }: MadePixels,
  fine: LevelGeometry,
  child: Czyx,
  { pixels, shapeCzyx: [, planes, rows, columns] }: MadePixels,
  coarse: LevelGeometry,
  chunk: Czyx,
): void {
  const [, ...factors] = stepFactors(fine, coarse);
  const [fineChannels] = fine.chunkShapeCzyx;
  const box = chunkBox(fine, child);
  const origin = chunkBox(coarse, chunk).start;
  const target = box.start.map((start, axis) => start / factors[axis]! - origin[axis]!);
  const extent = boxShape(box);
  // Where a level is half as wide as the finer one, rounded down, there is no place for the last mean
  const room = mapAxes([planes, rows, columns], (n, axis) => n - target[axis]!);
  for (let c = 0; c < fineChannels; c++) {
    const targetChannel = child[0] * fineChannels + c - chunk[0] * coarse.chunkShapeCzyx[0];
    if (child[0] * fineChannels + c >= fine.shapeCzyx[0]) break;
    downsample(
      {
        source: childPixels,
        sourceShape: [finePlanes, fineRows, fineColumns],
        sourceStart: c * finePlanes * fineRows * fineColumns,
        sourceExtent: extent,
        target: pixels,
        targetShape: [planes, rows, columns],
        targetStart: ((targetChannel * planes + target[0]!) * rows + target[1]!) * columns + target[2]!,
        targetExtent: mapAxes(extent, (n, axis) => Math.min(Math.ceil(n / factors[axis]!), room[axis]!)),
      },
      factors,
    );
  }
}

/** Averages a box of the finer level into a chunk of the coarser one, where chunks do not nest. */
export async function averageBox(fine: Level, coarse: Level, chunk: Czyx, made: MadePixels): Promise<void> {
  const { pixels, shapeCzyx } = made;
  const [, ...factors] = stepFactors(fine, coarse);
  const target = chunkBox(coarse, chunk);
  const start = mapAxes(target.start, (at, axis) => at * factors[axis]!);
  const stop = mapAxes(target.stop, (end, axis) => Math.min(end * factors[axis]!, fine.shapeZyx[axis]!));
  const sourceShape = boxShape({ start, stop });
  const [channels] = coarse.chunkShapeCzyx;
  const [, planes, rows, columns] = shapeCzyx;
  for (let c = 0; c < channels && chunk[0] * channels + c < coarse.shapeCzyx[0]; c++) {
    const source = await fine.readBox(chunk[0] * channels + c, { start, stop });
    downsample(
      {
        source,
        sourceShape,
        sourceStart: 0,
        sourceExtent: sourceShape,
        target: pixels,
        targetShape: [planes, rows, columns],
        targetStart: c * planes * rows * columns,
        targetExtent: boxShape(target),
      },
      factors,
    );
  }
}
