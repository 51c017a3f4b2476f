/**
 * What is done: a line for every finished object of the output, a chunk or a shard, added after it is in place and
 * would outlast a power cut. A run that was killed goes on from there; an object in place without its line is made again. Every writer has a file of
 * its own, so that any number of processes may write, on any number of machines.
 */
import { type Czyx, elementCount } from "../../shapes.ts";
import { joinKey, type WritableStore } from "../../zarr/store.ts";
import { type LevelGeometry, objectGrid, objectOfChunk } from "../output/level-geometry.ts";

/** A finished object, and the pixels clipped in it, in pairs for each slot of each of its channels. */
export interface JournalEntry {
  /** Which image of the output. */
  readonly image: number;
  readonly level: number;
  /** Its place in the grid of the level's objects. */
  readonly object: Czyx;
  /** How long it is; 0 where it is nothing but the fill value, and so not stored. */
  readonly bytes: number;
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

  async add(entries: readonly JournalEntry[]): Promise<void> {
    const lines = entries.map(({ image, level, object, bytes, clipped }) => {
      return `${JSON.stringify([image, level, ...object, bytes, clipped])}\n`;
    });
    await this.store.append(this.key, new TextEncoder().encode(lines.join("")));
  }
}

/** Bytes of a file that are read at a time: journals of any length take little memory. */
const pieceBytes = 2 ** 20;
/** Files that are read at a time: on a network most of the time is waiting. */
const filesAtOnce = 16;

/** Reads all of a journal, in no particular order. A line that a kill cut short counts as not written. */
export async function readJournal(
  store: WritableStore,
  folder: string,
  take: (entry: JournalEntry) => void | Promise<void>,
): Promise<void> {
  const files = (await store.list(folder)).filter(({ kind }) => kind === "object").values();
  const takeFiles = async () => {
    for (const { name } of files) await readFile(store, joinKey(folder, name), take);
  };
  await Promise.all(Array.from({ length: filesAtOnce }, takeFiles));
}

async function readFile(
  store: WritableStore,
  key: string,
  take: (entry: JournalEntry) => void | Promise<void>,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for (let offset = 0; ; offset += pieceBytes) {
    const piece = await store.getRange(key, { kind: "slice", offset, length: pieceBytes });
    const isLast = piece === undefined || piece.length < pieceBytes;
    const lines = (rest + decoder.decode(piece, { stream: !isLast })).split("\n");
    rest = isLast ? "" : lines.pop()!;
    for (const line of lines) {
      const entry = parseLine(line);
      const taking = entry && take(entry);
      if (taking !== undefined) await taking;
    }
    if (isLast) return;
  }
}

function parseLine(line: string): JournalEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length !== 8 || !Array.isArray(value[7])) return undefined;
  const [image, level, c, z, y, x, bytes, clipped] = value;
  if (![image, level, c, z, y, x, bytes, ...clipped].every(Number.isInteger)) return undefined;
  return { image, level, object: [c, z, y, x], bytes, clipped };
}

/** For every level of an image a bit for each of its objects, in C order. */
export type FinishedBits = readonly Uint8Array[];

/** The finished objects of every level of an image. */
export class FinishedObjects {
  /** Plain values, to be sent to other threads. */
  readonly bits: FinishedBits;
  private readonly levels: readonly LevelGeometry[];
  private readonly grids: readonly Czyx[];
  private readonly counts: number[];

  /** @param bits what is finished already; they are changed by what is added */
  constructor(levels: readonly LevelGeometry[], bits?: FinishedBits) {
    this.levels = levels;
    this.grids = levels.map(objectGrid);
    this.bits = bits ?? this.grids.map((grid) => new Uint8Array(Math.ceil(elementCount(grid) / 8)));
    this.counts = this.bits.map(countBits);
  }

  /** Whether the object that a chunk lies in is finished. */
  hasChunk(level: number, chunk: Czyx): boolean {
    return this.has(level, objectOfChunk(this.levels[level]!, chunk));
  }

  /** Whether an object is finished. */
  has(level: number, object: Czyx): boolean {
    const place = this.place(level, object);
    return (this.bits[level]![place >> 3]! & (1 << (place & 7))) !== 0;
  }

  /** How many objects of a level are finished. */
  count(level: number): number {
    return this.counts[level]!;
  }

  /** Adds an object; false where it was there already, or lies in no level. */
  add(level: number, object: Czyx): boolean {
    const isInGrid = this.grids[level]?.every((extent, axis) => object[axis]! >= 0 && object[axis]! < extent) === true;
    if (!isInGrid || this.has(level, object)) return false;
    const place = this.place(level, object);
    this.bits[level]![place >> 3]! |= 1 << (place & 7);
    this.counts[level]!++;
    return true;
  }

  private place(level: number, [c, z, y, x]: Czyx): number {
    const [, gridZ, gridY, gridX] = this.grids[level]!;
    return ((c * gridZ + z) * gridY + y) * gridX + x;
  }
}

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) for (let left = byte; left > 0; left &= left - 1) count++;
  return count;
}

/** Clipped pixels of a profile. */
export interface ClipSums {
  readonly low: number;
  readonly high: number;
}

/** What a journal says of an image: its finished objects, and what was clipped in those of level 0, each counted once. */
export class ImageRecord {
  readonly finished: FinishedObjects;
  private readonly slots: number;
  private readonly channelsPerObject: number;
  private readonly sums: { low: number; high: number }[][];

  /** @param slots how many pairs of counts an entry has for each channel */
  constructor(levels: readonly LevelGeometry[], slots: number) {
    this.finished = new FinishedObjects(levels);
    this.slots = slots;
    const full = levels[0]!;
    this.channelsPerObject = (full.objectShapeCzyx ?? full.chunkShapeCzyx)[0];
    this.sums = Array.from({ length: full.shapeCzyx[0] }, () =>
      Array.from({ length: slots }, () => ({ low: 0, high: 0 })),
    );
  }

  /** Clipped pixels per channel of the image and slot of a channel. */
  get clipped(): readonly (readonly ClipSums[])[] {
    return this.sums;
  }

  add({ level, object, clipped }: JournalEntry): void {
    if (!this.finished.add(level, object) || level !== 0) return;
    for (let i = 0; i < clipped.length / 2; i++) {
      const channel = object[0] * this.channelsPerObject + Math.floor(i / this.slots);
      const sum = this.sums[channel]?.[i % this.slots];
      if (sum === undefined) continue;
      sum.low += clipped[2 * i]!;
      sum.high += clipped[2 * i + 1]!;
    }
  }
}
