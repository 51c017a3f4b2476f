/** Terabytes shared out: plans in no time, and ten thousand units of which many die. No pixel is made here. */
import { describe, expect, it } from "vitest";
import { blockObject, blocksOfRound, type Pass } from "../../src/pipeline/blocks/passes.ts";
import { planCorrection } from "../../src/pipeline/blocks/plan.ts";
import { blocksOfUnit, usualUnits } from "../../src/pipeline/blocks/units.ts";
import type { LevelGeometry } from "../../src/pipeline/output/level-geometry.ts";
import { Claims, UnitLeases, wholeWork } from "../../src/pipeline/record/claims.ts";
import { JournalWriter } from "../../src/pipeline/record/journal.ts";
import { Lease } from "../../src/pipeline/record/lease.ts";
import { readRecords } from "../../src/pipeline/record/run-documents.ts";
import { count, missingBlocks } from "../../src/pipeline/run/make-blocks.ts";
import { blocksForUnits, sharedRounds } from "../../src/pipeline/shared/prepare-image.ts";
import type { Platform } from "../../src/pipeline/threads/platform.ts";
import { randomStream } from "../../src/sample/choose-planes.ts";
import { type Czyx, elementCount } from "../../src/shapes.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

/** 6 x 4 tiles of 5056 x 2960 pixels, 1500 planes, 3 channels, uint16, as a mosaic in six levels. */
function terabytes(chunk: Czyx): LevelGeometry[] {
  const full: Czyx = [3, 1500, 6 * 5056, 4 * 2960];
  return Array.from({ length: 6 }, (_, level) => {
    const [c, z, y, x] = full;
    return { shapeCzyx: [c, z, Math.ceil(y / 2 ** level), Math.ceil(x / 2 ** level)], chunkShapeCzyx: chunk };
  });
}

