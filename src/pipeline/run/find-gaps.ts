/**
 * Parts of the source that are not stored although there is light all around them. A chunk that is left out stands for
 * the fill value, which is right where nothing was seen, and wrong where a copy or an upload was not complete.
 */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { extentAlong, foldPlace } from "../../acquisition/array-axes.ts";
import type { PixelLevel } from "../../acquisition/level.ts";
import { Level } from "../../acquisition/level.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import { type BoxZyx, elementCount, type Zyx } from "../../shapes.ts";
import type { MissingChunks } from "../../tiles/coverage.ts";
import type { Tile } from "../../tiles/tile.ts";
import { fingerprintSource } from "./provenance.ts";

/** The most missing objects that are examined. */
const mostLookedAt = 48;
/** The most missing chunks that are reported: a mostly empty image may have millions. */
const mostListed = 2 ** 16;
/** The share of pixels of an edge that differ from the fill value where it is lit. */
const litShare = 0.98;
/** The least number of sides of a gap with light. */
const leastLit = 2;

/**
 * The digest of a source, see {@link fingerprintSource}, and its gaps where it has any.
 * @param lacking keys of objects that were not there when they were read
 * @throws IsoluxError as reading does
 */
export async function fingerprintWithGaps(
  acquisition: Acquisition,
  lacking: Iterable<string> = [],
): Promise<{ readonly digest: string; readonly missing: MissingChunks | undefined }> {
  const stored = new StoredObjects(acquisition);
  const digest = await fingerprintSource(acquisition, (key, isThere) => stored.add(key, isThere));
  // What was not there when it was read is missing in the output, whatever the source says now
  for (const key of lacking) stored.add(key, false);
  return { digest, missing: await findGaps(acquisition, stored.absent()) };
}

/** Which objects of the full resolution are stored: a byte for each. */
export class StoredObjects {
  readonly #level: Level | undefined;
  readonly #isThere: Uint8Array;

