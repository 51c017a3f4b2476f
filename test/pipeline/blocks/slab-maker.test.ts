/** Large chunks that are made from a few planes at a time: in all bytes those that are made as a whole. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { AssembledLevel } from "../../../src/acquisition/assembled-level.ts";
import { Level, type PixelLevel } from "../../../src/acquisition/level.ts";
import { pixelsAt } from "../../../src/acquisition/native/tile-group.ts";
import type { CorrectionField } from "../../../src/correct/field.ts";
import { BlockRunner } from "../../../src/pipeline/blocks/block-runner.ts";
import { ChunkMemory } from "../../../src/pipeline/blocks/chunk-memory.ts";
import { blockObject, type Pass } from "../../../src/pipeline/blocks/passes.ts";
import { WritingSink } from "../../../src/pipeline/blocks/sinks.ts";
import { ValueCounts } from "../../../src/pipeline/blocks/value-counts.ts";
import { chunkGrid } from "../../../src/pipeline/output/level-geometry.ts";
import { usualCodec } from "../../../src/pipeline/output/new-array.ts";
import { FinishedObjects, type JournalEntry, type JournalWriter } from "../../../src/pipeline/record/journal.ts";
import { type Czyx, elementCount, type Zyx } from "../../../src/shapes.ts";
import { ZarrArray } from "../../../src/zarr/array.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import type { ArrayMetadata, BloscCodec } from "../../../src/zarr/metadata/metadata.ts";
import { contentsOf } from "../../support/contents.ts";
import { onDisk } from "../../support/disk.ts";
import { makePixels } from "../../zarr/pixels.ts";

const folder = mkdtempSync(join(onDisk, "isolux-slabs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const usual = { zarrFormat: 2, type: "uint16", byteOrder: "little", order: "C", fillValue: 0, separator: "/" } as const;
const tileShape: Zyx = [200, 300, 300];
const chunkShape: Zyx = [192, 512, 512];

/** A tile in the microscope's codec: its blocks are no whole numbers of planes. */
async function writeTile(name: string, kind: "dim" | "noise") {
  const codec: BloscCodec = { kind: "blosc", inner: "zstd", level: 5, shuffle: "bit", blockBytes: 0 };
  const metadata: ArrayMetadata = { ...usual, shape: tileShape, chunkShape: [200, 150, 300], codec };
  const array = new ZarrArray(new DirectoryStore(join(folder, name)), "0", metadata);
  const pixels = makePixels("uint16", array.chunkLength, kind);
  for (const row of [0, 1]) {
    await new DirectoryStore(join(folder, name)).set(array.chunkKey([0, row, 0]), await array.encodeChunk(pixels));
  }
  return pixelsAt(array, []);
}

/** A mosaic of 2 x 2 places for tiles, of which one is empty. */
async function mosaicOf(kind: "dim" | "noise") {
  const tile = await writeTile(`${kind}-tile`, kind);
  const boxes = [
    [0, 0],
    [0, 1],
    [1, 0],
  ].map(([row, column]) => ({
    start: [0, 300 * row!, 300 * column!] as const,
    stop: [200, 300 * (row! + 1), 300 * (column! + 1)] as const,
  }));
  const shape: Zyx = [200, 600, 600];
  const tiles = boxes.map((box, n) => ({ number: n + 1, name: `tile ${n}`, box }));
  return {
    tiles,
    source: new AssembledLevel(
      "uint16",
      shape,
      [200, 150, 300],
      [1, 1, 1],
      [boxes.map((box) => ({ box, pixels: tile }))],
    ),
  };
}

const field: CorrectionField = {
  shapeYx: [300, 300],
  dark: new Float32Array(300 * 300).fill(3),
  divisor: Float32Array.from({ length: 300 * 300 }, (_, i) => 0.5 + (i % 300) / 300),
  background: 0,
  slot: 0,
};

