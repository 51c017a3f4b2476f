/** Shards: read wherever their index lies, written for others to read, and refused where they are broken. */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as zarrita from "zarrita";
import { allocatePixels, elementCount, type PixelArray } from "../../src/shapes.ts";
import { openArray, ZarrArray } from "../../src/zarr/array.ts";
import { chunksTouching } from "../../src/zarr/box.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { writeArrayMetadata } from "../../src/zarr/metadata/document.ts";
import { type ArrayMetadata, bloscInnerCodecs, type Codec } from "../../src/zarr/metadata/metadata.ts";
import { ShardWriter } from "../../src/zarr/shards/shard-writer.ts";
import { type ByteRange, isUnfinished, type ObjectStore } from "../../src/zarr/store.ts";
import { onDisk } from "../support/disk.ts";
import { pixelsOfArray } from "../support/pixels.ts";
import { ZarritaStore } from "../support/zarrita-store.ts";
import { makePixels, pixelKinds } from "./pixels.ts";
import { expectSamePixels } from "./same-pixels.ts";
import { type Entry, indexByHand, type PlacedChunk, shardByHand } from "./shard-by-hand.ts";

const codecs: readonly Codec[] = [
  { kind: "none" },
  { kind: "gzip", level: 1 },
  { kind: "zstd", level: 1 },
  { kind: "crc32c", of: { kind: "none" } },
  { kind: "crc32c", of: { kind: "zstd", level: 3 } },
  ...bloscInnerCodecs.map((inner): Codec => ({ kind: "blosc", inner, level: 5, shuffle: "auto", blockBytes: 0 })),
];

/** Notes what is asked for. */
class WatchedStore extends MemoryStore {
  readonly asked: string[] = [];

  override async get(key: string): Promise<Uint8Array | undefined> {
    this.asked.push(key);
    return await super.get(key);
  }

  override async getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined> {
    this.asked.push(`${key} ${JSON.stringify(range)}`);
    return await super.getRange(key, range);
  }
}

interface Axis {
  readonly extent: number;
  readonly chunk: number;
  readonly perShard: number;
}

const anyAxis = fc.record<Axis>({
  extent: fc.integer({ min: 1, max: 9 }),
  chunk: fc.integer({ min: 1, max: 4 }),
  perShard: fc.integer({ min: 1, max: 3 }),
});

function anyMetadata(): fc.Arbitrary<ArrayMetadata> {
  return fc.array(anyAxis, { minLength: 1, maxLength: 4 }).chain((axes) =>
    fc.record({
      zarrFormat: fc.constant(3 as const),
      shape: fc.constant(axes.map(({ extent }) => extent)),
      chunkShape: fc.constant(axes.map(({ chunk }) => chunk)),
      shardShape: fc.constant(axes.map(({ chunk, perShard }) => chunk * perShard)),
      indexLocation: fc.constant("end" as const),
      type: fc.constantFrom("uint8", "uint16", "float32"),
      byteOrder: fc.constantFrom("little", "big"),
      order: fc.shuffledSubarray(
        axes.map((_, axis) => axis),
        { minLength: axes.length },
      ),
      fillValue: fc.constantFrom(0, 7),
      separator: fc.constantFrom(".", "/"),
      keyEncoding: fc.constantFrom("default", "v2"),
      codec: fc.constantFrom(...codecs),
      attributes: fc.constant({}),
    }),
  );
}

const plain: ArrayMetadata = {
  zarrFormat: 3,
  shape: [5, 14],
  chunkShape: [2, 4],
  shardShape: [4, 8],
  type: "uint16",
  byteOrder: "little",
  order: "C",
  fillValue: 7,
  separator: "/",
  keyEncoding: "default",
  codec: { kind: "none" },
};

function coordsOf(grid: readonly number[]): number[][] {
  const units = grid.map(() => 1);
  const zeros = grid.map(() => 0);
  return [...chunksTouching(units, zeros, grid)];
}

