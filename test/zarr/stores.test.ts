/** What every store keeps to, and what only folders do. */

import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { IsoluxError } from "../../src/errors.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { storageFault } from "../../src/zarr/disk/faults-node.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { joinKey, objectsBelow, unfinishedKey, type WritableStore } from "../../src/zarr/store.ts";
import { onDisk } from "../support/disk.ts";

let folder = "";

beforeEach(() => {
  folder = fs.mkdtempSync(join(onDisk, "isolux-store-"));
});

afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true, force: true });
});

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe.each(["memory", "folder"])("a store in a %s", (kind) => {
  let store: WritableStore;

  beforeEach(() => {
    store = kind === "memory" ? new MemoryStore() : new DirectoryStore(join(folder, "new", "store"));
  });

  test("gives back what was set, in bytes of the caller's own", async () => {
    const content = bytes(1, 2, 3);
    await store.set("a/b/c", content);
    content.fill(9);
    const first = (await store.get("a/b/c"))!;
    expect(first).toEqual(bytes(1, 2, 3));
    expect(first.constructor).toBe(Uint8Array);
    first.fill(7);
    expect(await store.get("a/b/c")).toEqual(bytes(1, 2, 3));
    await store.set("a/b/c", bytes(4));
    expect(await store.get("a/b/c")).toEqual(bytes(4));
  });

  test("has nothing where nothing was set", async () => {
    await store.set("a/b", bytes(1));
    for (const key of ["b", "a", "a/b/c", "a/c"]) {
      expect(await store.get(key), key).toBeUndefined();
      expect(await store.facts(key), key).toBeUndefined();
      expect(await store.getRange(key, { kind: "suffix", length: 2 }), key).toBeUndefined();
    }
    expect(await store.list("nowhere")).toEqual([]);
    expect(await store.list("a/b")).toEqual([]);
    await store.remove("nowhere");
    await store.remove("a/b/c/d");
    expect(await store.get("a/b")).toEqual(bytes(1));
  });

  test("gives parts, clipped to the end", async () => {
    await store.set("a", bytes(0, 1, 2, 3, 4));
    expect(await store.getRange("a", { kind: "slice", offset: 1, length: 2 })).toEqual(bytes(1, 2));
    expect(await store.getRange("a", { kind: "slice", offset: 3, length: 9 })).toEqual(bytes(3, 4));
    expect(await store.getRange("a", { kind: "slice", offset: 9, length: 9 })).toEqual(bytes());
    expect(await store.getRange("a", { kind: "suffix", length: 2 })).toEqual(bytes(3, 4));
    expect(await store.getRange("a", { kind: "suffix", length: 9 })).toEqual(bytes(0, 1, 2, 3, 4));
  });

  test("lists folders in order", async () => {
    for (const key of ["a/10", "a/9", "a/.zattrs", "a/c/0/0", "b"]) await store.set(key, bytes(1));
    expect(await store.list("")).toEqual([
      { name: "a", kind: "folder" },
      { name: "b", kind: "object" },
    ]);
    expect(await store.list("a")).toEqual([
      { name: ".zattrs", kind: "object" },
      { name: "10", kind: "object" },
      { name: "9", kind: "object" },
      { name: "c", kind: "folder" },
    ]);
  });

  test("knows sizes and times", async () => {
    await store.set("a", bytes(1, 2, 3));
    const facts = (await store.facts("a"))!;
    expect(facts.bytes).toBe(3);
    expect(Math.abs(facts.modifiedMs - Date.now())).toBeLessThan(60_000);
  });

  test("appends and creates", async () => {
    await store.append("log/a", bytes(1));
    await store.append("log/a", bytes(2, 3));
    expect(await store.get("log/a")).toEqual(bytes(1, 2, 3));
    expect(await store.create("lock/a", bytes(1))).toBe(true);
    expect(await store.create("lock/a", bytes(2))).toBe(false);
    expect(await store.get("lock/a")).toEqual(bytes(1));
  });

  test("touches what is there, and changes nothing else about it", async () => {
    await store.set("a", bytes(1, 2, 3));
    const before = (await store.facts("a"))!.modifiedMs;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await store.touch("a")).toBe(true);
    expect((await store.facts("a"))!.modifiedMs).toBeGreaterThan(before);
    expect(await store.get("a")).toEqual(bytes(1, 2, 3));
    expect(await store.touch("b")).toBe(false);
    expect(await store.get("b")).toBeUndefined();
  });

  test("moves and removes objects and folders", async () => {
    await store.set("a/x/1", bytes(1));
    await store.set("a/x/2", bytes(2));
    await store.set("a/xy", bytes(3));
    await store.move("a/x", "b/c/x");
    expect(await store.get("b/c/x/2")).toEqual(bytes(2));
    expect(await store.get("a/x/2")).toBeUndefined();
    expect(await store.get("a/xy")).toEqual(bytes(3));
    await expect(store.move("a/xy", "b/c")).rejects.toMatchObject({ kind: "storage" });
    await expect(store.move("nothing", "d")).rejects.toMatchObject({ kind: "storage" });
    await store.remove("b");
    expect(await store.list("b")).toEqual([]);
    await store.remove("a/xy");
    expect(await store.get("a/xy")).toBeUndefined();
  });
});

