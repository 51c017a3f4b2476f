import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { isZipName, rootOfZip } from "../../../src/acquisition/open-acquisition.ts";
import { IsoluxError } from "../../../src/errors.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { objectsBelow } from "../../../src/zarr/store.ts";
import { ZipStore } from "../../../src/zarr/zip/zip-store.ts";

const text = (words: string) => new TextEncoder().encode(words);
const words = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const members = {
  ".zgroup": text("{}"),
  "0/.zarray": text("[1, 2]"),
  "0/c/0": text("abcdefghij".repeat(90)),
  "0/c/1": text(""),
};

async function opened(bytes: Uint8Array): Promise<ZipStore> {
  const store = new MemoryStore();
  await store.set("in/a.ozx", bytes);
  return await ZipStore.open(store, "in/a.ozx");
}

const zipped = (level: 0 | 9, more: Record<string, Uint8Array> = {}) => zipSync({ ...members, ...more }, { level });

/** An archive whose end is told as in one of more than 4 GB. */
function withEnd64(archive: Uint8Array): Uint8Array {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = archive.length - 22;
  const added = new Uint8Array(archive.length + 56 + 20);
  added.set(archive.subarray(0, end));
  added.set(archive.subarray(end), end + 76);
  const into = new DataView(added.buffer);
  into.setUint32(end, 0x06064b50, true);
  into.setBigUint64(end + 32, BigInt(view.getUint16(end + 10, true)), true);
  into.setBigUint64(end + 48, BigInt(view.getUint32(end + 16, true)), true);
  into.setUint32(end + 56, 0x07064b50, true);
  into.setBigUint64(end + 56 + 8, BigInt(end), true);
  into.setUint16(end + 76 + 10, 0xffff, true);
  into.setUint32(end + 76 + 16, 0xffffffff, true);
  return added;
}

describe("the members of a zip archive", () => {
  it.each([
    ["stored", zipped(0)],
    ["deflated", zipped(9)],
    ["with an end as in large archives", withEnd64(zipped(0))],
    ["with a comment", commented(zipped(0), '{"ome": {"version": "0.5"}}')],
  ])("%s are objects", async (_, archive) => {
    const store = await opened(archive);
    expect(store.location).toBe("memory:/in/a.ozx");
    expect(words(await store.get("0/.zarray"))).toBe("[1, 2]");
    expect(words(await store.get("0/c/0"))).toBe("abcdefghij".repeat(90));
    expect(words(await store.get("0/c/1"))).toBe("");
    expect(await store.get("0/c/2")).toBeUndefined();
    expect(await store.get("0")).toBeUndefined();
    expect(words(await store.getRange("0/c/0", { kind: "slice", offset: 12, length: 3 }))).toBe("cde");
    expect(words(await store.getRange("0/c/0", { kind: "suffix", length: 4 }))).toBe("ghij");
    expect(words(await store.getRange("0/.zarray", { kind: "slice", offset: 4, length: 100 }))).toBe("2]");
    expect(await store.getRange("nothing", { kind: "suffix", length: 4 })).toBeUndefined();
    expect(await store.list("")).toEqual([
      { name: ".zgroup", kind: "object" },
      { name: "0", kind: "folder" },
    ]);
    expect(await store.list("0/c")).toEqual([
      { name: "0", kind: "object" },
      { name: "1", kind: "object" },
    ]);
    expect(await store.list("1")).toEqual([]);
    expect(await store.facts("0/c/0")).toMatchObject({ bytes: 900 });
    expect(await store.facts("0/c")).toBeUndefined();
    expect(await rootOfZip(store)).toBe("");
  });

  it("of a single folder begin there", async () => {
    expect(await rootOfZip(await opened(zipSync({ "a.zarr/.zgroup": text("{}") })))).toBe("a.zarr");
    expect(await rootOfZip(await opened(zipSync({ "a/b": text("{}"), "c/d": text("{}") })))).toBe("");
  });

  it("are never read from outside, whatever their names are", async () => {
    const store = await opened(zipped(0, { "../../etc/passwd": text("x"), "/a//b": text("y") }));
    expect(words(await store.get("../../etc/passwd"))).toBe("x");
    expect(await store.list("0")).toHaveLength(2);
    expect((await store.list("")).map(({ name }) => name)).toEqual(["..", ".zgroup", "0"]);
    expect(await objectsBelow(store, "")).toContain("../../etc/passwd");
  });

  it("are listed folder by folder, also where names of others lie between those of a folder", async () => {
    const names = ["a-b/c", "a.b", "a/b", "a/c/d", "a", "a0/b"];
    const store = await opened(zipSync(Object.fromEntries(names.map((name) => [name, text("x")]))));
    expect(await store.list("")).toEqual([
      { name: "a", kind: "folder" },
      { name: "a-b", kind: "folder" },
      { name: "a.b", kind: "object" },
      { name: "a0", kind: "folder" },
    ]);
    expect(await store.list("a")).toEqual([
      { name: "b", kind: "object" },
      { name: "c", kind: "folder" },
    ]);
    expect(await store.list("a/b")).toEqual([]);
  });

  it("of many folders are listed in little memory and time", async () => {
    const many = Object.fromEntries(Array.from({ length: 3e4 }, (_, n) => [`labels/n${n}/0/0`, new Uint8Array(0)]));
    const store = await opened(zipSync(many, { level: 0 }));
    const before = process.memoryUsage().heapUsed;
    expect(await store.list("labels")).toHaveLength(3e4);
    expect(await store.list("labels/n7777")).toEqual([{ name: "0", kind: "folder" }]);
    // A map for each folder would take five times that
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20e6);
  });
});

