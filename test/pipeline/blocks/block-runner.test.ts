import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BegunBytes } from "../../../src/acquisition/level.ts";
import { slotsPerChannel } from "../../../src/correct/field.ts";
import type { ChunkSink } from "../../../src/pipeline/blocks/block-parts.ts";
import { BlockRunner } from "../../../src/pipeline/blocks/block-runner.ts";
import { ChunkMemory } from "../../../src/pipeline/blocks/chunk-memory.ts";
import { blockObject, type Pass } from "../../../src/pipeline/blocks/passes.ts";
import { planCorrection } from "../../../src/pipeline/blocks/plan.ts";
import { ValueCounts } from "../../../src/pipeline/blocks/value-counts.ts";
import { chunkGrid, nestsIn } from "../../../src/pipeline/output/level-geometry.ts";
import { FinishedObjects, ImageRecord, type JournalEntry } from "../../../src/pipeline/record/journal.ts";
import { displayWindows } from "../../../src/pipeline/run/display-windows.ts";
import { isCounted } from "../../../src/sample/value-distribution.ts";
import { type Czyx, elementCount } from "../../../src/shapes.ts";
import type { ChunkBuffer } from "../../../src/zarr/chunk-pixels.ts";
import { buildScene, pixelsOfLevel, type Scene, type SceneOptions, sceneOptions } from "../scene.ts";

/** Passes of any depth that the chunks allow, from coin tosses: deeper and shallower than a plan would choose. */
function anyPasses(levels: Scene["output"], deepen: readonly boolean[]): Pass[] {
  const passes: Pass[] = [];
  for (let baseLevel = 0; baseLevel < levels.length; ) {
    let topLevel = baseLevel;
    while (levels[topLevel + 1] && deepen[topLevel] && nestsIn(levels[topLevel]!, levels[topLevel + 1]!)) topLevel++;
    const blocksCzyx = chunkGrid(levels[topLevel]!);
    passes.push({ image: 0, baseLevel, topLevel, blocksCzyx, blockCount: elementCount(blocksCzyx) });
    baseLevel = topLevel + 1;
  }
  return passes;
}

/** Writes what it is given into the output and remembers it; fails from the `limit`th chunk on. */
function recordingSink({ output, store }: Scene, entries: JournalEntry[], limit = Number.POSITIVE_INFINITY): ChunkSink {
  return {
    async put(level, chunk, pixels, clipped) {
      if (entries.length >= limit) throw new Error("killed");
      await output[level]!.writeChunk(store, chunk, pixels);
      entries.push({ image: 0, level, object: chunk, bytes: pixels.byteLength, clipped });
    },
  };
}

function finishedAmong(output: Scene["output"], entries: readonly JournalEntry[]): FinishedObjects {
  const finished = new FinishedObjects(output);
  for (const { level, object } of entries) finished.add(level, object);
  return finished;
}

async function runAll(
  scene: Scene,
  passes: readonly Pass[],
  finished: JournalEntry[],
  sink: ChunkSink,
  counts?: ValueCounts,
): Promise<void> {
  const { source, output, tiles, fields } = scene;
  const runner = new BlockRunner({
    source: source[0]!,
    output,
    tiles,
    fields,
    sink,
    counts,
    finished: finishedAmong(output, finished),
    memory: new ChunkMemory(2 ** 20, 2 ** 12),
  });
  for (const pass of passes) {
    for (let index = 0; index < pass.blockCount; index++) await runner.run(pass, blockObject(pass, index));
  }
}

async function expectOutput({ output, expected }: Scene): Promise<void> {
  for (const [level, pixels] of expected().entries()) expect(await pixelsOfLevel(output[level]!)).toEqual(pixels);
}

/** Every chunk of every level, as text, sorted. */
const allChunks = ({ output }: Scene) =>
  output.flatMap((level, index) => {
    const blocksCzyx = chunkGrid(level);
    const pass = { image: 0, baseLevel: index, topLevel: index, blocksCzyx, blockCount: elementCount(blocksCzyx) };
    return Array.from({ length: pass.blockCount }, (_, block) => `${index}: ${blockObject(pass, block)}`);
  });

