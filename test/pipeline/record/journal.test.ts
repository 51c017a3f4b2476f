import { describe, expect, it } from "vitest";
import type { LevelGeometry } from "../../../src/pipeline/output/level-geometry.ts";
import {
  FinishedObjects,
  ImageRecord,
  type JournalEntry,
  JournalWriter,
  readJournal,
} from "../../../src/pipeline/record/journal.ts";
import { readRecords } from "../../../src/pipeline/record/run-documents.ts";
import type { Czyx } from "../../../src/shapes.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

const folder = "work/journal";
const entry = (level: number, chunk: Czyx, clipped: readonly number[] = []): JournalEntry => ({
  image: 3,
  level,
  object: chunk,
  bytes: 77,
  clipped,
});
const full: LevelGeometry = { shapeCzyx: [3, 4, 20, 20], chunkShapeCzyx: [2, 2, 10, 10] };

async function read(store: MemoryStore): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  await readJournal(store, folder, (one) => void entries.push(one));
  return entries;
}

async function append(store: MemoryStore, name: string, text: string): Promise<void> {
  await store.append(`${folder}/${name}`, new TextEncoder().encode(text));
}

describe("the journal", () => {
  it("gives back what several writers added", async () => {
    const store = new MemoryStore();
    const [one, two] = [new JournalWriter(store, folder, "run1-0"), new JournalWriter(store, folder, "run1-1")];
    await one.add([entry(0, [0, 1, 2, 3], [4, 5])]);
    await two.add([entry(1, [1, 0, 0, 0])]);
    await one.add([entry(0, [0, 0, 0, 0], [0, 0])]);
    expect(await read(store)).toEqual([
      entry(0, [0, 1, 2, 3], [4, 5]),
      entry(0, [0, 0, 0, 0], [0, 0]),
      entry(1, [1, 0, 0, 0]),
    ]);
  });

  it("is empty where there is none", async () => {
    expect(await read(new MemoryStore())).toEqual([]);
  });

  it("takes no line that a kill cut short, wherever it was cut", async () => {
    const line = "[3,0,1,2,3,14,77,[25,36]]\n";
    for (let cut = 0; cut < line.length - 1; cut++) {
      const store = new MemoryStore();
      await append(store, "a.jsonl", line + line.slice(0, cut));
      expect(await read(store)).toEqual([entry(0, [1, 2, 3, 14], [25, 36])]);
    }
  });

  it("takes a whole last line without its line break: nothing of it is missing", async () => {
    const store = new MemoryStore();
    await append(store, "a.jsonl", "[3,0,1,2,3,4,77,[]]");
    expect(await read(store)).toEqual([entry(0, [1, 2, 3, 4])]);
  });

  it.each([
    ["zeros that a power cut left", "\u0000\u0000\u0000\n"],
    ["another document", '{"level":0}\n'],
    ["too few numbers", "[3,0,1,2,3,4,[]]\n"],
    ["no list of counts", "[3,0,1,2,3,4,5]\n"],
    ["no number", "[3,0,1,null,3,4,[]]\n"],
    ["a text", '["3",0,1,2,3,4,[]]\n'],
    ["a count that is none", '[3,0,1,2,3,4,77,["x"]]\n'],
  ])("skips a line of %s and reads on", async (_, line) => {
    const store = new MemoryStore();
    await append(store, "a.jsonl", `${line}[3,2,0,0,0,0,77,[]]\n`);
    expect(await read(store)).toEqual([entry(2, [0, 0, 0, 0])]);
  });

  it("does not look into folders", async () => {
    const store = new MemoryStore();
    await append(store, "deeper/a.jsonl", "[3,0,0,0,0,0,77,[]]\n");
    expect(await read(store)).toEqual([]);
  });
});

describe("FinishedObjects", () => {
  it("knows chunks by level and place", () => {
    const coarse: LevelGeometry = { shapeCzyx: [3, 4, 10, 10], chunkShapeCzyx: [1, 2, 10, 10] };
    const finished = new FinishedObjects([full, coarse]);
    finished.add(0, [1, 1, 0, 1]);
    expect(finished.hasChunk(0, [1, 1, 0, 1])).toBe(true);
    expect(finished.hasChunk(0, [1, 1, 1, 0])).toBe(false);
    expect(finished.hasChunk(1, [1, 1, 0, 0])).toBe(false);
    expect(finished.add(1, [1, 1, 0, 0])).toBe(true);
    expect(finished.add(1, [1, 1, 0, 0])).toBe(false);
    expect(finished.hasChunk(1, [1, 1, 0, 0])).toBe(true);
  });

  it("tells all chunks of a grid apart", () => {
    const finished = new FinishedObjects([full]);
    let added = 0;
    for (let c = 0; c < 2; c++)
      for (let z = 0; z < 2; z++)
        for (let y = 0; y < 2; y++) for (let x = 0; x < 2; x++) added += finished.add(0, [c, z, y, x]) ? 1 : 0;
    expect(added).toBe(16);
  });
});

describe("the record of an image", () => {
  it("adds per channel over chunks of several, each chunk once, level 0 only, channels of the image only", () => {
    const entries = [
      // Two slots for each of two channels in a chunk.
      entry(0, [0, 0, 0, 0], [1, 2, 0, 1, 10, 20, 0, 0]),
      entry(0, [0, 0, 0, 1], [3, 4, 0, 1, 30, 40, 0, 0]),
      // The chunk was made again after a kill.
      entry(0, [0, 0, 0, 0], [1, 2, 0, 1, 10, 20, 0, 0]),
      entry(0, [1, 0, 0, 0], [5, 6, 7, 8, 99, 99, 99, 99]),
      entry(1, [0, 0, 0, 0], [7, 7, 7, 7, 7, 7, 7, 7]),
    ];
    const none = { low: 0, high: 0 };
    const record = new ImageRecord([full, full], 2);
    for (const one of entries) record.add(one);
    expect(record.clipped).toEqual([
      [
        { low: 4, high: 6 },
        { low: 0, high: 2 },
      ],
      [{ low: 40, high: 60 }, none],
      [
        { low: 5, high: 6 },
        { low: 7, high: 8 },
      ],
    ]);
  });

  it("is read from journals of any length, a line at a time, and of any number of processes", async () => {
    const grid: LevelGeometry = { shapeCzyx: [1, 100, 200, 100], chunkShapeCzyx: [1, 1, 1, 100] };
    const store = new MemoryStore();
    const lines = Array.from({ length: 20_000 }, (_, i) => `[3,0,0,${Math.floor(i / 200)},${i % 200},0,9,[1,2]]\n`);
    const texts = [lines.slice(0, 15_000), lines.slice(14_000), lines.slice(0, 10)].map((some) => some.join(""));
    for (const [index, text] of texts.entries()) {
      // Long enough for several pieces, of which one ends within a line.
      await append(store, `${index}.jsonl`, index === 0 ? text + text + text + text : text);
    }
    const records = await readRecords(store, folder, [[grid], [grid], [grid], [grid]], 1);
    expect(records[3]!.finished.count(0)).toBe(20_000);
    expect(records[3]!.clipped).toEqual([[{ low: 20_000, high: 40_000 }]]);
    expect(records[0]!.finished.count(0)).toBe(0);
    expect(new FinishedObjects([grid], records[3]!.finished.bits).count(0)).toBe(20_000);
  });
});
