import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IsoluxError } from "../../src/errors.ts";
import { allocatePixels, elementCount, type PixelArray } from "../../src/shapes.ts";
import { openArray, ZarrArray } from "../../src/zarr/array.ts";
import { readBox } from "../../src/zarr/box.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { writeArrayMetadata } from "../../src/zarr/metadata/document.ts";
import { type ArrayMetadata, bloscInnerCodecs, type Codec } from "../../src/zarr/metadata/metadata.ts";
import { plainMetadata } from "../support/plain-metadata.ts";
import { makePixels, pixelKinds } from "./pixels.ts";
import { expectSamePixels } from "./same-pixels.ts";

const codecs: readonly Codec[] = [
  { kind: "none" },
  { kind: "zstd", level: 1 },
  { kind: "gzip", level: 1 },
  { kind: "zlib", level: 6 },
  { kind: "lz4", acceleration: 1 },
  ...bloscInnerCodecs.flatMap((inner) =>
    (["none", "byte", "bit", "auto"] as const).map(
      (shuffle): Codec => ({ kind: "blosc", inner, level: 5, shuffle, blockBytes: 0 }),
    ),
  ),
];

const plain = plainMetadata([4, 6], [2, 4], { separator: "." });

const anyMetadata: fc.Arbitrary<ArrayMetadata> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 5 })
  .chain((axes) =>
    fc.record({
      zarrFormat: fc.constant(2 as const),
      shape: fc.constant(axes.map(([extent]) => extent)),
      chunkShape: fc.constant(axes.map(([, chunk]) => chunk)),
      type: fc.constantFrom("uint8", "uint16", "float32"),
      byteOrder: fc.constantFrom("little", "big"),
      order: fc.constantFrom("C", "F"),
      fillValue: fc.constantFrom(0, 7, null),
      separator: fc.constantFrom(".", "/"),
      codec: fc.constantFrom(...codecs),
    }),
  );

function coordsOf(grid: readonly number[]): number[][] {
  return grid.reduce<number[][]>(
    (heads, length) => heads.flatMap((head) => Array.from({ length }, (_, at) => [...head, at])),
    [[]],
  );
}

/** The pixel at a position, found in its chunk without any of the code under test. */
function pixelAt(chunks: ReadonlyMap<string, PixelArray>, array: ZarrArray, position: readonly number[]): number {
  const { chunkShape } = array.metadata;
  const coords = position.map((at, axis) => Math.floor(at / chunkShape[axis]!));
  const chunk = chunks.get(coords.join());
  return (
    chunk?.[position.reduce((index, at, axis) => index * chunkShape[axis]! + (at % chunkShape[axis]!), 0)] ??
    array.fillValue
  );
}

