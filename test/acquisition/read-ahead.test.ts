import { describe, expect, it } from "vitest";
import { Level } from "../../src/acquisition/level.ts";
import { ReadAhead } from "../../src/acquisition/read-ahead.ts";
import { IsoluxError } from "../../src/errors.ts";
import type { Czyx } from "../../src/shapes.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { writeArray } from "./write-image.ts";

const order: readonly Czyx[] = [0, 1, 2].map((x) => [0, 0, 0, x] as const);
const encoded = () => new Uint8Array(4096);

/** Three chunks of 8 pixels, all of one value: 0, 1 and 2. `keys` tells which were asked for, in turn. */
async function threeChunks() {
  const store = new MemoryStore();
  const pixels = Uint16Array.from({ length: 24 }, (_, x) => Math.floor(x / 8) + 1);
  const array = await writeArray(store, "a", {
    shape: [1, 1, 1, 24],
    chunkShape: [1, 1, 1, 8],
    type: "uint16",
    pixels,
  });
  const keys: string[] = [];
  const get = store.get.bind(store);
  store.get = async (key, ...rest) => {
    keys.push(key.at(-1)!);
    return get(key, ...rest);
  };
  const level = new Level(array, [1, 1, 1]);
  const ahead = new ReadAhead(level);
  const read = async (chunk: Czyx) => (await ahead.read(chunk, {}))?.[0];
  return { store, keys, ahead, read };
}

describe("reading ahead", () => {
  it("begins the next chunk of the order, and reads each once", async () => {
    const { keys, ahead, read } = await threeChunks();
    await ahead.start(order);
    const found: unknown[] = [];
    for (const chunk of order) {
      found.push(await read(chunk));
      ahead.begin(encoded());
      // Nothing is left to begin after the last one
      found.push(keys.join(""));
    }
    expect(found).toEqual([1, "01", 2, "012", 3, "012"]);
  });

  it("forgets what was begun where another chunk is read, or another order starts", async () => {
    const { keys, ahead, read } = await threeChunks();
    await ahead.start(order);
    ahead.begin(encoded());
    expect(await read(order[0]!)).toBe(1);
    expect(await read(order[1]!)).toBe(2);
    expect(keys.join("")).toBe("101");
    ahead.begin(encoded());
    await ahead.start(order);
    expect(await read(order[2]!)).toBe(3);
    expect(keys.join("")).toBe("10122");
  });

  it("tells of a failure whoever reads the chunk, and nobody else", async () => {
    const { store, ahead, read } = await threeChunks();
    await ahead.start(order);
    const { get } = store;
    store.get = async (key) => {
      throw new IsoluxError({ kind: "storage", what: "This cannot be read", where: key });
    };
    ahead.begin(encoded());
    await new Promise((resolve) => setTimeout(resolve));
    await expect(read(order[1]!)).rejects.toMatchObject({ kind: "storage" });
    await ahead.start(order);
    ahead.begin(encoded());
    await new Promise((resolve) => setTimeout(resolve));
    store.get = get;
    expect(await read(order[0]!)).toBe(1);
  });
});
