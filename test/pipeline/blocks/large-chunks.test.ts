/** Chunks that are too large to be written while the next one is made: they are written while they are encoded. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Level } from "../../../src/acquisition/level.ts";
import { ChunkMemory } from "../../../src/pipeline/blocks/chunk-memory.ts";
import { WritingSink } from "../../../src/pipeline/blocks/sinks.ts";
import { usualCodec } from "../../../src/pipeline/output/new-array.ts";
import type { JournalEntry, JournalWriter } from "../../../src/pipeline/record/journal.ts";
import type { PixelArray } from "../../../src/shapes.ts";
import { ZarrArray } from "../../../src/zarr/array.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import type { ArrayMetadata } from "../../../src/zarr/metadata/metadata.ts";
import { onDisk } from "../../support/disk.ts";
import { makePixels } from "../../zarr/pixels.ts";

const folder = mkdtempSync(join(onDisk, "isolux-large-chunks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const shape = [33, 512, 1024];
const metadata: ArrayMetadata = {
  zarrFormat: 2,
  shape,
  chunkShape: shape,
  type: "uint16",
  byteOrder: "little",
  order: "C",
  fillValue: 0,
  separator: "/",
  codec: usualCodec,
};

/** Writes a chunk by a sink. @returns the object, and what is noted of it */
async function put(name: string, pixels: PixelArray, store = new DirectoryStore(join(folder, name))) {
  const level = new Level(new ZarrArray(store, "0", metadata), [1, 1, 1]);
  const noted: JournalEntry[] = [];
  const journal = { add: async (entries: readonly JournalEntry[]) => void noted.push(...entries) };
  const sink = new WritingSink(
    [level],
    store,
    journal as unknown as JournalWriter,
    0,
    ChunkMemory.forImages([[metadata]], []),
  );
  await sink.put(0, [0, 0, 0, 0], pixels, [1, 2]);
  await sink.flush();
  const bytes = await store.get("0/0/0/0", { mostBytes: 2 ** 27 });
  expect(readdirSync(join(folder, name, "0/0/0"))).toEqual(["0"]);
  return { bytes: bytes!, noted, expected: await level.array.encodeChunk(pixels) };
}

const length = shape[0]! * shape[1]! * shape[2]!;

test.each(["dim", "noise"] as const)("a large chunk of pixels that are %s has the bytes of any other", async (kind) => {
  const { bytes, noted, expected } = await put(kind, makePixels("uint16", length, kind));
  expect(Buffer.compare(bytes, expected)).toBe(0);
  expect(noted).toEqual([{ image: 0, level: 0, object: [0, 0, 0, 0], bytes: expected.length, clipped: [1, 2] }]);
});

test("a large chunk that cannot be written leaves nothing", async () => {
  class FullStore extends DirectoryStore {
    override beginAfterStart(key: string, startBytes: number) {
      const writer = super.beginAfterStart(key, startBytes);
      let written = 0;
      const append = async (bytes: Uint8Array) => {
        if (written++ > 0) throw new Error("the disk is full");
        await writer.append(bytes);
      };
      return { ...writer, append };
    }
  }
  const store = new FullStore(join(folder, "full"));
  await expect(put("full", makePixels("uint16", length, "dim"), store)).rejects.toThrow("the disk is full");
  expect(readdirSync(join(folder, "full", "0/0/0"))).toEqual([]);
});