  constructor({ levels: [level] }: Acquisition) {
    this.#level = plainLevel(level);
    this.#isThere = new Uint8Array(this.#level === undefined ? 0 : elementCount(this.#level.array.objectGrid));
    // What a folder does not list is not there; of what a server has only a sample is asked for.
    if (this.#level?.array.store.isRemote === true) this.#isThere.fill(1);
  }

  /** Notes whether an object is there; keys that are none of the array's do not count. */
  add(key: string, isThere: boolean): void {
    const coords = this.#level && coordinatesOf(this.#level, key);
    if (coords !== undefined) this.#isThere[positionOf(this.#level!, coords)] = isThere ? 1 : 0;
  }

  /** The first places in the grid of objects that are not stored. */
  absent(): number[] {
    const places: number[] = [];
    for (let at = this.#isThere.indexOf(0); at >= 0 && places.length < mostListed; ) {
      places.push(at);
      at = this.#isThere.indexOf(0, at + 1);
    }
    return places;
  }
}

/**
 * The gaps of an image, or `undefined` where it has none that can be reported.
 * @param absent places in the grid of the full resolution's objects that are not stored
 * @throws IsoluxError as reading does
 */
export async function findGaps(
  acquisition: Acquisition,
  absent: readonly number[],
): Promise<MissingChunks | undefined> {
  const level = plainLevel(acquisition.levels[0]);
  if (level === undefined || absent.length === 0) return undefined;
  const places = new Set(absent);
  const count = Math.min(absent.length, mostLookedAt);
  let [gaps, first] = [0, ""];
  for (let at = 0; at < count; at++) {
    const coords = placeAt(level, absent[Math.floor((at * absent.length) / count)]!);
    if (!(await looksLikeGap(acquisition, level, coords, places))) continue;
    if (gaps++ === 0) first = level.array.objectKey(coords);
  }
  if (gaps === 0) return undefined;
  const share = ((absent.length / elementCount(level.array.objectGrid)) * gaps) / count;
  const found = { chunks: absent.length, lookedAt: count, withLightAround: gaps };
  return { ...found, first, value: level.fillValue, share };
}

/** A level that is stored as one array whose objects hold one time point each. */
function plainLevel(level: PixelLevel | undefined): Level | undefined {
  const stored = level && storedLevel(level);
  if (!(stored instanceof Level)) return undefined;
  return stored.timePoints === extentAlong("t", stored.array.objectGrid, stored.axes) ? stored : undefined;
}

/** Whether an object that is not stored has light on all sides that are stored. */
async function looksLikeGap(
  { tiles }: Acquisition,
  level: Level,
  coords: readonly number[],
  absent: ReadonlySet<number>,
): Promise<boolean> {
  const box = boxOf(level, coords);
  const channel = channelOf(level, coords);
  const tile = tiles.find((candidate) => holdsMiddle(candidate, box));
  if (tile === undefined) return false;
  let lit = 0;
  for (const { strip, neighbour, times } of sidesOf(level, box, coords)) {
    const inside = clip(strip, tile);
    const isStored = isPlace(level, neighbour) && !absent.has(positionOf(level, neighbour));
    if (inside === undefined || !isStored) continue;
    const pixels = await level.readBox(channel + times * level.channelCount, inside);
    let shown = 0;
    for (let i = 0; i < pixels.length; i++) if (pixels[i] !== level.fillValue) shown++;
    if (shown < litShare * pixels.length) return false;
    lit++;
  }
  return lit >= leastLit;
}

/** The place in the grid of objects that a key names. */
function coordinatesOf({ array }: Level, key: string): readonly number[] | undefined {
  return array.objectAt(key);
}

function isPlace({ array: { objectGrid } }: Level, coords: readonly number[]): boolean {
  return coords.every((at, axis) => at >= 0 && at < objectGrid[axis]!);
}

/** The first channel of an object, counted through all time points. */
function channelOf({ axes, channelCount, objectShapeCzyx }: Level, coords: readonly number[]): number {
  const [time, channel] = [coords[axes.indexOf("t")] ?? 0, coords[axes.indexOf("c")] ?? 0];
  return time * channelCount + channel * objectShapeCzyx[0];
}

function boxOf({ axes, objectShapeCzyx, shapeZyx }: Level, coords: readonly number[]): BoxZyx {
  const [, ...place] = foldPlace(coords, axes, 1);
  const start = place.map((at, axis) => at * objectShapeCzyx[axis + 1]!);
  const stop = start.map((from, axis) => Math.min(shapeZyx[axis]!, from + objectShapeCzyx[axis + 1]!));
  return { start: start as unknown as Zyx, stop: stop as unknown as Zyx };
}

function holdsMiddle({ box }: Tile, { start, stop }: BoxZyx): boolean {
  return start.every((from, axis) => {
    const middle = (from + stop[axis]!) >> 1;
    return middle >= box.start[axis]! && middle < box.stop[axis]!;
  });
}

/**
 * The pixels that touch a box from outside on each of its sides, of those beside it in its middle plane; then its middle
 * plane at the time points before and after.
 */
function* sidesOf({ axes }: Level, { start, stop }: BoxZyx, coords: readonly number[]) {
  const middle = (start[0] + stop[0]) >> 1;
  const moved = (axis: string, step: number) =>
    coords.map((value, other) => (other === axes.indexOf(axis) ? value + step : value));
  for (const axis of [0, 1, 2]) {
    for (const step of [-1, 1]) {
      const at = step < 0 ? start[axis]! - 1 : stop[axis]!;
      const from = start.map((value, other) => (other === axis ? at : other === 0 ? middle : value));
      const to = stop.map((value, other) => (other === axis ? at + 1 : other === 0 ? middle + 1 : value));
      const strip = { start: from as unknown as Zyx, stop: to as unknown as Zyx };
      if (axes.includes("zyx"[axis]!)) yield { strip, neighbour: moved("zyx"[axis]!, step), times: 0 };
    }
  }
  const strip = { start: [middle, start[1], start[2]], stop: [middle + 1, stop[1], stop[2]] } as const;
  if (axes.includes("t")) for (const times of [-1, 1]) yield { strip, neighbour: moved("t", times), times };
}

function clip({ start, stop }: BoxZyx, { box }: Tile): BoxZyx | undefined {
  const from = start.map((value, axis) => Math.max(value, box.start[axis]!));
  const to = stop.map((value, axis) => Math.min(value, box.stop[axis]!));
  const isEmpty = from.some((value, axis) => value >= to[axis]!);
  return isEmpty ? undefined : { start: from as unknown as Zyx, stop: to as unknown as Zyx };
}

/** A place in the grid of objects as a number, in C order. */
function positionOf({ array: { objectGrid } }: Level, coords: readonly number[]): number {
  return coords.reduce((at, coord, axis) => at * objectGrid[axis]! + coord, 0);
}

function placeAt({ array: { objectGrid } }: Level, position: number): number[] {
  let rest = position;
  const coords = objectGrid.toReversed().map((extent) => {
    const coord = rest % extent;
    rest = Math.floor(rest / extent);
    return coord;
  });
  return coords.reverse();
}