describe.each(["memory", "folder"])("unfinished objects in a %s", (kind) => {
  test("are not listed, take the place of others, are given up or swept up", async () => {
    const store: WritableStore = kind === "memory" ? new MemoryStore() : new DirectoryStore(folder);
    const [finished, given] = [store.begin("a/b/1", 9), store.begin("a/b/1", 9)];
    const left = unfinishedKey("a/b/0");
    await store.append(left, bytes(1, 2));
    for (const writer of [finished, given]) await writer.append(bytes(1, 2));
    await store.set("a/b/1", bytes(3));
    expect(await store.list("a/b")).toEqual([{ name: "1", kind: "object" }]);
    await given.discard();
    expect(await store.get("a/b/1")).toEqual(bytes(3));
    await finished.append(bytes(4));
    await finished.finish();
    expect(await store.get("a/b/1")).toEqual(bytes(1, 2, 4));
    await expect(given.finish()).rejects.toMatchObject({ kind: "storage" });
    await store.sweep("a/c");
    expect(await store.get(left)).toEqual(bytes(1, 2));
    await store.sweep("a");
    expect(await store.get(left)).toBeUndefined();
    expect(await store.get("a/b/1")).toEqual(bytes(1, 2, 4));
  });
});

describe("a folder", () => {
  const partial = (): string[] =>
    fs
      .readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => name.includes(".part"));

  test("hides what is being written, and leaves nothing of what failed", async () => {
    const store = new DirectoryStore(folder);
    await store.set("a/0", bytes(1));
    fs.writeFileSync(join(folder, "a", ".0.0123456789ab.part"), "half");
    expect((await store.list("a")).map(({ name }) => name)).toEqual(["0"]);
    fs.rmSync(join(folder, "a", ".0.0123456789ab.part"));

    // A folder is in the way of the last step
    fs.mkdirSync(join(folder, "a", "1", "2"), { recursive: true });
    await expect(store.set("a/1", bytes(1))).rejects.toMatchObject({ kind: "storage" });
    expect(partial()).toEqual([]);
  });

  test("sweeps up what killed writers left, and nothing else", async () => {
    const store = new DirectoryStore(folder);
    await store.set("a/0/1", bytes(1));
    await store.set("a/.zarray", bytes(2));
    fs.writeFileSync(join(folder, "a", "0", ".2.0123456789ab.part"), "half");
    fs.writeFileSync(join(folder, ".b.0123456789ab.part"), "elsewhere");
    await store.sweep("a");
    expect(partial()).toEqual([".b.0123456789ab.part"]);
    expect(await store.get("a/0/1")).toEqual(bytes(1));
    expect(await store.get("a/.zarray")).toEqual(bytes(2));
    await store.sweep("nowhere");
  });

  test("readers of an object that is written again and again see it whole", async () => {
    const store = new DirectoryStore(folder);
    await store.set("a", new Uint8Array(300_000).fill(0));
    let isWriting = true;
    const writer = (async () => {
      for (let round = 1; round < 40; round++) await store.set("a", new Uint8Array(300_000).fill(round));
      isWriting = false;
    })();
    while (isWriting) {
      const seen = (await store.get("a"))!;
      expect(seen.length).toBe(300_000);
      expect(seen.every((byte) => byte === seen[0])).toBe(true);
    }
    await writer;
    expect(partial()).toEqual([]);
  });

  test("many writers of one object leave one of their contents and no parts", async () => {
    const store = new DirectoryStore(folder);
    await Promise.all(Array.from({ length: 20 }, (_, value) => store.set("x/a", bytes(value, value))));
    const seen = (await store.get("x/a"))!;
    expect(seen[0]).toBe(seen[1]);
    expect(partial()).toEqual([]);
    const made = await Promise.all(Array.from({ length: 20 }, (_, value) => store.create("y/a", bytes(value))));
    expect(made.filter(Boolean).length).toBe(1);
  });

  test.each(["..", "../a", "a/../../b", "/etc/passwd", "a//b", "a/", ".", "a/./b", "a\0b"])(
    "refuses the key %j",
    async (key) => {
      const store = new DirectoryStore(folder);
      const error = await store.get(key).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ kind: "invalid", where: folder });
      await expect(store.set(key, bytes(1))).rejects.toBeInstanceOf(IsoluxError);
      await expect(store.remove(key)).rejects.toBeInstanceOf(IsoluxError);
      await expect(store.list(key)).rejects.toBeInstanceOf(IsoluxError);
      await expect(store.move("x", key)).rejects.toBeInstanceOf(IsoluxError);
    },
  );

  test("does not write over or remove itself", async () => {
    const store = new DirectoryStore(folder);
    await expect(store.remove("")).rejects.toMatchObject({ kind: "invalid" });
    await expect(store.set("", bytes(1))).rejects.toMatchObject({ kind: "invalid" });
    expect(fs.existsSync(folder)).toBe(true);
  });

  test("follows links", async () => {
    const store = new DirectoryStore(folder);
    await store.set("real/0", bytes(1));
    fs.symlinkSync(join(folder, "real"), join(folder, "linked"), "junction");
    expect(await store.get("linked/0")).toEqual(bytes(1));
    expect((await store.list("")).map(({ kind }) => kind)).toEqual(["folder", "folder"]);
  });

  test.skipIf(!fs.existsSync("/dev/full"))("says that a disk is full", async () => {
    const store = new DirectoryStore(folder);
    fs.symlinkSync("/dev/full", join(folder, "log"));
    const error = await store.append("log", bytes(1)).catch((reason: unknown) => reason as IsoluxError);
    expect((error as IsoluxError).message).toBe(
      `This could not be written, because the disk is full (${join(folder, "log")}). Free space on the disk and run again.`,
    );
    expect((error as IsoluxError).cause).toMatchObject({ code: "ENOSPC" });
  });

  test.skipIf(!fs.existsSync("/proc/self"))("ends where a file system takes no folders", async () => {
    await expect(new DirectoryStore("/proc").set("isolux/a/b", new Uint8Array(1))).rejects.toThrow(IsoluxError);
  });

  test("says where a file is in the way of a folder", async () => {
    const store = new DirectoryStore(folder);
    await store.set("a", bytes(1));
    await expect(store.set("a/b", bytes(1))).rejects.toMatchObject({ kind: "storage", where: join(folder, "a", "b") });
  });
});

