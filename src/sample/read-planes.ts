/** Reads planes of a channel, chunk by chunk: planned ones, a sample as for an estimate, a preview. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import type { PixelLevel } from "../acquisition/level.ts";
import { passBuffers } from "../acquisition/reading-buffers.ts";
import { IsoluxError, throwIfInterrupted } from "../errors.ts";
import {
  allocatePixels,
  type BoxZyx,
  bytesPerPixel,
  elementCount,
  intersectBoxes,
  type PixelArray,
} from "../shapes.ts";
import { fieldShapeAtLevel } from "../tiles/levels.ts";
import type { Tile } from "../tiles/tile.ts";
import type { ChunkBuffer } from "../zarr/chunk-pixels.ts";
import { isSameMemory } from "../zarr/pixel-bytes.ts";
import { type PixelRanges, rangesOfBox } from "../zarr/wanted-pixels.ts";
import { type PlannedPlane, planSample, type SamplePlan, type SampleRequest } from "./plan-sample.ts";
import { MemoryStack, type PlaneReceiver } from "./plane-stack.ts";

/** A chunk with the planned planes that have pixels in it, as indices into the plan. */
interface ChunkVisit {
  readonly chunk: { readonly z: number; readonly y: number; readonly x: number };
  readonly planes: readonly number[];
}

/** Hooks to follow and to stop the reading of planes; `done` and `total` count chunks. */
export interface ReadHooks {
  readonly onChunk?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** The buffer for chunks while they are in use; new arrays by default. */
  readonly buffer?: ChunkBuffer;
}

/**
 * Reads the planned planes of a channel. Each chunk is read and decoded once, however many planes it contains, and
 * freed before the next.
 * @throws IsoluxError `corrupt`, `storage`, `interrupted`
 */
export async function readPlanes(
  acquisition: Acquisition,
  channel: number,
  plan: SamplePlan,
  receiver: PlaneReceiver,
  hooks: ReadHooks = {},
): Promise<void> {
  const level = acquisition.levels[plan.level]!;
  const visits = planVisits(level, plan.planes);
  for (const [index, visit] of visits.entries()) {
    throwIfInterrupted(hooks.signal);
    await readChunkPieces(level, channel, visit, plan.planes, receiver, hooks.buffer);
    hooks.onChunk?.(index + 1, visits.length);
  }
}

/** How many chunks hold pixels of a plan's planes. */
export function countChunks(level: PixelLevel, plan: SamplePlan): number {
  return planVisits(level, plan.planes).length;
}

function planVisits(level: PixelLevel, planes: readonly PlannedPlane[]): ChunkVisit[] {
  const [, chunkZ, chunkY, chunkX] = level.chunkShapeCzyx;
  const visits = new Map<number, { chunk: ChunkVisit["chunk"]; planes: number[] }>();
  const [, , gridY, gridX] = level.chunkGridCzyx;
  for (const [n, { box }] of planes.entries()) {
    const z = Math.floor(box.start[0] / chunkZ);
    for (let y = Math.floor(box.start[1] / chunkY); y * chunkY < box.stop[1]; y++) {
      for (let x = Math.floor(box.start[2] / chunkX); x * chunkX < box.stop[2]; x++) {
        const id = (z * gridY + y) * gridX + x;
        const visit = visits.get(id);
        if (visit === undefined) visits.set(id, { chunk: { z, y, x }, planes: [n] });
        else visit.planes.push(n);
      }
    }
  }
  // Plane by plane, so that a receiver has free space after those that it has; then in the order of storage.
  const order = ([a, one]: [number, ChunkVisit], [b, other]: [number, ChunkVisit]) =>
    one.planes[0]! - other.planes[0]! || a - b;
  return [...visits.entries()].sort(order).map(([, visit]) => visit);
}

async function readChunkPieces(
  level: PixelLevel,
  channel: number,
  visit: ChunkVisit,
  planes: readonly PlannedPlane[],
  receiver: PlaneReceiver,
  buffer?: ChunkBuffer,
): Promise<void> {
  const [chunkC, chunkZ, chunkY, chunkX] = level.chunkShapeCzyx;
  const { z, y, x } = visit.chunk;
  const chunkBox: BoxZyx = {
    start: [z * chunkZ, y * chunkY, x * chunkX],
    stop: [(z + 1) * chunkZ, (y + 1) * chunkY, (x + 1) * chunkX],
  };
  const places = visit.planes.map((n) => (channel % chunkC) * chunkZ + planes[n]!.box.start[0] - chunkBox.start[0]);
  const isWhole = visit.planes.every((n) => isPlaneOf(chunkBox, planes[n]!.box));
  const place =
    isWhole && isRun(visit.planes) && isAscending(places)
      ? receiver.buffersAt?.(visit.planes[0]!, elementCount(level.chunkShapeCzyx))
      : undefined;
  const wanted = visit.planes.flatMap((n, index) => rangesInChunk(level, places[index]!, planes[n]!.box, chunkBox));
  const stored = await level.readChunk([Math.floor(channel / chunkC), z, y, x], {
    ...buffer,
    ...(place && { pixels: place }),
    wanted,
  });
  if (place !== undefined) {
    if (stored === undefined) place.fill(level.fillValue);
    else if (!isSameMemory(stored, place)) place.set(stored);
    closeUp(place, places, chunkY * chunkX);
    return;
  }
  const pixels = stored ?? filled(level);
  for (const [index, n] of visit.planes.entries()) {
    const plane = planes[n]!.box;
    const part = intersectBoxes(plane, chunkBox)!;
    const offset =
      (places[index]! * chunkY + part.start[1] - chunkBox.start[1]) * chunkX + part.start[2] - chunkBox.start[2];
    await receiver.put(n, part.start[1] - plane.start[1], part.start[2] - plane.start[2], {
      pixels,
      offset,
      stride: chunkX,
      rows: part.stop[1] - part.start[1],
      columns: part.stop[2] - part.start[2],
    });
  }
}

