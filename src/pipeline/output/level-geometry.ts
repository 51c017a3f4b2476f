/**
 * Levels as grids of chunks and objects: how many there are, which chunk lies in which object, and whether those of two
 * levels nest.
 */
import { type BoxZyx, type Czyx, mapAxes } from "../../shapes.ts";
import { reductionFactor } from "../../tiles/levels.ts";

/** The pixels of a chunk that lie in the image. */
export function chunkBox({ shapeCzyx, chunkShapeCzyx }: LevelGeometry, [, z, y, x]: Czyx): BoxZyx {
  const [, planes, rows, columns] = chunkShapeCzyx;
  const [, depth, height, width] = shapeCzyx;
  return {
    start: [z * planes, y * rows, x * columns],
    stop: [Math.min((z + 1) * planes, depth), Math.min((y + 1) * rows, height), Math.min((x + 1) * columns, width)],
  };
}

/**
 * The extents in which chunks of a level are made: those of a chunk, without what of every chunk lies beyond the image.
 * Coarse levels are often much smaller than a chunk.
 */
export function madeShape({ shapeCzyx, chunkShapeCzyx }: LevelGeometry): Czyx {
  return mapAxes(chunkShapeCzyx, (extent, axis) => Math.min(extent, shapeCzyx[axis]!));
}

/** How a level is divided into chunks, and into the objects of its store. */
export interface LevelGeometry {
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  /** The extents of an object of the store, where that is more than a chunk: a shard. */
  readonly objectShapeCzyx?: Czyx;
}

/** Chunks per axis. */
export function chunkGrid({ shapeCzyx, chunkShapeCzyx }: LevelGeometry): Czyx {
  return mapAxes(shapeCzyx, (extent, axis) => Math.ceil(extent / chunkShapeCzyx[axis]!));
}

/** Objects of the store per axis: shards or, without shards, chunks. */
export function objectGrid(level: LevelGeometry): Czyx {
  return chunkGrid(inObjects(level));
}

/** A level with its objects in place of its chunks. */
export function inObjects({
  shapeCzyx,
  chunkShapeCzyx,
  objectShapeCzyx = chunkShapeCzyx,
}: LevelGeometry): LevelGeometry {
  return { shapeCzyx, chunkShapeCzyx: objectShapeCzyx };
}

/** How many chunks an object holds along each axis. */
export function chunksPerObject({ chunkShapeCzyx, objectShapeCzyx = chunkShapeCzyx }: LevelGeometry): Czyx {
  return mapAxes(objectShapeCzyx, (extent, axis) => extent / chunkShapeCzyx[axis]!);
}

/** The grid positions from `first` on and before `end`, in C order. */
export function* placesBetween(first: Czyx, end: Czyx): Generator<Czyx> {
  for (let c = first[0]; c < end[0]; c++) {
    for (let z = first[1]; z < end[1]; z++) {
      for (let y = first[2]; y < end[2]; y++) {
        for (let x = first[3]; x < end[3]; x++) yield [c, z, y, x];
      }
    }
  }
}

/**
 * The chunks in an object of a level, without those beyond the array, in the order in which a pass of any depth makes them:
 * chunks that make one of the next coarser level follow each other, as do those that make one of the level after that. So the
 * chunks of a shard lie in one order, however the levels are divided into passes.
 */
export function chunksOfObject(levels: readonly LevelGeometry[], index: number, object: Czyx): Czyx[] {
  const level = levels[index]!;
  const grid = chunkGrid(level);
  const per = chunksPerObject(level);
  const first = mapAxes(object, (place, axis) => place * per[axis]!);
  const end = mapAxes(first, (start, axis) => Math.min(start + per[axis]!, grid[axis]!));
  const chunks = [...placesBetween(first, end)].map((chunk) => ({ chunk, places: placesAbove(levels, index, chunk) }));
  const order = (a: readonly number[], b: readonly number[]) => {
    const at = a.findIndex((place, n) => place !== b[n]);
    return at < 0 ? 0 : a[at]! - b[at]!;
  };
  return chunks.sort((a, b) => order(a.places, b.places)).map(({ chunk }) => chunk);
}

/** Coordinates of the chunks that a chunk is averaged into, from the coarsest on, and its own. */
function placesAbove(levels: readonly LevelGeometry[], index: number, chunk: Czyx): number[] {
  const [level, coarser] = [levels[index]!, levels[index + 1]];
  if (coarser === undefined || !nestsIn(level, coarser)) return [...chunk];
  const factors = stepFactors(level, coarser);
  const above = mapAxes(chunk, (place, axis) =>
    Math.floor((place * level.chunkShapeCzyx[axis]!) / (factors[axis]! * coarser.chunkShapeCzyx[axis]!)),
  );
  return [...placesAbove(levels, index + 1, above), ...chunk];
}

/** The object that a chunk lies in. */
export function objectOfChunk(level: LevelGeometry, chunk: Czyx): Czyx {
  const per = chunksPerObject(level);
  return mapAxes(chunk, (place, axis) => Math.floor(place / per[axis]!));
}

/** The factors between two neighbouring levels along channels, planes, rows and columns. */
export function stepFactors(finer: LevelGeometry, coarser: LevelGeometry): Czyx {
  return mapAxes(finer.shapeCzyx, (extent, axis) => reductionFactor(extent, coarser.shapeCzyx[axis]!) ?? 1);
}

/**
 * Whether every chunk of the finer level belongs to exactly one chunk of the coarser: then the coarser can be made
 * while the finer's chunks pass by.
 */
export function nestsIn(finer: LevelGeometry, coarser: LevelGeometry): boolean {
  const fineGrid = chunkGrid(finer);
  const factors = stepFactors(finer, coarser);
  const coarseGrid = chunkGrid(coarser);
  return fineGrid.every((chunks, axis) => {
    const factor = factors[axis]!;
    const covered = Math.ceil(finer.shapeCzyx[axis]! / factor) === coarser.shapeCzyx[axis];
    if (!covered) return false;
    if (chunks === 1) return coarseGrid[axis] === 1;
    const fineChunk = finer.chunkShapeCzyx[axis]!;
    return fineChunk % factor === 0 && (coarser.chunkShapeCzyx[axis]! * factor) % fineChunk === 0;
  });
}