describe("links in a folder", () => {
  const refusal = async (store: DirectoryStore, key: string) => {
    const answer: unknown = await store.get(key).catch((error: unknown) => error);
    return answer instanceof IsoluxError ? answer.message : answer;
  };

  test("that lead nowhere are refused, not taken for what was never written", async () => {
    const store = new DirectoryStore(folder);
    await store.set("here", bytes(1));
    fs.symlinkSync("gone", join(folder, "file"));
    fs.symlinkSync("/gone/disk", join(folder, "disk"));
    for (const [key, link] of [
      ["file", "file"],
      ["disk/0/0", "disk"],
      ["disk/0", "disk"],
    ] as const) {
      expect(await refusal(store, key), key).toMatch(`leads to something that is not there (${join(folder, link)})`);
    }
    fs.symlinkSync(folder, join(folder, "here-too"));
    expect(await refusal(store, "here-too/none")).toBeUndefined();
    expect(await refusal(store, "here/none")).toBeUndefined();
    expect(await refusal(store, "here-too")).toBeUndefined();
  });

  test("back to a folder around them do not make it endless", async () => {
    const store = new DirectoryStore(folder);
    await store.set("a/b/c", bytes(1));
    fs.symlinkSync("..", join(folder, "a", "b", "up"));
    fs.symlinkSync(".", join(folder, "a", "self"));
    fs.symlinkSync("b", join(folder, "a", "other"));
    expect(await objectsBelow(store, "a")).toEqual(["a/b/c", "a/other/c"]);
  });
});