describe("3.2 TB", () => {
  const workers = 8;
  const bytes = 2 * elementCount(terabytes([1, 64, 1024, 1024])[0]!.shapeCzyx);

  it.each<Czyx>([
    [1, 64, 1024, 1024],
    [1, 16, 512, 512],
    [1, 1, 512, 512],
  ])("in chunks of %i x %i x %i x %i are planned and shared out", (...chunk) => {
    const levels = terabytes(chunk);
    const units = usualUnits(bytes, workers);
    expect([Math.round(bytes / 1e11), units]).toEqual([32, 23]);
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    const leastBlocks = blocksForUnits(units, workers);
    const request = {
      images: [levels],
      type: "uint16",
      sharedBytes: 1e9,
      memoryBytes: 32e9,
      workers,
      leastBlocks,
    } as const;
    const { rounds } = planCorrection(request);
    expect(blocksOfRound(rounds[0]!)).toBeGreaterThanOrEqual(leastBlocks);
    const shares = Array.from({ length: units }, (_, index) =>
      count(blocksOfUnit(rounds[0]!, { index, count: units })),
    );
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(blocksOfRound(rounds[0]!));
    expect(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
  });

  it("are read in rounds, of which only long ones are shared", () => {
    expect(sharedRounds([3.2e12, 2e11, 1e10], workers)).toBe(2);
    expect(sharedRounds([3.2e12, 1e11], workers)).toBe(1);
    expect(sharedRounds([1e6, 1e6], workers)).toBe(1);
    expect([usualUnits(1e6, 1), usualUnits(1e15, 1)]).toEqual([1, 1000]);
  });
});

describe("blocks of units", () => {
  const pass = (image: number, blockCount: number): Pass => {
    return { image, baseLevel: 0, topLevel: 0, blocksCzyx: [1, 1, 1, blockCount], blockCount };
  };

  it("are numbered through all images, each in one unit", () => {
    const round = [pass(0, 5), pass(1, 1), pass(2, 0), pass(3, 9)];
    for (const units of [1, 2, 3, 7, 20]) {
      const parts = Array.from({ length: units }, (_, index) => [...blocksOfUnit(round, { index, count: units })]);
      const names = parts.flat().map(({ pass: { image }, index }) => `${image}/${index}`);
      expect(new Set(names).size).toBe(15);
      expect(names).toHaveLength(15);
      expect(Math.max(...parts.map((part) => part.length))).toBe(Math.ceil(15 / units));
    }
  });
});

/** A clock that only moves when told. */
class Clock {
  nowMs = 1e12;
  readonly now = () => this.nowMs;
}

describe("ten thousand units", () => {
  const levels: LevelGeometry[] = [{ shapeCzyx: [2, 25, 20, 40], chunkShapeCzyx: [1, 1, 1, 1] }];
  const round: Pass[] = [
    { image: 0, baseLevel: 0, topLevel: 0, blocksCzyx: [2, 25, 20, 40], blockCount: elementCount([2, 25, 20, 40]) },
  ];
  const units = 10_000;

  it("of which many die make every chunk, and one process finishes", async () => {
    const chance = randomStream(1);
    const clock = new Clock();
    const journal = new MemoryStore("memory:", clock.now);
    const made = new Map<string, number>();
    let deaths = 0;
    /** One process: it makes its blocks one by one and may die at any moment. */
    const workOn = async (index: number, known: Awaited<ReturnType<typeof readAll>>, attempt: number) => {
      const writer = new JournalWriter(journal, "journal", `${index % 64}-${attempt}`);
      for (const block of missingBlocks(blocksOfUnit(round, { index, count: units }), known)) {
        if (chance() < 0.1) return void deaths++;
        const object = blockObject(block.pass, block.index);
        made.set(object.join(), (made.get(object.join()) ?? 0) + 1);
        // A death between the chunk and its line: it is made again.
        if (chance() < 0.05) return void deaths++;
        await writer.add([{ image: 0, level: 0, object, bytes: 1, clipped: [1, 0] }]);
      }
    };
    const readAll = () => readRecords(journal, "journal", [levels], 1);
    let attempts = 0;
    let records = await readAll();
    while (count(missingBlocks(blocksOfUnit(round, wholeWork), records)) > 0) {
      for (let index = 0; index < units; index++) {
        await workOn(index, records, attempts);
        // A unit that two processes were given.
        if (chance() < 0.01) await workOn(index, records, attempts);
      }
      records = await readAll();
      expect(++attempts).toBeLessThan(20);
    }
    expect(deaths).toBeGreaterThan(2000);
    expect(made.size).toBe(elementCount([2, 25, 20, 40]));
    // What was made twice counts once.
    expect(records[0]!.clipped.map(([sums]) => sums!.low)).toEqual([20_000, 20_000]);
  });

  it("and their finishers, of which each may die, are one at a time, until one has done it", async () => {
    const random = randomStream(7);
    const below = (end: number) => Math.floor(random() * end);
    const clock = new Clock();
    const store = new MemoryStore("memory:", clock.now);
    const timing = { beatMs: 2 ** 30, staleMs: 120_000 };
    const at = (key: string) => ({ store, key });
    const platformOf = (processName: string): Platform => {
      return { availableWorkers: 1, processName, isRunning: () => undefined, leaseTiming: timing };
    };
    let holding: string | undefined;
    let finished = 0;
    for (let moment = 0; moment < 2000 && finished < 20; moment++) {
      const name = `p:${moment}`;
      const claims = new Claims(at("claims"), platformOf(name));
      const lease = await claims.take();
      if (lease instanceof Lease) {
        expect(holding).toBeUndefined();
        lease.end();
        if (below(3) > 0) holding = name;
        else {
          await claims.release(lease);
          finished++;
        }
      } else expect(lease.process).toBe(holding);
      clock.nowMs += below(60_000);
      // Dead for longer than anybody is waited for.
      if (holding !== undefined && below(4) === 0) {
        clock.nowMs += timing.staleMs + 1;
        holding = undefined;
      } else if (holding !== undefined && !(await claims.holder())) holding = undefined;
    }
    expect(finished).toBe(20);
  });

  it("leave word of what became of each", async () => {
    const clock = new Clock();
    const store = new MemoryStore("memory:", clock.now);
    const platform: Platform = { availableWorkers: 1, processName: "n:1", isRunning: () => undefined };
    const leases = new UnitLeases({ store, key: "units" }, platform);
    for (let index = 0; index < 30; index++) {
      const lease = await leases.begin({ index, count: 30 });
      if (index % 3 === 0) await leases.amend(lease, { ended: "done" });
      if (index % 3 === 1) await leases.withdraw(lease);
      lease.end();
    }
    expect(await leases.living()).toHaveLength(10);
    clock.nowMs += 121_000;
    const reports = await leases.reports();
    expect(reports.filter(({ state }) => state === "died")).toHaveLength(10);
    expect(reports.filter(({ state }) => state === "ended")).toHaveLength(10);
  });
});