/** Makes the mosaic with its levels in blocks of the coarsest. */
async function make(
  name: string,
  source: PixelLevel,
  tiles: Awaited<ReturnType<typeof mosaicOf>>["tiles"],
  shapes: readonly Zyx[],
  codec: BloscCodec,
  finishedOnes: readonly (readonly [level: number, chunk: Czyx])[] = [],
) {
  const store = new DirectoryStore(join(folder, name));
  const metadata = shapes.map((shape): ArrayMetadata => ({ ...usual, shape, chunkShape, codec }));
  const output = metadata.map((one, n) => new Level(new ZarrArray(store, String(n), one), [1, 1, 1]));
  const memory = ChunkMemory.forImages([metadata], [[field]]);
  const noted: JournalEntry[] = [];
  const journal = { add: async (entries: readonly JournalEntry[]) => void noted.push(...entries) };
  const counts = new ValueCounts(output.at(-1)!);
  const counted = [];
  let [parts, bytes, chunks] = [0, 0, 0];
  class CountingSink extends WritingSink {
    override beginParts(...given: Parameters<WritingSink["beginParts"]>) {
      parts++;
      return super.beginParts(...given);
    }
  }
  const finished = new FinishedObjects(output);
  for (const [level, object] of finishedOnes) finished.add(level, object);
  const runner = new BlockRunner({
    source,
    output,
    tiles,
    fields: [[field]],
    finished,
    sink: new CountingSink(output, store, journal as unknown as JournalWriter, 0, memory),
    memory,
    counts,
    onChunk: (moreBytes, moreChunks) => {
      bytes += moreBytes;
      chunks += moreChunks;
    },
  });
  const blocksCzyx: Czyx = chunkGrid(output.at(-1)!);
  const pass: Pass = {
    image: 0,
    baseLevel: 0,
    topLevel: shapes.length - 1,
    blocksCzyx,
    blockCount: elementCount(blocksCzyx),
  };
  for (let block = 0; block < pass.blockCount; block++) {
    await runner.run(pass, blockObject(pass, block));
    counted.push(counts.take());
  }
  const entries = noted.map((entry) => JSON.stringify(entry)).sort();
  return { parts, made: { files: contentsOf(join(folder, name)), entries, counted, bytes, chunks } };
}

const [full, flat, half]: readonly Zyx[] = [
  [200, 600, 600],
  [200, 300, 300],
  [100, 300, 300],
];
const unshuffled: BloscCodec = { ...(usualCodec as BloscCodec), shuffle: "none" };

test.each([
  ["one level", [full!], usualCodec as BloscCodec, "dim", 8],
  ["planes that stay", [full!, flat!], usualCodec as BloscCodec, "dim", 2 * (4 + 1)],
  ["planes that are averaged", [full!, half!], usualCodec as BloscCodec, "dim", 8 + 1],
  ["chunks that do not become smaller", [full!, flat!], unshuffled, "noise", undefined],
] as const)(
  "%s: the files, notes and counts of whole chunks",
  async (name, shapes, codec, kind, parts) => {
    const { source, tiles } = await mosaicOf(kind);
    expect(source.readsPlanes).toBe(true);
    const inSlabs = await make(`${name} in slabs`, source, tiles, shapes, codec);
    const whole = await make(
      `${name} as a whole`,
      Object.assign(Object.create(source), { readsPlanes: false }),
      tiles,
      shapes,
      codec,
    );
    expect(whole.parts).toBe(0);
    if (parts === undefined) expect(inSlabs.parts).toBeGreaterThan(0);
    else expect(inSlabs.parts).toBe(parts);
    expect(inSlabs.made).toEqual(whole.made);
    expect(inSlabs.made.files.size).toBeGreaterThan(4);
  },
  120_000,
);

test("what an earlier run has written of chunks that are made together stays as it is", async () => {
  const { source, tiles } = await mosaicOf("dim");
  const shapes = [full!, flat!];
  const all = (await make("all", source, tiles, shapes, usualCodec as BloscCodec)).made;
  const { parts, made } = await make("rest", source, tiles, shapes, usualCodec as BloscCodec, [[0, [0, 0, 1, 0]]]);
  expect(parts).toBe(2 * (4 + 1) - 1);
  const isThere = (name: string) => name.endsWith("0/0/1/0");
  expect([...all.files.keys()].filter(isThere)).toHaveLength(1);
  expect(made.files).toEqual(new Map([...all.files].filter(([name]) => !isThere(name))));
  expect(made.counted).toEqual(all.counted);
  expect(made.entries).toHaveLength(all.entries.length - 1);
  expect([made.bytes, made.chunks]).toEqual([(7 / 8) * all.bytes, 7]);
}, 120_000);