const names = (entries: readonly JournalEntry[]) => entries.map(({ level, object }) => `${level}: ${object}`);
const coins = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });

describe("BlockRunner", () => {
  it("makes every chunk of every level once, as pixel by pixel", async () => {
    await fc.assert(
      fc.asyncProperty(sceneOptions, coins, async (options, deepen) => {
        const scene = await buildScene(options);
        const entries: JournalEntry[] = [];
        await runAll(scene, anyPasses(scene.output, deepen), [], recordingSink(scene, entries));
        expect(names(entries).sort()).toEqual(allChunks(scene).sort());
        await expectOutput(scene);
      }),
      { numRuns: 75 },
    );
  });

  it("goes on where it was stopped, and makes no chunk twice", async () => {
    await fc.assert(
      fc.asyncProperty(sceneOptions, coins, coins, fc.nat(200), async (options, before, after, stop) => {
        const scene = await buildScene(options);
        const entries: JournalEntry[] = [];
        const limit = stop % (allChunks(scene).length + 1);
        await runAll(scene, anyPasses(scene.output, before), [], recordingSink(scene, entries, limit)).catch(
          (error) => {
            expect(error.message).toBe("killed");
          },
        );
        await runAll(scene, anyPasses(scene.output, after), [...entries], recordingSink(scene, entries));
        expect(names(entries).sort()).toEqual(allChunks(scene).sort());
        await expectOutput(scene);
      }),
      { numRuns: 50 },
    );
  });

  it("counts the values of what it makes of the coarsest level, so that viewers' windows need no reading", async () => {
    const counted = sceneOptions.filter(({ type }) => isCounted(type));
    await fc.assert(
      fc.asyncProperty(counted, coins, fc.nat(200), async (options, deepen, stop) => {
        const scene = await buildScene(options);
        const entries: JournalEntry[] = [];
        const passes = anyPasses(scene.output, deepen);
        const limit = stop % (allChunks(scene).length + 1);
        await runAll(scene, passes, [], recordingSink(scene, entries, limit)).catch(() => undefined);
        const coarsest = scene.output.at(-1)!;
        const before = finishedAmong(scene.output, entries);
        const counts = new ValueCounts(coarsest);
        await runAll(scene, passes, [...entries], recordingSink(scene, entries), counts);
        const has = (chunk: Czyx) => !before.hasChunk(scene.output.length - 1, chunk);
        const windows = await displayWindows(coarsest, { counted: { counts: counts.take(), has } });
        expect(windows).toEqual(await displayWindows(coarsest));
      }),
      { numRuns: 100 },
    );
  });

  it("reads a chunk while the one before is worked on, and each once", async () => {
    const scene = await buildScene({ ...mosaic, steps: mosaic.steps.slice(0, 2) });
    const events: string[] = [];
    let taken = 0;
    const full = scene.source[0]!;
    const watched = Object.assign(Object.create(full) as typeof full, {
      beginChunk: (chunk: Czyx, buffer: Uint8Array) => {
        events.push(`ahead ${chunk}`);
        return full.beginChunk(chunk, buffer);
      },
      readChunk: (chunk: Czyx, buffer?: ChunkBuffer, begun?: BegunBytes) => {
        events.push(`read ${chunk}`);
        if (begun !== undefined) taken++;
        return full.readChunk(chunk, buffer, begun);
      },
    });
    const sink = recordingSink(scene, []);
    const put: ChunkSink["put"] = async (level, chunk, ...rest) => {
      if (level === 0) events.push(`put ${chunk}`);
      await sink.put(level, chunk, ...rest);
    };
    const passes = anyPasses(scene.output, [true, true, true]);
    await runAll({ ...scene, source: [watched] }, passes, [], { put });
    const reads = events.filter((event) => event.startsWith("read "));
    expect(new Set(reads).size).toBe(elementCount(chunkGrid(full)));
    expect(reads.length).toBe(elementCount(chunkGrid(full)));
    for (const [at, event] of events.entries()) {
      const [kind, chunk] = event.split(" ");
      // Begun before the chunk in hand is put, and what is read next
      if (kind === "ahead")
        expect(events.slice(at + 1, at + 3)).toEqual([expect.stringMatching("put"), `read ${chunk}`]);
    }
    const blocks = passes.reduce((sum, { blockCount }) => sum + blockCount, 0);
    expect(events.filter((event) => event.startsWith("ahead")).length).toBe(reads.length - blocks);
    expect(taken).toBe(reads.length - blocks);
    await expectOutput(scene);
  });

  const mosaic: SceneOptions = {
    type: "uint16",
    hasChannels: true,
    shape: [2, 5, 50, 61],
    chunkShapes: [1, 2, 3, 4].map(() => [1, 2, 8, 8]),
    steps: [
      { factors: [1, 2, 2], round: "ceil" },
      { factors: [2, 2, 2], round: "ceil" },
      { factors: [1, 2, 2], round: "floor" },
    ],
    fillValue: 0,
    background: 20,
    tileOrigin: [1, 2],
    tileYx: [12, 11],
  };

  it("follows a plan, the levels of a pyramid that was rounded down in a pass of their own", async () => {
    const scene = await buildScene(mosaic);
    const { rounds } = planCorrection({
      images: [scene.output],
      type: "uint16",
      sharedBytes: 0,
      memoryBytes: 1e9,
      workers: 1,
    });
    expect(rounds.flat().map(({ baseLevel, topLevel }) => [baseLevel, topLevel])).toEqual([
      [0, 2],
      [3, 3],
    ]);
    const entries: JournalEntry[] = [];
    await runAll(scene, rounds.flat(), [], recordingSink(scene, entries));
    await expectOutput(scene);
  });

  it("finishes a chunk as soon as those below it are: memory holds a chunk a level", async () => {
    const scene = await buildScene({ ...mosaic, steps: mosaic.steps.slice(0, 2) });
    const entries: JournalEntry[] = [];
    await runAll(scene, anyPasses(scene.output, [true, true]), [], recordingSink(scene, entries));
    const first = entries.findIndex(({ level }) => level === 2);
    // A chunk of level 2 has 2 x 4 chunks of level 1, and each of these 4 of level 0.
    expect(names(entries.slice(0, first + 1))).toHaveLength(8 + 32 + 1);
  });

  it("counts clipped pixels per channel, and tells the bytes that are done", async () => {
    const scene = await buildScene(mosaic);
    const entries: JournalEntry[] = [];
    let bytes = 0;
    const { source, output, tiles, fields } = scene;
    const finished = new FinishedObjects(output);
    const sink = recordingSink(scene, entries);
    const onChunk = (done: number) => {
      bytes += done;
    };
    const memory = new ChunkMemory(0, 0);
    const runner = new BlockRunner({ source: source[0]!, output, tiles, fields, finished, sink, memory, onChunk });
    for (const pass of anyPasses(output, [])) {
      for (let index = 0; index < pass.blockCount; index++) await runner.run(pass, blockObject(pass, index));
    }
    expect(bytes).toBe(elementCount(chunkGrid(output[0]!)) * 2 * 8 * 8 * 2);
    const record = new ImageRecord(output, slotsPerChannel);
    for (const one of entries) record.add(one);
    const sums = record.clipped;
    expect(sums).toHaveLength(2);
    for (const [first] of sums) expect(Math.min(first!.low, first!.high)).toBeGreaterThan(0);
  });

  it("stops between chunks when it is told to", async () => {
    const scene = await buildScene(mosaic);
    const controller = new AbortController();
    const { source, output, tiles, fields } = scene;
    const entries: JournalEntry[] = [];
    const runner = new BlockRunner({
      source: source[0]!,
      output,
      tiles,
      fields,
      finished: new FinishedObjects(output),
      sink: recordingSink(scene, entries),
      memory: new ChunkMemory(2 ** 20, 2 ** 12),
      onChunk: () => controller.abort(),
      signal: controller.signal,
    });
    const [pass] = anyPasses(output, [true, true]);
    await expect(runner.run(pass!, [0, 0, 0, 0])).rejects.toMatchObject({ kind: "interrupted" });
    expect(entries).toHaveLength(1);
  });
});
