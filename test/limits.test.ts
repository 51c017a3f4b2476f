import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { IsoluxError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import { inflateAtMost, setDeflate } from "../src/zarr/codecs/gzip.ts";
import { inflateUpTo } from "../src/zarr/codecs/inflate-up-to.ts";
import { copyObject, digestObject } from "../src/zarr/copy-object.ts";
import { useNodeDeflate } from "../src/zarr/deflate-node.ts";
import { DirectoryStore } from "../src/zarr/disk/directory-store-node.ts";
import { readJson } from "../src/zarr/json.ts";
import { MemoryStore } from "../src/zarr/memory-store.ts";
import { HttpStore } from "../src/zarr/remote/http-store.ts";
import { processorMs } from "./support/processor-time.ts";
import { serve, type WebServer } from "./zarr/remote/web-server.ts";

const folder = mkdtempSync(join(tmpdir(), "isolux-limits-"));
const servers: WebServer[] = [];
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** What memory the process holds more than before, at most, while something is done. */
async function memoryOf(task: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  await task();
  return process.memoryUsage().rss - before;
}

async function store(answer: (response: ServerResponse) => void): Promise<HttpStore> {
  const server = await serve((_, response) => answer(response));
  servers.push(server);
  return new HttpStore(server.url, { tries: 1 });
}

describe("an object that is larger than any of its kind", () => {
  it("is not read from a disk: the documents of images, and chunks", async () => {
    writeFileSync(join(folder, ".zattrs"), "{}");
    truncateSync(join(folder, ".zattrs"), 2 ** 31 - 2);
    const disk = new DirectoryStore(folder);
    const grown = await memoryOf(async () => {
      await expect(readJson(disk, ".zattrs")).rejects.toMatchObject({
        kind: "corrupt",
        where: `${disk.location}/.zattrs`,
      });
      await expect(disk.get(".zattrs", { mostBytes: 100, buffer: new Uint8Array(10) })).rejects.toThrow("at most 100");
    });
    expect(grown).toBeLessThan(100e6);
  });

  it("is not read from memory", async () => {
    const memory = new MemoryStore();
    await memory.set("a", new Uint8Array(11));
    await expect(memory.get("a", { mostBytes: 10 })).rejects.toMatchObject({ kind: "corrupt" });
    expect(await memory.get("a", { mostBytes: 11 })).toHaveLength(11);
  });

  it("is not taken from a server that sends without an end", async () => {
    const endless = await store((response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(new Uint8Array(2 ** 16)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const grown = await memoryOf(() => expect(endless.get(".zattrs")).rejects.toThrow(`at most ${limits.metadata}`));
    expect(grown).toBeLessThan(200e6);
  });

  it("is not taken from a server whose answer unpacks to it", async () => {
    const packed = gzipSync(new Uint8Array(64 * 2 ** 20));
    const bomb = await store((response) => response.writeHead(200, { "content-encoding": "gzip" }).end(packed));
    await expect(bomb.get("0/0/0", { mostBytes: 1e5 })).rejects.toThrow("at most 100000 bytes");
  });
});

describe("objects in pieces", () => {
  it.each([0, 1, limits.piece - 1, limits.piece, limits.piece + 1, 2 * limits.piece + 5])(
    "are copied whole, %i bytes",
    async (length) => {
      const [from, to] = [new MemoryStore(), new MemoryStore()];
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 997) bytes[at] = at % 253;
      await from.set("a", bytes);
      expect(await copyObject({ store: from, key: "a" }, { store: to, key: "b" })).toBe(true);
      expect(Buffer.compare((await to.get("b", { mostBytes: limits.object }))!, bytes)).toBe(0);
    },
  );

  it("are not made of nothing", async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    expect(await copyObject({ store: from, key: "a" }, { store: to, key: "b" })).toBe(false);
    expect(await to.get("b")).toBeUndefined();
    expect(await digestObject({ store: from, key: "a" })).toBeUndefined();
  });

  it("have another digest with any byte", async () => {
    const memory = new MemoryStore();
    const bytes = new Uint8Array(limits.piece + 9);
    const digest = async () => {
      await memory.set("a", bytes);
      return await digestObject({ store: memory, key: "a" });
    };
    const before = await digest();
    bytes[limits.piece + 8] = 1;
    expect(await digest()).not.toBe(before);
  });
});

describe("inflating", () => {
  it("gives back what was deflated, in either frame, with any number of bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 1, max: 255 }), (length, mask) => {
        const bytes = Uint8Array.from({ length }, (_, at) => (Math.imul(at, 2654435761) >>> 11) & mask);
        expect(
          Buffer.compare(
            inflateUpTo(deflateRawSync(bytes), "raw", () => length),
            bytes,
          ),
        ).toBe(0);
        expect(
          Buffer.compare(
            inflateUpTo(deflateSync(bytes), "zlib", () => length),
            bytes,
          ),
        ).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ["the portable engine", () => setDeflate()],
    ["that of Node", useNodeDeflate],
  ])("tells a zlib stream that holds more, less or is broken, by %s", (_, use) => {
    use();
    try {
      const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => (at * at) % 251);
      const packed = deflateSync(bytes);
      expect(Buffer.compare(inflateAtMost(packed, bytes.length), bytes)).toBe(0);
      expect(inflateAtMost(packed, bytes.length + 9).length).toBe(bytes.length);
      for (const fewer of [1, 90_000]) {
        let length: number | undefined;
        try {
          length = inflateAtMost(packed, bytes.length - fewer).length;
        } catch {}
        // It fails, or says that there is more
        expect(length ?? bytes.length).toBeGreaterThan(bytes.length - fewer);
      }
      expect(() => inflateAtMost(packed.subarray(0, -20), bytes.length)).toThrow();
      expect(() => inflateAtMost(packed.subarray(2), bytes.length)).toThrow();
    } finally {
      setDeflate();
    }
  });

  it("refuses a stream that is cut anywhere", () => {
    const packed = deflateRawSync(Uint8Array.from({ length: 400 }, (_, at) => (at * at) % 251));
    for (let end = 0; end < packed.length; end++) {
      expect(() => inflateUpTo(packed.subarray(0, end), "raw", () => 400), `cut at ${end}`).toThrow();
    }
  });

  it("stops soon after what is wanted", () => {
    const bomb = deflateRawSync(new Uint8Array(2 ** 28));
    const ms = processorMs(() => expect(inflateUpTo(bomb, "raw", () => 1).length).toBeLessThan(2 ** 25));
    expect(ms).toBeLessThan(2000);
  });
});

it("what a message tells of a file is not longer than people read", () => {
  const error = new IsoluxError({ kind: "corrupt", what: "A", where: "b".repeat(1e6), found: "c".repeat(1e6) });
  expect(error.message.length).toBeLessThan(5000);
  expect(error.message).toMatch(/^A \(b+\.\.\.\): found c+\.\.\.\. Copy it again from its source, or /);
});

it("what is damaged says what to do, by its kind where it has nothing of its own", () => {
  const corrupt = { kind: "corrupt", what: "A page has no pixels" } as const;
  expect(new IsoluxError(corrupt).advice).toMatch(/^Copy it again from its source, or make it again/);
  const message = "A page has no pixels. Take another.";
  expect(new IsoluxError({ ...corrupt, advice: "Take another" })).toMatchObject({ advice: "Take another", message });
  expect(new IsoluxError({ ...corrupt, kind: "invalid" }).advice).toBeUndefined();
});
