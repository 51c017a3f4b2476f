/**
 * Which large chunks are made from a few planes at a time, and what memory that takes: known before anything is made.
 */
import { encodedChunkBytes } from "../../acquisition/reading-buffers.ts";
import { arrayBytes, elementCount, type PixelType } from "../../shapes.ts";
import { isEncodedInPieces } from "../../zarr/chunk-pixels.ts";
import { leastPiecesBuffer } from "../../zarr/codecs/blosc-pieces.ts";
import type { ArrayMetadata } from "../../zarr/metadata/metadata.ts";
import { type LevelGeometry, madeShape, nestsIn, stepFactors } from "../output/level-geometry.ts";

/** The most bytes of a slab of the full resolution. */
const slabBytes = 16 * 2 ** 20;

/** Chunks of more bytes are written before work goes on: memory for one more is worth more than time. */
const mostOverlapping = 32 * 2 ** 20;

/** Whether chunks of this size in bytes are read and written while others are worked on. */
export function overlapsWithWork(chunkBytes: number): boolean {
  return chunkBytes <= mostOverlapping;
}

/** Whether the chunks of an array may be written while they are encoded, from parts of `partLength` pixels each. */
export function comesInParts(metadata: ArrayMetadata, partLength?: number): boolean {
  const { type, chunkShape, shardShape } = metadata;
  const isLarge = !overlapsWithWork(arrayBytes(type, chunkShape)) && shardShape === undefined;
  return isLarge && isEncodedInPieces(metadata, partLength);
}

/**
 * The levels of an image, from the full resolution on, whose chunks are made in slabs, as levels of chunks of as many planes:
 * as many as there is memory for the chunks that are then written side by side.
 *
 * @param takesParts whether the chunks of a level may come in parts of `partLength` pixels
 */
export function slabLevels(
  output: readonly LevelGeometry[],
  type: PixelType,
  takesParts: (index: number, partLength: number) => boolean,
): LevelGeometry[] {
  const levels: LevelGeometry[] = [];
  let planes = planesOfSlab(type, output[0]!);
  for (const [index, { shapeCzyx, chunkShapeCzyx }] of output.entries()) {
    const [channels, depth, rows, columns] = chunkShapeCzyx;
    if (index > 0) planes /= stepFactors(output[index - 1]!, output[index]!)[1];
    const level: LevelGeometry = { shapeCzyx, chunkShapeCzyx: [1, planes, rows, columns] };
    const isFit =
      channels === 1 &&
      planes >= 1 &&
      planes < depth &&
      depth % planes === 0 &&
      takesParts(index, elementCount(level.chunkShapeCzyx)) &&
      (index === 0 || nestsIn(levels[index - 1]!, level)) &&
      bytesForPieces(output, index) <= encodedChunkBytes({ type, chunkShapeCzyx: output[0]!.chunkShapeCzyx });
    if (!isFit) break;
    levels.push(level);
  }
  return levels;
}

/** What slabs of levels take, with the buffers for the chunks that they are written to; nothing without levels. */
export function bytesOfSlabs(
  slabs: readonly LevelGeometry[],
  output: readonly LevelGeometry[],
  type: PixelType,
): number {
  if (slabs.length === 0) return 0;
  const bytes = slabs.map((slab) => arrayBytes(type, madeShape(slab)));
  return bytes.reduce((sum, one) => sum + one, 0) + bytesForPieces(output, slabs.length - 1);
}

/** The planes of a slab of the full resolution: a part of those of a chunk. */
function planesOfSlab(type: PixelType, { chunkShapeCzyx: [, depth, rows, columns] }: LevelGeometry): number {
  const planeBytes = arrayBytes(type, [rows, columns]);
  let planes = depth;
  while (planes * planeBytes > slabBytes && planes % 2 === 0) planes /= 2;
  return planes;
}

/** The bytes of the buffers for a chunk of a level and all chunks below it. */
function bytesForPieces(levels: readonly LevelGeometry[], index: number): number {
  let [count, inLevel] = [1, 1];
  for (let finer = index - 1; finer >= 0; finer--) {
    const [fine, coarse] = [levels[finer]!, levels[finer + 1]!];
    for (const [axis, factor] of stepFactors(fine, coarse).entries()) {
      inLevel *= Math.ceil((factor * coarse.chunkShapeCzyx[axis]!) / fine.chunkShapeCzyx[axis]!);
    }
    count += inLevel;
  }
  return count * leastPiecesBuffer;
}