/** The pixels of a plane in a chunk. @param place the plane's number among those of the chunk, channel by channel */
function rangesInChunk({ chunkShapeCzyx }: PixelLevel, place: number, plane: BoxZyx, chunk: BoxZyx): PixelRanges {
  const [, , rows, columns] = chunkShapeCzyx;
  const { start, stop } = intersectBoxes(plane, chunk)!;
  const inChunk = [start[1] - chunk.start[1], start[2] - chunk.start[2]] as const;
  const end = [stop[1] - chunk.start[1], stop[2] - chunk.start[2]] as const;
  return rangesOfBox([place + 1, rows, columns], [place, ...inChunk], [place + 1, ...end]);
}

/** Whether a plane is as wide and as high as the chunk that it lies in. */
function isPlaneOf(chunk: BoxZyx, plane: BoxZyx): boolean {
  return [1, 2].every((axis) => plane.start[axis] === chunk.start[axis] && plane.stop[axis] === chunk.stop[axis]);
}

function isRun(numbers: readonly number[]): boolean {
  return numbers.every((n, index) => n === numbers[0]! + index);
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((n, index) => index === 0 || n > numbers[index - 1]!);
}

/** Moves the planes at `places` of a chunk to its beginning, one after the other. */
function closeUp(chunk: PixelArray, places: readonly number[], area: number): void {
  for (let index = 0, next = 0; index < places.length; index = next) {
    // Consecutive ones are moved together
    for (next = index + 1; next < places.length && places[next] === places[next - 1]! + 1; next++);
    const from = places[index]! * area;
    if (from > index * area) chunk.copyWithin(index * area, from, from + (next - index) * area);
  }
}

function filled(level: PixelLevel): PixelArray {
  return allocatePixels(level.type, elementCount(level.chunkShapeCzyx)).fill(level.fillValue);
}

/** Which planes to sample; by default of all tiles, at full resolution, with the seed 0. */
export type ReadSampleRequest = Pick<SampleRequest, "planeCount"> & Partial<SampleRequest>;

/**
 * Reads planes of a channel, spread over its tiles and their depth: those that an estimate takes with the same seed.
 * Each chunk that contains some is read once.
 * @param channel its index
 * @returns the planes `[n, y, x]`, of the tiles' shape at that level; fewer than asked for where there are no more
 * @throws IsoluxError `invalid` for a channel, tiles, levels or z-levels that the image does not have, `corrupt`,
 * `storage`, `interrupted`
 */
export async function readSample(
  acquisition: Acquisition,
  channel: number,
  request: ReadSampleRequest,
  hooks: ReadHooks = {},
): Promise<MemoryStack> {
  checkChannel(acquisition, channel);
  const plan = planSample(acquisition, { level: 0, seed: 0, ...request });
  const stack = new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx);
  await readPlanes(acquisition, channel, plan, stack, {
    buffer: passBuffers(acquisition.levels[plan.level]!),
    ...hooks,
  });
  return stack;
}

function checkChannel({ channels, location }: Acquisition, channel: number): void {
  if (channel in channels) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "The image does not have the channel asked for",
    where: location,
    found: String(channel),
    expected: `0 to ${channels.length - 1}`,
  });
}

/** As many planes as fit into these bytes, within these numbers. */
const look = { bytes: 16e6, fewest: 3, most: 60 } as const;

/** Which planes are read. */
interface Preview {
  readonly channel: number;
  readonly tiles: readonly Tile[];
  readonly seed: number;
  /** The coarsest level by default. */
  readonly level?: number;
}

/** Planes of a channel, `[n, y, x]`; the same for the same seed. @throws IsoluxError as reading does */
export async function readPreview(
  acquisition: Acquisition,
  { channel, tiles, seed, level = acquisition.levels.length - 1 }: Preview,
  signal: AbortSignal,
): Promise<MemoryStack> {
  const fieldYx = fieldShapeAtLevel(acquisition.tiles, acquisition.levels[level]!.factorsZyx);
  const affordable = Math.floor(look.bytes / (elementCount(fieldYx) * bytesPerPixel(acquisition.type)));
  const planeCount = Math.max(look.fewest, Math.min(look.most, affordable));
  const plan = planSample(acquisition, { level, planeCount, seed, among: tiles });
  const stack = new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx);
  await readPlanes(acquisition, channel, plan, stack, { signal });
  return stack;
}