describe("an array", () => {
  test("of any kind gives back what was written, chunk by chunk and box by box", async () => {
    await fc.assert(
      fc.asyncProperty(anyMetadata, fc.constantFrom(...pixelKinds), fc.nat(1000), async (metadata, kind, seed) => {
        const store = new MemoryStore();
        await writeArrayMetadata(store, "raw/0", metadata);
        const array = await openArray(store, "raw/0");
        expect(array.metadata).toEqual(metadata.type === "uint8" ? { ...metadata, byteOrder: "little" } : metadata);
        const chunks = new Map<string, PixelArray>();
        for (const [index, coords] of coordsOf(array.chunkGrid).entries()) {
          if ((index + seed) % 4 === 0) continue;
          const pixels = makePixels(metadata.type, array.chunkLength, kind, seed + index);
          chunks.set(coords.join(), pixels);
          const before = pixels.slice();
          await store.set(array.chunkKey(coords), await array.encodeChunk(pixels));
          expectSamePixels(pixels, before);
          expectSamePixels((await array.readChunk(coords))!, pixels);
        }
        const stop = metadata.shape.map((extent, axis) => extent - ((seed + axis) % Math.min(3, extent)));
        const start = stop.map((end, axis) => (seed + 3 * axis) % end);
        const shape = stop.map((end, axis) => end - start[axis]!);
        const expected = allocatePixels(metadata.type, elementCount(shape));
        for (const [at, offset] of coordsOf(shape).entries()) {
          expected[at] = pixelAt(
            chunks,
            array,
            offset.map((o, axis) => o + start[axis]!),
          );
        }
        expectSamePixels(await readBox(array, start, stop), expected);
      }),
      { numRuns: 150 },
    );
  });

  test("has the chunk keys of the specification", () => {
    expect(new ZarrArray(new MemoryStore(), "a/b", plain).chunkKey([1, 0])).toBe("a/b/1.0");
    expect(new ZarrArray(new MemoryStore(), "", { ...plain, separator: "/" }).chunkKey([1, 0])).toBe("1/0");
    expect(new ZarrArray(new MemoryStore(), "", plain).chunkGrid).toEqual([2, 2]);
    for (const coords of [[2, 0], [0], [0, 0, 0], [-1, 0], [0.5, 0]]) {
      expect(() => new ZarrArray(new MemoryStore(), "a", plain).chunkKey(coords)).toThrow(IsoluxError);
    }
  });

  test("in F order has its first axis fastest in the chunk's bytes", async () => {
    const array = new ZarrArray(new MemoryStore(), "", { ...plain, shape: [2, 3], chunkShape: [2, 3], order: "F" });
    const encoded = await array.encodeChunk(Uint16Array.of(1, 2, 3, 4, 5, 6));
    expect([...new Uint16Array(encoded.buffer)]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  test("of big-endian numbers has their high bytes first", async () => {
    const array = new ZarrArray(new MemoryStore(), "", { ...plain, chunkShape: [1, 2], byteOrder: "big" });
    expect([...(await array.encodeChunk(Uint16Array.of(1, 0x0203)))]).toEqual([0, 1, 2, 3]);
  });

  test("names the full key of a broken chunk", async () => {
    const store = new MemoryStore("/data/my.zarr");
    for (const codec of codecs) {
      const array = new ZarrArray(store, "raw/0", { ...plain, codec });
      await store.set("raw/0/1.0", (await array.encodeChunk(new Uint16Array(8).fill(3))).slice(0, -1));
      const error = await array.readChunk([1, 0]).then(
        () => undefined,
        (reason: unknown) => reason as IsoluxError,
      );
      expect(error, JSON.stringify(codec)).toMatchObject({ kind: "corrupt", where: "/data/my.zarr/raw/0/1.0" });
    }
  });

  test("holds empty objects to be broken chunks", async () => {
    const store = new MemoryStore();
    await store.set("0.0", new Uint8Array(0));
    for (const codec of codecs) {
      await expect(new ZarrArray(store, "", { ...plain, codec }).readChunk([0, 0])).rejects.toThrow("damaged");
    }
  });

  test("reads every chunk of a box once", async () => {
    const store = new MemoryStore();
    const array = new ZarrArray(store, "", plain);
    for (const coords of coordsOf([2, 2])) {
      await store.set(array.chunkKey(coords), await array.encodeChunk(new Uint16Array(8).fill(1)));
    }
    const keys: string[] = [];
    const counted = (key: string) => {
      keys.push(key);
      return store.get(key);
    };
    const counting = Object.create(store, { get: { value: counted } });
    await readBox(new ZarrArray(counting, "", plain), [1, 1], [3, 5]);
    expect(keys.sort()).toEqual(["0.0", "0.1", "1.0", "1.1"]);
  });

  test("gives pixels that own their memory, to change or to hand on", async () => {
    const store = new MemoryStore();
    for (const codec of codecs) {
      const coded = new ZarrArray(store, "", { ...plain, codec });
      await store.set("0.0", await coded.encodeChunk(new Uint16Array(8).fill(5)));
      expect((await coded.readChunk([0, 0]))!.buffer.byteLength).toBe(16);
    }
    const array = new ZarrArray(store, "", plain);
    await store.set("0.0", await array.encodeChunk(new Uint16Array(8).fill(5)));
    (await array.readChunk([0, 0]))!.fill(9);
    expect((await array.readChunk([0, 0]))![0]).toBe(5);
  });

  test("refuses boxes outside of it and pixels of another chunk", async () => {
    const array = new ZarrArray(new MemoryStore(), "", plain);
    await expect(readBox(array, [0, 0], [5, 6])).rejects.toThrow("[0, 0] to [5, 6], expected within [4, 6]");
    await expect(readBox(array, [2, 0], [1, 6])).rejects.toBeInstanceOf(IsoluxError);
    await expect(readBox(array, [0], [1])).rejects.toBeInstanceOf(IsoluxError);
    await expect(array.encodeChunk(new Uint16Array(7))).rejects.toThrow("found 7 items of 2 bytes");
    await expect(array.encodeChunk(new Uint8Array(8))).rejects.toBeInstanceOf(IsoluxError);
    expect((await readBox(array, [2, 2], [2, 6])).length).toBe(0);
  });
});

describe("opening", () => {
  const zgroup = new TextEncoder().encode('{"zarr_format": 2}');

  test.each([
    [".zgroup", "not-found", "no array (memory:/raw): expected a .zarray or zarr.json document."],
    ["zarr.json", "corrupt", "wrong in their zarr_format (memory:/raw/zarr.json): found 2, expected 3"],
    ["other", "not-found", "There is no Zarr array (memory:/raw)"],
  ])("a folder with only %s is %s", async (name, kind, message) => {
    const store = new MemoryStore();
    await store.set(`raw/${name}`, zgroup);
    const error = await openArray(store, "raw").catch((reason: unknown) => reason as IsoluxError);
    expect(error).toMatchObject({ kind });
    expect((error as IsoluxError).message).toContain(message);
  });

  test("a folder with documents of both versions is taken for the newer, unless one is asked for", async () => {
    const store = new MemoryStore();
    const newer: ArrayMetadata = { ...plain, zarrFormat: 3, keyEncoding: "v2", shape: [5, 5], attributes: {} };
    for (const metadata of [plain, newer]) await writeArrayMetadata(store, "raw", metadata);
    expect((await openArray(store, "raw")).metadata).toEqual(newer);
    expect((await openArray(store, "raw", 3)).metadata).toEqual(newer);
    expect((await openArray(store, "raw", 2)).metadata).toEqual(plain);
    await store.set("raw/zarr.json", new TextEncoder().encode('{"zarr_format": 3, "node_type": "group"}'));
    expect((await openArray(store, "raw")).metadata).toEqual(plain);
    await store.remove("raw/.zarray");
    await expect(openArray(store, "raw")).rejects.toMatchObject({
      kind: "not-found",
      what: "This is a Zarr group and no array",
    });
    await expect(openArray(store, "raw", 2)).rejects.toMatchObject({ expected: "a .zarray document" });
  });

  test("chunk keys of version 3 begin with a letter", () => {
    const keyOf = (changes: Partial<ArrayMetadata>) =>
      new ZarrArray(new MemoryStore(), "a", { ...plain, zarrFormat: 3, keyEncoding: "default", ...changes });
    expect(keyOf({}).chunkKey([1, 0])).toBe("a/c.1.0");
    expect(keyOf({ separator: "/" }).chunkKey([1, 0])).toBe("a/c/1/0");
    expect(keyOf({ separator: "/", keyEncoding: "v2" }).chunkKey([1, 0])).toBe("a/1/0");
    const sharded = keyOf({ separator: "/", chunkShape: [1, 2], shardShape: [2, 4] });
    expect(sharded.chunkKey([3, 1])).toBe("a/c/1/0");
    expect(sharded.objectKey([1, 0])).toBe("a/c/1/0");
    expect([sharded.chunkGrid, sharded.objectGrid, sharded.chunksPerObject]).toEqual([
      [4, 3],
      [2, 2],
      [2, 2],
    ]);
  });

  test.each([["{"], [""], ['{"shape": NaN}'], ["\u00ff\u00fe"]])("metadata %j are corrupt", async (text) => {
    const store = new MemoryStore();
    await store.set(
      "raw/.zarray",
      Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
    );
    const error = await openArray(store, "raw").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: "corrupt", where: "memory:/raw/.zarray" });
  });
});

describe("a chunk whose reading has begun", () => {
  const buffer = () => new Uint8Array(64);

  async function written() {
    const store = new MemoryStore();
    await writeArrayMetadata(store, "a", plain);
    const array = await openArray(store, "a");
    for (const [x, key] of ["a/0.0", "a/0.1"].entries()) {
      await store.set(key, await array.encodeChunk(new Uint16Array(8).fill(x + 1)));
    }
    return { store, array };
  }

  test("is read once", async () => {
    const { store, array } = await written();
    const begun = array.beginChunk([0, 1], buffer());
    await store.set("a/0.1", await array.encodeChunk(new Uint16Array(8).fill(9)));
    expect((await array.readChunk([0, 1], {}, begun))![0]).toBe(2);
    expect((await array.readChunk([0, 1]))![0]).toBe(9);
  });

  test("may be missing, and is then not looked for again", async () => {
    const { store, array } = await written();
    const begun = array.beginChunk([1, 1], buffer());
    await store.set("a/1.1", await array.encodeChunk(new Uint16Array(8).fill(9)));
    expect(await array.readChunk([1, 1], {}, begun)).toBeUndefined();
  });

  test("tells of its failure whoever reads it", async () => {
    const { store, array } = await written();
    store.get = async (key) => {
      throw new IsoluxError({ kind: "storage", what: "This cannot be read", where: key });
    };
    await expect(array.readChunk([0, 1], {}, array.beginChunk([0, 1], buffer()))).rejects.toMatchObject({
      kind: "storage",
    });
  });
});