function commented(archive: Uint8Array, comment: string): Uint8Array {
  const bytes = new Uint8Array([...archive, ...text(comment)]);
  new DataView(bytes.buffer).setUint16(archive.length - 2, comment.length, true);
  return bytes;
}

describe("archives that are refused", () => {
  const change = (at: (bytes: Uint8Array, view: DataView) => void, archive = zipped(0)) => {
    const bytes = archive.slice();
    at(bytes, new DataView(bytes.buffer));
    return bytes;
  };
  const end = zipped(0).length - 22;

  it.each([
    ["nothing", new Uint8Array(0), "This is not a zip archive"],
    ["text", text("no archive at all".repeat(9)), "This is not a zip archive"],
    ["one cut short", zipped(0).subarray(0, end - 30), "A zip archive is cut short"],
    ["one that begins late", change((_, view) => view.setUint32(end + 16, 7, true)), "damaged"],
    ["one whose directory lies beyond its end", change((_, view) => view.setUint32(end + 16, 1e6, true)), "damaged"],
    ["one of too many members", change((_, view) => view.setUint16(end + 10, 900, true)), "damaged"],
  ])("%s", async (_, archive, message) => {
    await expect(opened(archive)).rejects.toThrow(message);
  });

  it("a member whose bytes are others, beyond the end or far more than is said", async () => {
    const first = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes).indexOf("abcdefghij");
    const flipped = await opened(change((bytes) => (bytes[first(bytes) + 5]! ^= 1)));
    await expect(flipped.get("0/c/0")).rejects.toThrow("A zip archive is damaged (memory:/in/a.ozx/0/c/0)");
    const entry = (view: DataView) => view.getUint32(end + 16, true);
    const away = await opened(change((_, view) => view.setUint32(entry(view) + 42, 4e9, true)));
    await expect(away.get(".zgroup")).rejects.toThrow("damaged");
    const bomb = zipSync({ a: new Uint8Array(2 ** 20) }, { level: 9 });
    await expect((await opened(bomb)).get("a", { mostBytes: 1000 })).rejects.toThrow("too large");
    const liar = change((_, view) => view.setUint32(view.getUint32(bomb.length - 6, true) + 24, 4e9, true), bomb);
    await expect((await opened(liar)).get("a", { mostBytes: 5e9 })).rejects.toThrow(IsoluxError);
  });

  it("a part of a stored member that says two lengths, and of one that would take much to unpack", async () => {
    const part = { kind: "suffix", length: 4 } as const;
    const longer = await opened(change((_, view) => view.setUint32(view.getUint32(end + 16, true) + 24, 9, true)));
    await expect(longer.getRange(".zgroup", part)).rejects.toThrow("A zip archive is damaged");
    const small = zipSync({ a: new Uint8Array(1000) }, { level: 9 });
    const entry = (view: DataView) => view.getUint32(small.length - 6, true);
    const bomb = await opened(change((_, view) => view.setUint32(entry(view) + 24, 65 * 2 ** 20, true), small));
    await expect(bomb.getRange("a", part)).rejects.toThrow(/compressed once more.*zip -0/);
  });

  it("any damage ends in a sentence", async () => {
    const archive = zipped(9);
    for (let at = 0; at < archive.length; at++) {
      const damaged = archive.slice();
      damaged[at] = damaged[at]! ^ 0xff;
      try {
        const store = await opened(damaged);
        for (const key of Object.keys(members)) await store.get(key);
      } catch (cause) {
        expect(cause).toBeInstanceOf(IsoluxError);
      }
    }
  });
});

describe("images in archives that zarr-python and zipfile wrote", () => {
  it.each(["zarr.ozx", "folder.zarr.zip"])("%s", async (name) => {
    const { openAcquisition } = await import("../../../src/acquisition/open-acquisition.ts");
    const store = new MemoryStore();
    const path = fileURLToPath(new URL(`../../fixtures/zipped/${name}`, import.meta.url));
    await store.set(name, new Uint8Array(readFileSync(path)));
    expect(isZipName(name)).toBe(true);
    const { kind, acquisition } = await openAcquisition(store, name);
    expect(kind).toBe("mosaic");
    expect(acquisition.levels[0]!.shapeCzyx).toEqual([1, 2, 24, 40]);
    const pixels = await acquisition.levels[0]!.readBox(0, { start: [1, 22, 37], stop: [2, 24, 40] });
    expect([...pixels]).toEqual([1257, 1258, 1259, 1267, 1268, 1269]);
    const { documents, pixels: chunks } = await acquisition.sourceObjects();
    expect([documents.length, chunks.length > 0]).toEqual([2, true]);
  });
});