/** The pixels that an array of these chunks should have, found without any of the code under test. */
function expectedPixels(array: ZarrArray, chunks: ReadonlyMap<string, PixelArray>): PixelArray {
  const { shape, chunkShape, type } = array.metadata;
  const pixels = allocatePixels(type, elementCount(shape)).fill(array.fillValue);
  for (const [key, values] of chunks) {
    const corner = key.split(",").map((coord, axis) => Number(coord) * chunkShape[axis]!);
    for (const [inside, value] of values.entries()) {
      let [rest, at, stride, isInside] = [inside, 0, 1, true];
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const place = corner[axis]! + (rest % chunkShape[axis]!);
        isInside &&= place < shape[axis]!;
        at += place * stride;
        stride *= shape[axis]!;
        rest = Math.floor(rest / chunkShape[axis]!);
      }
      if (isInside) pixels[at] = value;
    }
  }
  return pixels;
}

/** Some chunks of an array; the others are missing. */
function someChunks(array: ZarrArray, kind: (typeof pixelKinds)[number], seed: number): Map<string, PixelArray> {
  const present = coordsOf(array.chunkGrid).filter((_, index) => (index * 7 + seed) % 4 !== 0);
  return new Map(
    present.map((coords, index) => [
      coords.join(),
      makePixels(array.metadata.type, array.chunkLength, kind, seed + index),
    ]),
  );
}

/** Where the shard of a chunk is in the object grid, and the chunk in the shard. */
function placeOf(array: ZarrArray, coords: readonly number[]): { shard: number[]; position: number } {
  const per = array.metadata.shardShape!.map((extent, axis) => extent / array.metadata.chunkShape[axis]!);
  return {
    shard: coords.map((coord, axis) => Math.floor(coord / per[axis]!)),
    position: coords.reduce((at, coord, axis) => at * per[axis]! + (coord % per[axis]!), 0),
  };
}

async function writeShards(store: ObjectStore, array: ZarrArray, chunks: ReadonlyMap<string, PixelArray>) {
  let bytes = 0;
  for (const shard of coordsOf(array.objectGrid)) {
    const writer = new ShardWriter(store, array, shard);
    const inside = coordsOf(array.chunkGrid).filter((coords) => `${placeOf(array, coords).shard}` === `${shard}`);
    for (const coords of inside.reverse()) await writer.put(coords, chunks.get(coords.join()));
    bytes += await writer.finish();
  }
  return bytes;
}

async function faultOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

