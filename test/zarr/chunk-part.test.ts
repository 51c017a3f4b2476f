/** Of a large Blosc chunk only those blocks are read that hold a pixel that is wanted. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { ZarrArray } from "../../src/zarr/array.ts";
import { readBox } from "../../src/zarr/box.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import type { ArrayMetadata, BloscCodec } from "../../src/zarr/metadata/metadata.ts";
import type { ByteRange } from "../../src/zarr/store.ts";
import { onDisk } from "../support/disk.ts";
import { makePixels } from "./pixels.ts";

const folder = mkdtempSync(join(onDisk, "isolux-parts-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Counts the bytes that are read. */
class CountingDisk extends DirectoryStore {
  bytes = 0;

  override async get(...given: Parameters<DirectoryStore["get"]>) {
    const bytes = await super.get(...given);
    this.bytes += bytes?.length ?? 0;
    return bytes;
  }

  override async getRange(key: string, range: ByteRange, buffer?: Uint8Array, isAhead?: boolean) {
    const bytes = await super.getRange(key, range, buffer, isAhead);
    this.bytes += bytes?.length ?? 0;
    return bytes;
  }
}

const shape = [40, 130, 140];
const codec: BloscCodec = { kind: "blosc", inner: "zstd", level: 5, shuffle: "bit", blockBytes: 2 ** 16 };
const metadata: ArrayMetadata = {
  zarrFormat: 2,
  type: "uint16",
  byteOrder: "little",
  order: "C",
  fillValue: 0,
  separator: "/",
  shape,
  chunkShape: shape,
  codec,
};
const pixels = makePixels("uint16", 40 * 130 * 140, "dim");

async function written(name: string, change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes) {
  const store = new CountingDisk(join(folder, name));
  const array = new ZarrArray(store, "0", metadata);
  const bytes = change((await array.encodeChunk(pixels)).slice());
  await store.set("0/0/0/0", bytes);
  return { store, array, length: bytes.length };
}

/** The same chunk with its blocks the other way round, as a writer of several threads may store them. */
function turnedRound(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  const count = Math.ceil(view.getUint32(4, true) / view.getUint32(8, true));
  const starts = Array.from({ length: count }, (_, n) => view.getUint32(16 + 4 * n, true));
  const turned = bytes.slice();
  const offsets = new DataView(turned.buffer);
  let to = 16 + 4 * count;
  for (let n = count - 1; n >= 0; n--) {
    const block = bytes.subarray(starts[n]!, starts[n + 1] ?? bytes.length);
    turned.set(block, to);
    offsets.setUint32(16 + 4 * n, to, true);
    to += block.length;
  }
  return turned;
}

/** A box's pixels, taken from those that were written. */
function expected(start: readonly number[], stop: readonly number[]): number[] {
  const found: number[] = [];
  for (let z = start[0]!; z < stop[0]!; z++)
    for (let y = start[1]!; y < stop[1]!; y++)
      found.push(...pixels.subarray((z * 130 + y) * 140 + start[2]!, (z * 130 + y) * 140 + stop[2]!));
  return found;
}

const box = fc.tuple(...shape.map((n) => fc.tuple(fc.nat(n - 1), fc.nat(n - 1)))).map((ends) => ({
  start: ends.map(([a, b]) => Math.min(a, b)),
  stop: ends.map(([a, b]) => Math.max(a, b) + 1),
}));

test.each([["in order", undefined] as const, ["turned round", turnedRound] as const])(
  "boxes of a chunk with blocks %s",
  async (name, change) => {
    const { array } = await written(name, change);
    await fc.assert(
      fc.asyncProperty(box, async ({ start, stop }) => {
        expect([...(await readBox(array, start, stop))]).toEqual(expected(start, stop));
      }),
      { numRuns: 60 },
    );
  },
);

test("a plane takes but a few of the bytes, all planes all of them", async () => {
  const { store, array, length } = await written("counted");
  store.bytes = 0;
  await readBox(array, [20, 0, 0], [21, 130, 140]);
  expect(store.bytes).toBeGreaterThan(length / 40);
  expect(store.bytes).toBeLessThan(length / 8);
  store.bytes = 0;
  await readBox(array, [0, 0, 0], shape);
  expect(store.bytes).toBe(length);
});

test.each<[string, (bytes: Uint8Array, view: DataView) => unknown]>([
  ["cut off", (bytes) => bytes.subarray(0, bytes.length - 5)],
  ["too long", (bytes) => Buffer.concat([bytes, Buffer.alloc(3)])],
  ["an offset beyond the end", (bytes, view) => view.setUint32(16 + 4 * 11, bytes.length + 9, true)],
  ["an offset within the list of blocks", (_, view) => view.setUint32(16 + 4 * 11, 20, true)],
  [
    "an offset within another block",
    (_, view) => view.setUint32(16 + 4 * 12, view.getUint32(16 + 4 * 11, true) + 60, true),
  ],
  ["a stream of another length", (_, view) => view.setInt32(view.getUint32(16 + 4 * 11, true), 7, true)],
  ["a header of something else", (_, view) => view.setUint16(0, 0x0707)],
])("damage is an error: %s", async (name, damage) => {
  const { array } = await written(name, (bytes) => (damage(bytes, new DataView(bytes.buffer)) ?? bytes) as Uint8Array);
  await expect(readBox(array, [20, 0, 0], [22, 130, 140])).rejects.toMatchObject({ kind: "corrupt" });
});

test("flipped bytes never crash, hang or read what is not there", async () => {
  const { store, array, length } = await written("flipped");
  const path = join(store.location, "0/0/0/0");
  const good = (await store.get("0/0/0/0", { mostBytes: 2 ** 24 }))!.slice();
  await fc.assert(
    fc.asyncProperty(fc.nat(200), fc.nat(255), fc.nat(length - 1), box, async (early, value, late, { start, stop }) => {
      const bytes = good.slice();
      bytes[early] = value;
      bytes[late] = value;
      writeFileSync(path, bytes);
      const read = await readBox(array, start, stop).catch((error: unknown) => error);
      if (read instanceof Error) expect(read).toMatchObject({ kind: "corrupt" });
      else expect((read as Uint16Array).length).toBe(expected(start, stop).length);
    }),
    { numRuns: 150 },
  );
});
