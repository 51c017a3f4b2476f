import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { blockObject } from "../../../src/pipeline/blocks/passes.ts";
import { type PlanRequest, planCorrection } from "../../../src/pipeline/blocks/plan.ts";
import { slabLevels } from "../../../src/pipeline/blocks/slab-plan.ts";
import { chunkGrid, type LevelGeometry, nestsIn, stepFactors } from "../../../src/pipeline/output/level-geometry.ts";
import type { Czyx } from "../../../src/shapes.ts";

const geometry = (shapeCzyx: Czyx, chunkShapeCzyx: Czyx): LevelGeometry => ({ shapeCzyx, chunkShapeCzyx });

/** A mosaic of 3 x 3 large tiles in six levels, planes halved at the last ones; chunks of 128 MiB. */
const mosaic: LevelGeometry[] = [
  [1000, 15168, 8880],
  [1000, 7584, 4440],
  [1000, 3792, 2220],
  [500, 1896, 1110],
  [250, 948, 555],
  [125, 474, 278],
].map(([z, y, x]) => geometry([2, z!, y!, x!], [1, 64, 1024, 1024]));

const request: PlanRequest = { images: [mosaic], type: "uint16", sharedBytes: 200e6, memoryBytes: 4e9, workers: 2 };

const randomRequests: fc.Arbitrary<PlanRequest> = fc
  .record({
    shape: fc.tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 900 }),
      fc.integer({ min: 64, max: 9000 }),
    ),
    chunk: fc.constantFrom<Czyx>([1, 64, 1024, 1024], [1, 1, 256, 256], [2, 10, 500, 300], [1, 64, 77, 4096]),
    levelCount: fc.integer({ min: 1, max: 6 }),
    round: fc.constantFrom(Math.ceil, Math.floor),
    type: fc.constantFrom("uint8" as const, "uint16" as const, "float32" as const),
    imageCount: fc.integer({ min: 1, max: 3 }),
    sharedBytes: fc.integer({ min: 0, max: 5e8 }),
    workers: fc.integer({ min: 1, max: 16 }),
    memoryBytes: fc.integer({ min: 1e6, max: 6e10 }),
  })
  .map(({ shape: [c, z, yx], chunk, levelCount, imageCount, round, ...rest }) => ({
    ...rest,
    // Images of an output need not have the same number of levels.
    images: Array.from({ length: imageCount }, (_, image) =>
      Array.from({ length: Math.max(1, levelCount - image) }, (__, level) => {
        const [rows, columns] = [yx, Math.ceil(yx * 0.7)].map((n) => Math.max(1, round(n / 2 ** level)));
        return geometry([c, z, rows!, columns!], chunk);
      }),
    ),
  }));

function planOrRefusal(given: PlanRequest) {
  try {
    return { plan: planCorrection(given) };
  } catch (error) {
    if (!(error instanceof IsoluxError)) throw error;
    return { refusal: error };
  }
}