describe("reading shards", () => {
  test("made by hand, with chunks in any order, gaps and an index at either end", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyMetadata(),
        fc.constantFrom("start" as const, "end" as const),
        fc.constantFrom(...pixelKinds),
        fc.nat(1000),
        async (given, indexLocation, kind, seed) => {
          const store = new MemoryStore();
          await writeArrayMetadata(store, "a", { ...given, indexLocation });
          const array = await openArray(store, "a");
          const chunks = someChunks(array, kind, seed);
          const shards = new Map<string, PlacedChunk[]>();
          for (const [key, pixels] of [...chunks].reverse()) {
            const { shard, position } = placeOf(array, key.split(",").map(Number));
            const placed = { position, bytes: await array.encodeChunk(pixels), gap: (seed + position) % 3 };
            const shardKey = array.objectKey(shard);
            shards.set(shardKey, [...(shards.get(shardKey) ?? []), placed]);
          }
          const count = elementCount(array.chunksPerObject);
          for (const [key, placed] of shards) await store.set(key, shardByHand(count, placed, indexLocation));
          expectSamePixels(await pixelsOfArray(array), expectedPixels(array, chunks));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("takes a request for the index and one for each chunk, and none where a shard says that a chunk is missing", async () => {
    const store = new WatchedStore();
    const array = new ZarrArray(store, "a", plain);
    await writeShards(
      store,
      array,
      new Map([
        ["0,0", new Uint16Array(8)],
        ["1,1", new Uint16Array(8)],
      ]),
    );
    store.asked.length = 0;
    const counted = new ZarrArray(store, "a", plain);
    for (const coords of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ])
      await counted.readChunk(coords);
    expect(store.asked).toEqual([
      'a/c/0/0 {"kind":"suffix","length":68}',
      'a/c/0/0 {"kind":"slice","offset":16,"length":16}',
      'a/c/0/0 {"kind":"slice","offset":0,"length":16}',
    ]);
  });

  test("keeps few indices, and asks again for what was missing", async () => {
    const store = new WatchedStore();
    const shape = [4, 8 * 200];
    const array = new ZarrArray(store, "a", { ...plain, shape });
    expect(await array.readChunk([0, 0])).toBeUndefined();
    await writeShards(store, array, new Map(coordsOf([2, 400]).map((c) => [c.join(), new Uint16Array(8).fill(c[1]!)])));
    store.asked.length = 0;
    const indices = () => store.asked.filter((range) => range.includes("suffix")).length;
    const counted = new ZarrArray(store, "a", { ...plain, shape });
    await Promise.all([counted.readChunk([0, 0]), counted.readChunk([1, 1])]);
    expect(indices()).toBe(1);
    for (const coords of coordsOf([1, 400])) expect((await counted.readChunk(coords))![0]).toBe(coords[1]);
    expect(indices()).toBe(200);
    await counted.readChunk([0, 399]);
    expect(indices()).toBe(200);
    await counted.readChunk([0, 0]);
    expect(indices()).toBe(201);
    // The first array met no shard before they were written
    expect((await array.readChunk([0, 0]))![0]).toBe(0);
  });
});

describe("broken shards", () => {
  const where = "/data/my.zarr/a/c/0/0";
  const chunk = (value: number) => new Uint8Array(new Uint16Array(8).fill(value).buffer);

  async function readFrom(shard: Uint8Array, indexLocation: "start" | "end", coords = [0, 0]) {
    const store = new MemoryStore("/data/my.zarr");
    await store.set("a/c/0/0", shard);
    return await new ZarrArray(store, "a", { ...plain, indexLocation }).readChunk(coords);
  }

  const whole = (location: "start" | "end") =>
    shardByHand(
      4,
      [0, 1, 3].map((position) => ({ position, bytes: chunk(position), gap: 0 })),
      location,
    );

  test.each(["start", "end"] as const)("index at the %s: truncated anywhere, they are refused", async (location) => {
    const shard = whole(location);
    for (let length = 0; length < shard.length; length++) {
      expect(await faultOf(readFrom(shard.subarray(0, length), location)), `${length}`).toMatchObject({
        kind: "corrupt",
        where,
      });
    }
  });

  test.each(["start", "end"] as const)("index at the %s: any bit of it flipped is noticed", async (location) => {
    const shard = whole(location);
    const start = location === "start" ? 0 : shard.length - 68;
    for (let bit = 0; bit < 8 * 68; bit++) {
      const broken = shard.slice();
      broken[start + (bit >> 3)]! ^= 1 << (bit & 7);
      const error = await faultOf(readFrom(broken, location));
      expect(error).toMatchObject({ kind: "corrupt", where, found: "an index whose crc32c checksum does not match" });
    }
  });

  test.each<[string, Entry[], string]>([
    [
      "beyond the shard",
      [
        [0n, 16n],
        [40n, 16n],
      ],
      "found chunk 1 at offset 40 with length 16, expected within bytes 0 to 48",
    ],
    ["far beyond", [[2n ** 60n, 16n]], "found chunk 0 at offset 1152921504606847000"],
    ["with a length of almost all", [[16n, 2n ** 64n - 2n]], "with length 18446744073709552000"],
    [
      "over another",
      [
        [0n, 20n],
        [16n, 16n],
      ],
      "found chunk 1 at offset 16 with length 16, expected chunks that do not overlap",
    ],
    [
      "within another",
      [
        [16n, 32n],
        [20n, 8n],
      ],
      "expected chunks that do not overlap",
    ],
    ["without an offset", [[2n ** 64n - 1n, 16n]], "found chunk 0 at offset none with length 16"],
    ["without a length", [[0n, 2n ** 64n - 1n]], "found chunk 0 at offset 0 with length none"],
  ])("a chunk %s is refused, though the checksum matches", async (_, entries, message) => {
    const index = indexByHand([...entries, undefined, undefined, undefined].slice(0, 4));
    const shard = new Uint8Array([...new Uint8Array(48), ...index]);
    expect(await faultOf(readFrom(shard, "end", [1, 0]))).toMatchObject({
      kind: "corrupt",
      where,
      message: expect.stringContaining(message),
    });
  });

  test("an index at the start is no place for chunks", async () => {
    const shard = new Uint8Array([
      ...indexByHand([[60n, 16n], undefined, undefined, undefined]),
      ...new Uint8Array(48),
    ]);
    expect(await faultOf(readFrom(shard, "start"))).toMatchObject({ expected: "within bytes 68 to 116" });
  });

  test("chunks that are equal may be stored once", async () => {
    const index = indexByHand([[0n, 16n], [0n, 16n], undefined, [0n, 16n]]);
    const shard = new Uint8Array([...chunk(5), ...index]);
    for (const coords of [
      [0, 0],
      [0, 1],
      [1, 1],
    ])
      expect((await readFrom(shard, "end", coords))![7]).toBe(5);
    expect(await readFrom(shard, "end", [1, 0])).toBeUndefined();
  });

  test("a broken chunk is named with its shard", async () => {
    const shard = shardByHand(4, [{ position: 3, bytes: chunk(1).subarray(1), gap: 0 }], "end");
    const error = await faultOf(readFrom(shard, "end", [1, 1]));
    expect(error).toMatchObject({ kind: "corrupt", where: `${where}, chunk [1, 1]`, found: "15 bytes" });
  });

  test("a shard that is cut while it is read is noticed", async () => {
    const store = new MemoryStore("/data/my.zarr");
    const shard = whole("end");
    await store.set("a/c/0/0", shard);
    const array = new ZarrArray(store, "a", plain);
    await array.readChunk([0, 0]);
    await store.set("a/c/0/0", shard.subarray(0, 40));
    expect(await faultOf(array.readChunk([1, 1]))).toMatchObject({
      kind: "corrupt",
      where,
      found: "8 bytes at offset 32",
    });
    await store.set("a/c/0/0", shard);
    await array.readChunk([1, 1]);
    await store.remove("a/c/0/0");
    expect(await faultOf(array.readChunk([1, 1]))).toMatchObject({ kind: "corrupt", where });
    expect(await array.readChunk([1, 1])).toBeUndefined();
  });
});

describe("writing shards", () => {
  test("of any kind: ours and zarrita read what was put", async () => {
    await fc.assert(
      fc.asyncProperty(anyMetadata(), fc.constantFrom(...pixelKinds), fc.nat(1000), async (metadata, kind, seed) => {
        const store = new MemoryStore();
        await writeArrayMetadata(store, "a", metadata);
        const array = await openArray(store, "a");
        const chunks = someChunks(array, kind, seed);
        await writeShards(store, array, chunks);
        const expected = expectedPixels(array, chunks);
        expectSamePixels(await pixelsOfArray(array), expected);
        expectSamePixels(await pixelsOfArray(await openArray(store, "a")), expected);
        const theirs = await zarrita.open.v3(zarrita.root(new ZarritaStore(store)).resolve("a"), { kind: "array" });
        const { data, stride } = await zarrita.get(theirs);
        expectSamePixels(inCOrder(data as PixelArray, metadata.shape, stride), expected, "read by zarrita");
      }),
      { numRuns: 100 },
    );
  });

  test("chunks lie in the order of the calls, whoever waits; the index follows", async () => {
    const zipped: ArrayMetadata = { ...plain, codec: { kind: "zstd", level: 1 } };
    const order = [
      [1, 1],
      [0, 0],
      [1, 0],
      [0, 1],
    ];
    const pixelsAt = (at: number) => (at === 2 ? undefined : makePixels("uint16", 8, "noise", at));
    const made: Uint8Array[] = [];
    for (const isWaiting of [true, false]) {
      const store = new MemoryStore();
      const writer = new ShardWriter(store, new ZarrArray(store, "a", zipped), [0, 0]);
      const puts: Promise<void>[] = [];
      for (const [at, coords] of order.entries()) {
        puts.push(writer.put(coords, pixelsAt(at)));
        if (isWaiting) await puts.at(-1);
      }
      await Promise.all(puts);
      const length = await writer.finish();
      made.push((await store.get("a/c/0/0"))!);
      expect(made.at(-1)!.length).toBe(length);
    }
    expect(made[0]).toEqual(made[1]);
    const bytes: PlacedChunk[] = [];
    const array = new ZarrArray(new MemoryStore(), "a", zipped);
    for (const [at, position] of [
      [0, 3],
      [1, 0],
      [3, 1],
    ] as const) {
      bytes.push({ position, bytes: await array.encodeChunk(pixelsAt(at)!), gap: 0 });
    }
    expect(made[0]).toEqual(shardByHand(4, bytes, "end"));
  });

  test("until it is finished nobody sees anything but the old shard", async () => {
    const store = new MemoryStore();
    const array = new ZarrArray(store, "a", plain);
    await writeShards(store, array, new Map([["0,0", new Uint16Array(8).fill(1)]]));
    expect((await array.readChunk([0, 0]))![0]).toBe(1);
    const writer = new ShardWriter(store, array, [0, 0]);
    await writer.put([0, 0], new Uint16Array(8).fill(2));
    expect(await store.list("a/c/0")).toEqual([{ name: "0", kind: "object" }]);
    expect((await array.readChunk([0, 0]))![0]).toBe(1);
    await writer.finish();
    expect((await array.readChunk([0, 0]))![0]).toBe(2);
    expect(await store.list("a/c/0")).toEqual([{ name: "0", kind: "object" }]);
  });

  test("a shard of nothing but fill is not written, and takes an old one away", async () => {
    const store = new MemoryStore();
    const array = new ZarrArray(store, "a", plain);
    await writeShards(store, array, new Map([["0,0", new Uint16Array(8)]]));
    expect(await array.readChunk([0, 0])).toBeDefined();
    const writer = new ShardWriter(store, array, [0, 0]);
    for (const coords of coordsOf([2, 2])) await writer.put(coords, undefined);
    expect(await writer.finish()).toBe(0);
    expect(await store.list("a/c")).toEqual([]);
    expect(await array.readChunk([0, 0])).toBeUndefined();
  });

  test("what killed writers left is swept up; what is given up is removed", async () => {
    const store = new MemoryStore();
    const array = new ZarrArray(store, "a", plain);
    await new ShardWriter(store, array, [0, 0]).put([0, 0], new Uint16Array(8));
    const given = new ShardWriter(store, array, [0, 1]);
    await given.put([0, 2], new Uint16Array(8));
    await given.discard();
    await store.set("b", new Uint8Array(1));
    await store.sweep("a");
    // Where anything is nothing can be moved to
    await store.move("b", "a");
  });

  test("large chunks begin at whole blocks of 4096 bytes, in memory and on a disk", async () => {
    const folder = mkdtempSync(join(onDisk, "isolux-shards-"));
    const large: ArrayMetadata = { ...plain, shape: [2, 2 ** 20], chunkShape: [1, 2 ** 19], shardShape: [2, 2 ** 20] };
    const zipped: ArrayMetadata = { ...large, codec: { kind: "zstd", level: 1 } };
    try {
      const shards: Uint8Array[] = [];
      const chunks = someChunks(new ZarrArray(new MemoryStore(), "a", zipped), "noise", 3);
      for (const store of [new MemoryStore(), new DirectoryStore(folder)]) {
        await writeArrayMetadata(store, "a", zipped);
        const array = await openArray(store, "a");
        await writeShards(store, array, chunks);
        expectSamePixels(await pixelsOfArray(await openArray(store, "a")), expectedPixels(array, chunks));
        shards.push((await store.get("a/c/0/0"))!);
      }
      expect(Buffer.compare(shards[0]!, shards[1]!)).toBe(0);
      const offsets = new BigUint64Array(shards[0]!.slice(-68, -4).buffer).filter((_, at) => at % 2 === 0);
      const present = [...offsets].filter((offset) => offset < 2n ** 63n);
      expect(present.length).toBeGreaterThan(1);
      expect(present.filter((offset) => offset % 4096n !== 0n)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("in a folder: nothing stays beside the shards", async () => {
    const folder = mkdtempSync(join(onDisk, "isolux-shards-"));
    try {
      const store = new DirectoryStore(folder);
      const array = new ZarrArray(store, "a", plain);
      for (const value of [1, 2]) {
        const writer = new ShardWriter(store, array, [1, 1]);
        await writer.put([2, 3], new Uint16Array(8).fill(value));
        expect(readdirSync(join(folder, "a/c/1")).filter(isUnfinished).length).toBe(1);
        expect(await writer.finish()).toBe(16 + 68);
        expect((await array.readChunk([2, 3]))![0]).toBe(value);
      }
      const broken = new ShardWriter(store, array, [1, 1]);
      expect(await faultOf(broken.put([2, 3], new Uint16Array(7)))).toMatchObject({ kind: "invalid" });
      expect(await faultOf(broken.finish())).toMatchObject({ kind: "invalid" });
      expect(readdirSync(join(folder, "a/c/1"))).toEqual(["1"]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("refuses chunks that are not its own, come twice or late, and pixels that make no chunk", async () => {
    const array = new ZarrArray(new MemoryStore("m"), "a", plain);
    const writer = new ShardWriter(new MemoryStore("m"), array, [0, 0]);
    const pixels = new Uint16Array(8);
    expect(await faultOf(writer.put([0, 2], pixels))).toMatchObject({
      kind: "invalid",
      where: "m/a/c/0/0",
      found: "[0, 2]",
    });
    expect(await faultOf(writer.put([3, 0], pixels))).toMatchObject({ kind: "invalid", found: "[3, 0]" });
    await writer.put([0, 0], pixels);
    expect(await faultOf(writer.put([0, 0], undefined))).toMatchObject({ kind: "invalid", found: "[0, 0]" });
    await writer.finish();
    expect(await faultOf(writer.put([0, 1], pixels))).toMatchObject({ kind: "invalid" });
    expect(await faultOf(writer.finish())).toMatchObject({ kind: "invalid" });
    expect(() => new ShardWriter(new MemoryStore(), array, [2, 0])).toThrow("a position in 2 x 2 objects");
    const { shardShape: _, ...unsharded } = plain;
    expect(() => new ShardWriter(new MemoryStore(), new ZarrArray(new MemoryStore(), "a", unsharded), [0, 0])).toThrow(
      "no shards",
    );
    const start = new ZarrArray(new MemoryStore(), "a", { ...plain, indexLocation: "start" });
    expect(() => new ShardWriter(new MemoryStore(), start, [0, 0])).toThrow("index at the start");
  });

  test("a chunk that fails fails the shard, and nothing of it stays", async () => {
    const store = new MemoryStore();
    const array = new ZarrArray(store, "a", plain);
    await writeShards(store, array, new Map([["0,0", new Uint16Array(8).fill(1)]]));
    const writer = new ShardWriter(store, array, [0, 0]);
    const outcomes = await Promise.allSettled([
      writer.put([0, 0], new Uint16Array(8).fill(2)),
      writer.put([0, 1], new Uint16Array(7)),
      writer.put([1, 0], new Uint16Array(8)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(await faultOf(writer.finish())).toMatchObject({ kind: "invalid", found: "7 items of 2 bytes" });
    expect((await array.readChunk([0, 0]))![0]).toBe(1);
    await store.remove("a/c/0/0");
    await store.set("b", new Uint8Array(1));
    await store.move("b", "a");
  });
});

/** zarrita leaves pixels as they lie in the chunks, and says so in its strides. */
function inCOrder(pixels: PixelArray, shape: readonly number[], strides: readonly number[]): PixelArray {
  const ordered = pixels.slice();
  for (const [to, position] of coordsOf(shape).entries()) {
    ordered[to] = pixels[position.reduce((from, at, axis) => from + at * strides[axis]!, 0)]!;
  }
  return ordered;
}
