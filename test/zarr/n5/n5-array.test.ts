/** Arrays of N5, written by tensorstore, zarr-python and lz4-java; see `make_fixtures.py` beside them. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { readBox } from "../../../src/zarr/box.ts";
import { xxHash32 } from "../../../src/zarr/codecs/lz4-stream.ts";
import { encodeJson } from "../../../src/zarr/json.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { describeCodec } from "../../../src/zarr/metadata/metadata.ts";
import { openN5Array } from "../../../src/zarr/n5/n5-array.ts";

const files: Record<string, string> = JSON.parse(
  readFileSync(new URL("../../fixtures/n5/n5.json", import.meta.url), "utf8"),
);

async function fixtures(): Promise<MemoryStore> {
  const store = new MemoryStore("n5");
  for (const [key, text] of Object.entries(files)) await store.set(key, new Uint8Array(Buffer.from(text, "base64")));
  return store;
}

const [planes, rows, columns] = [5, 6, 9];
const valueAt = (z: number, y: number, x: number) => 1000 * z + 100 * y + x;
const values = Array.from({ length: planes * rows * columns }, (_, n) =>
  valueAt(Math.floor(n / (rows * columns)), Math.floor(n / columns) % rows, n % columns),
);

describe("an array of N5", () => {
  it.each([
    ["raw", "uint16"],
    ["gzip", "uint16"],
    ["zlib", "uint16"],
    ["zstd", "uint16"],
    ["blosc", "uint16"],
    ["lz4", "uint16"],
    ["zarr-raw", "uint16"],
    ["zarr-gzip", "uint16"],
    ["bytes", "uint8"],
    ["floats", "float32"],
    ["signed", "int16"],
  ])("%s", async (name, type) => {
    const array = (await openN5Array(await fixtures(), name))!;
    expect(array.metadata).toMatchObject({ shape: [5, 6, 9], chunkShape: [2, 4, 5], type });
    const pixels = await readBox(array, [0, 0, 0], [planes, rows, columns]);
    const stored = { uint16: (value: number) => value + 60000, uint8: (value: number) => value % 251 };
    expect([...pixels]).toEqual(values.map(stored[type as keyof typeof stored] ?? ((value) => value)));
    const box = await readBox(array, [1, 3, 4], [3, 5, 6]);
    expect(box).toHaveLength(8);
    expect(box[1]! - box[0]!).toBe(1);
    expect(describeCodec(array.metadata)).toMatch(/in blocks of N5$/);
  });

  it("reads blocks that are missing as 0", async () => {
    const store = await fixtures();
    await store.remove("raw/0/0/1");
    const pixels = await readBox((await openN5Array(store, "raw"))!, [0, 0, 0], [4, 1, 1]);
    expect([...pixels]).toEqual([60000, 61000, 0, 0]);
  });

  it("knows the older name of a compression, and that a group is none", async () => {
    const store = await fixtures();
    await store.set(
      "old/attributes.json",
      encodeJson({ dimensions: [9], blockSize: [5], dataType: "uint8", compressionType: "raw" }),
    );
    await store.set("group/attributes.json", encodeJson({ downsamplingFactors: [[1, 1, 1]] }));
    expect((await openN5Array(store, "old"))?.metadata.codec).toMatchObject({ of: { kind: "none" } });
    expect(await openN5Array(store, "group")).toBeUndefined();
    expect(await openN5Array(store, "nothing")).toBeUndefined();
  });

  it.each([
    ["bzip2", {}, "unsupported", 'compression of this N5 array is not read (n5/bzip2/attributes.json): found "bzip2"'],
    ["xz", {}, "unsupported", 'found "xz"'],
    ["raw", { dataType: "uint64" }, "unsupported", "pixel type of this N5 array is not read"],
    ["raw", { compression: undefined }, "unsupported", "found none"],
    ["raw", { blockSize: [5, 4] }, "corrupt", "blockSize"],
    ["raw", { blockSize: [5, 4, 0] }, "corrupt", "blockSize"],
    ["raw", { blockSize: [50000, 40000, 20] }, "unsupported", "size of the chunks"],
    ["raw", { dimensions: [9, -6, 5] }, "corrupt", "shape"],
    ["raw", { dimensions: "9" }, "corrupt", "shape"],
    ["blosc", { compression: { type: "blosc", cname: "no" } }, "unsupported", "Blosc compressor"],
  ])("%s with %j is refused", async (name, change, kind, text) => {
    const store = await fixtures();
    const attributes = JSON.parse(Buffer.from(files[`${name}/attributes.json`]!, "base64").toString());
    await store.set(`${name}/attributes.json`, encodeJson({ ...attributes, ...change }));
    await expect(openN5Array(store, name)).rejects.toMatchObject({ kind, message: expect.stringContaining(text) });
  });

  it.each(["raw", "gzip", "zstd", "blosc", "lz4"])(
    "%s cut short, or longer, is refused at every length",
    async (name) => {
      const store = await fixtures();
      const block = (await store.get(`${name}/0/0/0`))!;
      const read = async () => await readBox((await openN5Array(store, name))!, [0, 0, 0], [1, 1, 1]);
      // Only the empty block at the end of a stream of LZ4 blocks is of no consequence
      const enough = name === "lz4" ? block.length - 21 : block.length;
      for (let length = 0; length <= block.length + 1; length++) {
        const bytes = new Uint8Array(length);
        bytes.set(block.subarray(0, length));
        await store.set(`${name}/0/0/0`, bytes);
        if (length === enough || length === block.length) expect(await read()).toHaveLength(1);
        else await expect(read()).rejects.toMatchObject({ kind: "corrupt", where: expect.stringContaining("0/0/0") });
      }
    },
  );

  it.each([
    ["another mode", [0, 2], "mode 2"],
    ["too few axes", [0, 0, 0, 2], "2 axes"],
    ["a block that is too wide", [0, 0, 0, 3, 0, 0, 0, 6], "a block of 2 x 4 x 6"],
    ["an empty block", [0, 0, 0, 3, 0, 0, 0, 0], "a block of 2 x 4 x 0"],
    ["another number of items", [0, 1, 0, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 41], "41 items"],
  ])("a header with %s is refused", async (_, start, found) => {
    const store = await fixtures();
    const block = (await store.get("raw/0/0/0"))!.slice();
    block.set(start);
    await store.set("raw/0/0/0", block);
    const failure = await readBox((await openN5Array(store, "raw"))!, [0, 0, 0], [1, 1, 1]).catch((cause) => cause);
    expect(failure).toBeInstanceOf(IsoluxError);
    expect(failure.message).toContain(found);
  });

  it("a changed byte of a stream of LZ4 blocks is noticed by its checksum", async () => {
    const store = await fixtures();
    const block = (await store.get("lz4/0/0/0"))!.slice();
    block[block.length - 30]! ^= 1;
    await store.set("lz4/0/0/0", block);
    await expect(readBox((await openN5Array(store, "lz4"))!, [0, 0, 0], [1, 1, 1])).rejects.toMatchObject({
      kind: "corrupt",
    });
  });
});

it("hashes as the specification of XXH32 does", () => {
  const text = (words: string) => new TextEncoder().encode(words);
  // By the package xxhash of Python
  expect(xxHash32(text(""), 0)).toBe(0x02cc5d05);
  expect(xxHash32(text("Nobody inspects the spammish repetition"), 0)).toBe(0xe2293b2f);
});