describe("planCorrection", () => {
  it("counts slabs of large chunks where these are made in slabs, and whole chunks of coarser levels", () => {
    const levels = mosaic.slice(0, 4);
    const slabs = slabLevels(levels, "uint16", () => true);
    expect(slabs.map(({ chunkShapeCzyx }) => chunkShapeCzyx)).toEqual([
      [1, 8, 1024, 1024],
      [1, 8, 1024, 1024],
    ]);
    const bytesOf = (given: Partial<PlanRequest>) => {
      return planCorrection({ ...request, sharedBytes: 0, workers: 1, ...given }).projectedBytes / 2 ** 20;
    };
    const two = levels.slice(0, 2);
    // Two slabs and five chunks in pieces, a slab and a piece more while one is read, and 180 MB of the process
    expect(bytesOf({ images: [two], slabs: [slabs] })).toBeCloseTo(2 * 16 + 16 + 6 * 9 + 180e6 / 2 ** 20, 3);
    expect(bytesOf({ images: [two] })).toBeCloseTo(4 * 128 + 180e6 / 2 ** 20, 3);
    const coarser = 2 * 128 + 2 * 128;
    expect(bytesOf({ images: [levels], slabs: [slabs] })).toBeCloseTo(coarser + 3 * 16 + 6 * 9 + 180e6 / 2 ** 20, 3);
  });

  it("gives the same plan for the same request", () => {
    expect(planCorrection(structuredClone(request))).toEqual(planCorrection(request));
  });

  it("gives many workers blocks enough that none is idle for long", () => {
    const small = [3048, 1524, 762, 381].map((px) => geometry([1, 128, px, px], [1, 16, 512, 512]));
    const passesOf = (workers: number) =>
      planCorrection({ ...request, images: [small], sharedBytes: 0, memoryBytes: 64e9, workers }).rounds.flat();
    expect(passesOf(2).map(({ blockCount }) => blockCount)).toEqual([8]);
    expect(passesOf(8).map(({ blockCount }) => blockCount)).toEqual([32, 8]);
    expect(passesOf(16).map(({ blockCount }) => blockCount)).toEqual([72, 32, 8]);
  });

  it("covers every level by one pass, in order, within the budget, by no more workers than asked", () => {
    fc.assert(
      fc.property(randomRequests, (given) => {
        const { plan, refusal } = planOrRefusal(given);
        if (plan === undefined) {
          expect(refusal.kind).toBe("memory");
          return;
        }
        for (const [image, levels] of given.images.entries()) {
          const passes = plan.rounds.flatMap((round) => round.filter((pass) => pass.image === image));
          const covered = passes.flatMap(({ baseLevel, topLevel }) =>
            Array.from({ length: topLevel - baseLevel + 1 }, (_, i) => baseLevel + i),
          );
          expect(covered).toEqual(levels.map((_, level) => level));
          for (const { baseLevel, topLevel, blocksCzyx, blockCount } of passes) {
            expect(blocksCzyx).toEqual(chunkGrid(levels[topLevel]!));
            expect(blockCount).toBe(blocksCzyx.reduce((product, n) => product * n, 1));
            for (let level = baseLevel; level < topLevel; level++) {
              expect(nestsIn(levels[level]!, levels[level + 1]!)).toBe(true);
            }
          }
        }
        for (const round of plan.rounds) expect(new Set(round.map(({ image }) => image)).size).toBe(round.length);
        expect(plan.projectedBytes).toBeLessThanOrEqual(given.memoryBytes);
        expect(plan.workers).toBeGreaterThanOrEqual(1);
        expect(plan.workers).toBeLessThanOrEqual(given.workers);
        const blocks = plan.rounds.map((round) => round.reduce((sum, { blockCount }) => sum + blockCount, 0));
        expect(plan.workers).toBeLessThanOrEqual(Math.max(...blocks));
      }),
    );
  });

  it("says how much memory would do, and so much does", () => {
    fc.assert(
      fc.property(randomRequests, (given) => {
        const { refusal } = planOrRefusal({ ...given, memoryBytes: 1e6 });
        const needed = Number(/at least (\d+)MB/.exec(refusal!.expected!)![1]);
        expect(refusal!.found).toBe("1MB");
        expect(refusal!.advice).toContain(`${needed}MB`);
        expect(planOrRefusal({ ...given, memoryBytes: needed * 1e6 }).plan).toBeDefined();
        expect(planOrRefusal({ ...given, memoryBytes: (needed - 1) * 1e6 }).refusal).toBeDefined();
      }),
    );
  });

  it("goes deeper with more memory, or takes more workers, never fewer", () => {
    const ofBudget = (memoryBytes: number, workers: number) => planCorrection({ ...request, memoryBytes, workers });
    const depths = [2e9, 4e9, 16e9].map((bytes) => ofBudget(bytes, 1).rounds[0]![0]!.topLevel);
    expect(depths).toEqual([...depths].sort());
    expect(depths[2]).toBeGreaterThan(0);
    const workers = [2e9, 4e9, 8e9, 16e9].map((bytes) => ofBudget(bytes, 8).workers);
    expect(workers).toEqual([...workers].sort());
    expect(workers[3]).toBeGreaterThan(workers[0]!);
    fc.assert(
      fc.property(randomRequests, fc.integer({ min: 0, max: 4e10 }), (given, more) => {
        const [less, rich] = [given, { ...given, memoryBytes: given.memoryBytes + more }].map(
          (one) => planOrRefusal(one).plan,
        );
        if (less === undefined) return;
        expect(rich!.workers).toBeGreaterThanOrEqual(less.workers);
        if (rich!.workers === less.workers) expect(rich!.rounds.length).toBeLessThanOrEqual(less.rounds.length);
      }),
    );
  });

  it("leaves every worker blocks to take, where few are as many for each", () => {
    const passesOf = (workers: number) =>
      planCorrection({ ...request, memoryBytes: 1e12, workers })
        .rounds.flat()
        .map(({ baseLevel, topLevel, blockCount }) => [baseLevel, topLevel, blockCount]);
    // The last level has four chunks: a pass of all levels for one worker or two, too few for three
    expect([1, 2].map(passesOf)).toEqual([[[0, 5, 4]], [[0, 5, 4]]]);
    expect(passesOf(3)).toEqual([
      [0, 4, 8],
      [5, 5, 4],
    ]);
    // Two of six chunks have two rows: of three workers one would have twice as much as the others
    const narrow = [4096, 2050].map((n) => geometry([1, 128, n, 1024], [1, 64, 1024, 1024]));
    const { rounds } = planCorrection({ ...request, images: [narrow], memoryBytes: 1e12, workers: 3 });
    expect(rounds.flat().map(({ baseLevel, topLevel }) => [baseLevel, topLevel])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it("reckons with the finer pixels that a chunk is made from where chunks do not nest", () => {
    const levels = [8192, 4096].map((n) => geometry([1, 64, n, n], [1, 64, 1023, 1023]));
    const one = { ...request, images: [[levels[0]!]], memoryBytes: 1e12, workers: 1 };
    const box = 64 * (2 * 1023) ** 2 * 2;
    const added = planCorrection({ ...one, images: [levels] }).projectedBytes - planCorrection(one).projectedBytes;
    expect(added).toBeGreaterThanOrEqual(box);
  });

  it("begins a new pass at a level that was rounded down", () => {
    const chunk: Czyx = [1, 1, 10, 10];
    const levels = [101, 50, 25].map((n) => geometry([1, 20, n, n], chunk));
    const { rounds } = planCorrection({ ...request, images: [levels], memoryBytes: 1e12, workers: 1 });
    expect(rounds.flat().map(({ baseLevel, topLevel }) => [baseLevel, topLevel])).toEqual([
      [0, 0],
      [1, 2],
    ]);
  });
});

describe("nestsIn", () => {
  const nests = (fine: [Czyx, Czyx], coarse: [Czyx, Czyx]) => nestsIn(geometry(...fine), geometry(...coarse));
  it.each([
    [
      "the same chunks, halved",
      [
        [1, 8, 100, 100],
        [1, 4, 16, 16],
      ],
      [
        [1, 8, 50, 50],
        [1, 4, 16, 16],
      ],
      true,
    ],
    [
      "z halved too",
      [
        [1, 8, 100, 100],
        [1, 4, 16, 16],
      ],
      [
        [1, 4, 50, 50],
        [1, 4, 16, 16],
      ],
      true,
    ],
    [
      "odd chunks",
      [
        [1, 8, 100, 100],
        [1, 4, 15, 16],
      ],
      [
        [1, 8, 50, 50],
        [1, 4, 15, 16],
      ],
      false,
    ],
    [
      "odd chunks where there is but one",
      [
        [1, 8, 15, 100],
        [1, 4, 15, 16],
      ],
      [
        [1, 8, 8, 50],
        [1, 4, 15, 16],
      ],
      true,
    ],
    [
      "smaller chunks that divide",
      [
        [1, 8, 64, 64],
        [1, 4, 16, 16],
      ],
      [
        [1, 8, 32, 32],
        [1, 4, 8, 8],
      ],
      true,
    ],
    [
      "chunks too small to hold a finer one",
      [
        [1, 8, 64, 64],
        [1, 4, 16, 16],
      ],
      [
        [1, 8, 32, 32],
        [1, 4, 4, 8],
      ],
      false,
    ],
    [
      "chunks that do not divide",
      [
        [1, 8, 64, 64],
        [1, 4, 16, 16],
      ],
      [
        [1, 8, 32, 32],
        [1, 4, 12, 8],
      ],
      false,
    ],
    [
      "a level rounded down",
      [
        [1, 8, 65, 64],
        [1, 4, 16, 16],
      ],
      [
        [1, 8, 32, 32],
        [1, 4, 16, 16],
      ],
      false,
    ],
    [
      "channels split more finely",
      [
        [2, 8, 64, 64],
        [2, 4, 16, 16],
      ],
      [
        [2, 8, 32, 32],
        [1, 4, 16, 16],
      ],
      false,
    ],
    [
      "channels brought together",
      [
        [2, 8, 64, 64],
        [1, 4, 16, 16],
      ],
      [
        [2, 8, 32, 32],
        [2, 4, 16, 16],
      ],
      true,
    ],
  ] as [string, [Czyx, Czyx], [Czyx, Czyx], boolean][])("%s", (_, fine, coarse, wanted) => {
    expect(nests(fine, coarse)).toBe(wanted);
  });

  it("says yes only where every finer chunk lies in one coarser chunk", () => {
    const tuple = (arbitrary: fc.Arbitrary<number>) => fc.tuple(arbitrary, arbitrary, arbitrary);
    const inputs = fc.tuple(
      tuple(fc.integer({ min: 18, max: 60 })),
      tuple(fc.integer({ min: 1, max: 24 })),
      tuple(fc.integer({ min: 1, max: 24 })),
      tuple(fc.integer({ min: 1, max: 3 })),
    );
    fc.assert(
      fc.property(inputs, ([shape, fineChunk, coarseChunk, factors]) => {
        const coarseShape = shape.map((n, axis) => Math.ceil(n / factors[axis]!)) as [number, number, number];
        const fine = geometry([1, ...shape], [1, ...fineChunk]);
        const coarse = geometry([1, ...coarseShape], [1, ...coarseChunk]);
        expect(stepFactors(fine, coarse)).toEqual([1, ...factors]);
        const contained = shape.every((n, axis) => {
          const parents = (chunk: number) => {
            const pixels = Array.from(
              { length: Math.min(fineChunk[axis]!, n - chunk * fineChunk[axis]!) },
              (_, i) => i,
            );
            const blocks = pixels.map((i) => Math.floor((chunk * fineChunk[axis]! + i) / factors[axis]!));
            return new Set(blocks.map((block) => Math.floor(block / coarseChunk[axis]!))).size;
          };
          const chunks = Array.from({ length: Math.ceil(n / fineChunk[axis]!) }, (_, chunk) => chunk);
          return chunks.every((chunk) => parents(chunk) === 1);
        });
        // A yes must be true; a no may be careful.
        if (nestsIn(fine, coarse)) expect(contained).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("blockObject", () => {
  it("counts through the chunk grid, the last axis fastest", () => {
    const pass = { image: 0, baseLevel: 0, topLevel: 0, blocksCzyx: [2, 3, 2, 4], blockCount: 48 } as const;
    expect([0, 1, 4, 8, 23, 24, 47].map((index) => blockObject(pass, index))).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 1],
      [0, 0, 1, 0],
      [0, 1, 0, 0],
      [0, 2, 1, 3],
      [1, 0, 0, 0],
      [1, 2, 1, 3],
    ]);
  });
});