test.skipIf(process.platform === "win32")("pipes and devices are refused before anything is waited for", async () => {
  const store = new DirectoryStore(folder);
  execFileSync("mkfifo", [join(folder, "pipe")]);
  fs.symlinkSync("/dev/zero", join(folder, "zero"));
  for (const key of ["pipe", "zero"]) await expect(store.get(key), key).rejects.toThrow("a pipe or a device");
});

test("a file beyond all that is read as a whole is refused with its size", async () => {
  fs.writeFileSync(join(folder, "chunk"), "");
  fs.truncateSync(join(folder, "chunk"), 3e11);
  await expect(new DirectoryStore(folder).get("chunk")).rejects.toThrow("found 300000000000 bytes");
});

test("more objects are listed than a call takes arguments", async () => {
  const count = 300_000;
  const entry = (name: string, kind: "object" | "folder") => ({ name, kind });
  const chunks = Array.from({ length: count }, (_, index) => entry(String(index), "object"));
  const list = async (key: string) => (key === "0" ? [entry("0", "folder")] : chunks);
  const store = { location: "", list, get: vi.fn(), getRange: vi.fn(), facts: vi.fn() };
  expect(await objectsBelow(store, "0")).toHaveLength(count);
});

test("keys are joined by single slashes, also below the root of a file system", () => {
  expect(joinKey("", "a", "", "b/c")).toBe("a/b/c");
  expect(["", "a"].map((key) => joinKey("/", key))).toEqual(["/", "/a"]);
  expect(joinKey("s3://bucket", "a")).toBe("s3://bucket/a");
});

describe("failures of the system", () => {
  const failure = (code: string): Error => Object.assign(new Error(`${code}: something`), { code });

  test.each([
    ["ENOSPC", "written", "because the disk is full (p). Free space"],
    ["EDQUOT", "written", "because your disk quota is used up"],
    ["EACCES", "read", "because it is not readable for you"],
    ["EACCES", "written", "because it is not writable for you"],
    ["EPERM", "removed", "because it is not writable for you"],
    ["EROFS", "written", "because the disk is not writable"],
    ["EMFILE", "read", "because too many files are open (EMFILE)"],
    ["EIO", "read", "because the disk failed (EIO)"],
    ["EBUSY", "moved", "This could not be moved, because the system reported EBUSY (p)."],
  ] as const)("%s when something was to be %s", (code, action, message) => {
    const cause = failure(code);
    const error = storageFault(cause, action, "p");
    expect(error).toMatchObject({ kind: "storage", where: "p", cause });
    expect(error.message).toContain(message);
  });

  test("without a code are told too", () => {
    expect(storageFault(new Error("odd"), "read", "p").message).toContain("reported odd");
    expect(storageFault("odd", "read", "p").message).toContain("reported odd");
  });
});

test("a folder of more files than are removed together goes with its links, not with what they lead to", async () => {
  const store = new DirectoryStore(folder);
  await store.set("kept/1", bytes(1));
  await store.set("full/inner/2", bytes(2));
  for (let n = 0; n < 150; n++) await store.set(`full/${n}`, bytes(3));
  fs.symlinkSync(join(folder, "kept"), join(folder, "full/inner/to-a-folder"));
  fs.symlinkSync(join(folder, "kept/1"), join(folder, "full/to-a-file"));
  fs.symlinkSync("full", join(folder, "another"));
  await store.remove("another");
  expect(await store.get("full/inner/2")).toEqual(bytes(2));
  await store.remove("full");
  expect(await store.list("full")).toEqual([]);
  expect(await store.get("kept/1")).toEqual(bytes(1));
});
