/**
 * What is done: a line for every finished object of the output, a chunk or a shard, added after it is in place. A run
 * that was killed goes on from there; an object in place without its line is made again.
 */
import type { Czyx } from "../shapes.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import { type LevelGeometry, objectGrid, objectOfChunk } from "./plan.ts";

/** A finished object and the pixels clipped in it, in pairs for each slot of each of its channels. */
export interface JournalEntry {
  /** Which image of the output. */
  readonly image: number;
  readonly level: number;
  /** Its place in the grid of the level's objects. */
  readonly object: Czyx;
  readonly clipped: readonly number[];
}

/** Adds finished objects to a journal. Every writer has a file of its own. */
export class JournalWriter {
  private readonly store: WritableStore;
  private readonly key: string;

  constructor(store: WritableStore, folder: string, writerName: string) {
    this.store = store;
    this.key = joinKey(folder, `${writerName}.jsonl`);
  }

  async add({ image, level, object, clipped }: JournalEntry): Promise<void> {
    const line = `${JSON.stringify([image, level, ...object, clipped])}\n`;
    await this.store.append(this.key, new TextEncoder().encode(line));
  }
}

/** Reads all of a journal. A line that a kill cut short counts as not written. */
export async function readJournal(store: WritableStore, folder: string): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for (const { name, kind } of await store.list(folder)) {
    if (kind !== "object") continue;
    const bytes = await store.get(joinKey(folder, name));
    for (const line of new TextDecoder().decode(bytes).split("\n")) {
      const entry = parseLine(line);
      if (entry !== undefined) entries.push(entry);
    }
  }
  return entries;
}

function parseLine(line: string): JournalEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length !== 7 || !Array.isArray(value[6])) return undefined;
  const [image, level, c, z, y, x, clipped] = value;
  if (![image, level, c, z, y, x, ...clipped].every(Number.isInteger)) return undefined;
  return { image, level, object: [c, z, y, x], clipped };
}

/** Entries by the image that they are of. */
export function entriesByImage(entries: readonly JournalEntry[]): ReadonlyMap<number, readonly JournalEntry[]> {
  const byImage = new Map<number, JournalEntry[]>();
  for (const entry of entries) {
    const others = byImage.get(entry.image);
    if (others === undefined) byImage.set(entry.image, [entry]);
    else others.push(entry);
  }
  return byImage;
}

/** The finished objects of every level of an image. */
export class FinishedObjects {
  private readonly levels: readonly LevelGeometry[];
  private readonly grids: readonly Czyx[];
  private readonly finished: readonly Set<number>[];

  constructor(levels: readonly LevelGeometry[], entries: readonly JournalEntry[] = []) {
    this.levels = levels;
    this.grids = levels.map(objectGrid);
    this.finished = levels.map(() => new Set());
    for (const { level, object } of entries) this.add(level, object);
  }

  /** Whether the object that a chunk lies in is finished. */
  hasChunk(level: number, chunk: Czyx): boolean {
    return this.finished[level]!.has(this.place(level, objectOfChunk(this.levels[level]!, chunk)));
  }

  /** Adds an object; false where it was there already, or lies in no level. */
  add(level: number, object: Czyx): boolean {
    const places = this.finished[level];
    const isInGrid = this.grids[level]?.every((extent, axis) => object[axis]! >= 0 && object[axis]! < extent) === true;
    if (places === undefined || !isInGrid) return false;
    const before = places.size;
    places.add(this.place(level, object));
    return places.size > before;
  }

  private place(level: number, [c, z, y, x]: Czyx): number {
    const [, gridZ, gridY, gridX] = this.grids[level]!;
    return ((c * gridZ + z) * gridY + y) * gridX + x;
  }
}

/** Clipped pixels of a profile. */
export interface ClipSums {
  readonly low: number;
  readonly high: number;
}

/**
 * Clipped pixels of an image per channel and slot of a channel, from its entries of level 0, each object counted once.
 * @param slots how many pairs of counts an entry has for each channel
 */
export function sumClipped(entries: readonly JournalEntry[], full: LevelGeometry, slots: number): ClipSums[][] {
  const sums = Array.from({ length: full.shapeCzyx[0] }, () =>
    Array.from({ length: slots }, () => ({ low: 0, high: 0 })),
  );
  const seen = new FinishedObjects([full]);
  const channelsPerObject = (full.objectShapeCzyx ?? full.chunkShapeCzyx)[0];
  for (const { level, object, clipped } of entries) {
    if (level !== 0 || !seen.add(0, object)) continue;
    for (let i = 0; i < clipped.length / 2; i++) {
      const channel = object[0] * channelsPerObject + Math.floor(i / slots);
      const sum = sums[channel]?.[i % slots];
      if (sum === undefined) continue;
      sum.low += clipped[2 * i]!;
      sum.high += clipped[2 * i + 1]!;
    }
  }
  return sums;
}
