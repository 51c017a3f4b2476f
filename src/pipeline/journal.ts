/**
 * What is done: a line for every finished chunk, added after the chunk is in place. A run that was killed goes on from
 * there; a chunk in place without its line is made again.
 */
import type { Czyx } from "../shapes.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import { chunkGrid, type LevelGeometry } from "./plan.ts";

/** A finished chunk and the pixels clipped in it, low and high, for each of its channels. */
export interface JournalEntry {
  readonly level: number;
  readonly chunk: Czyx;
  readonly clipped: readonly number[];
}

/** Adds finished chunks to a journal. Every writer has a file of its own. */
export class JournalWriter {
  private readonly store: WritableStore;
  private readonly key: string;

  constructor(store: WritableStore, folder: string, writerName: string) {
    this.store = store;
    this.key = joinKey(folder, `${writerName}.jsonl`);
  }

  async add({ level, chunk, clipped }: JournalEntry): Promise<void> {
    const line = `${JSON.stringify([level, ...chunk, clipped])}\n`;
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
  if (!Array.isArray(value) || value.length !== 6 || !Array.isArray(value[5])) return undefined;
  const [level, c, z, y, x, clipped] = value;
  if (![level, c, z, y, x, ...clipped].every(Number.isInteger)) return undefined;
  return { level, chunk: [c, z, y, x], clipped };
}

/** The finished chunks of every level, by their place in the level's chunk grid. */
export class FinishedChunks {
  private readonly grids: readonly Czyx[];
  private readonly finished: readonly Set<number>[];

  constructor(levels: readonly LevelGeometry[], entries: readonly JournalEntry[] = []) {
    this.grids = levels.map(chunkGrid);
    this.finished = levels.map(() => new Set());
    for (const { level, chunk } of entries) this.add(level, chunk);
  }

  has(level: number, chunk: Czyx): boolean {
    return this.finished[level]!.has(this.place(level, chunk));
  }

  /** Adds a chunk; false where it was there already, or lies in no level. */
  add(level: number, chunk: Czyx): boolean {
    const places = this.finished[level];
    if (
      places === undefined ||
      !this.grids[level]!.every((extent, axis) => chunk[axis]! >= 0 && chunk[axis]! < extent)
    ) {
      return false;
    }
    const before = places.size;
    places.add(this.place(level, chunk));
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
 * Clipped pixels per channel and slot of a channel, from the journal's entries of level 0, each chunk counted once.
 * @param slots how many pairs of counts an entry has for each channel
 */
export function sumClipped(entries: readonly JournalEntry[], full: LevelGeometry, slots: number): ClipSums[][] {
  const sums = Array.from({ length: full.shapeCzyx[0] }, () =>
    Array.from({ length: slots }, () => ({ low: 0, high: 0 })),
  );
  const seen = new FinishedChunks([full]);
  for (const { level, chunk, clipped } of entries) {
    if (level !== 0 || !seen.add(0, chunk)) continue;
    for (let i = 0; i < clipped.length / 2; i++) {
      const channel = chunk[0] * full.chunkShapeCzyx[0] + Math.floor(i / slots);
      const sum = sums[channel]?.[i % slots];
      if (sum === undefined) continue;
      sum.low += clipped[2 * i]!;
      sum.high += clipped[2 * i + 1]!;
    }
  }
  return sums;
}
