/** Objects that are to outlast a power cut, and moves that replace nothing. */
import fs, { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { foldersOf, Unsynced } from "../../src/zarr/disk/unsynced-node.ts";
import { onDisk } from "../support/disk.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(onDisk, "isolux-synced-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("a folder", () => {
  it("syncs what was written to it, whatever was removed or renamed since", async () => {
    const store = new DirectoryStore(folder);
    await store.set("a/b/1", bytes(1));
    await store.set("a/2", bytes(2));
    await store.create("3", bytes(3));
    const shard = store.begin("a/shard");
    await shard.append(bytes(4));
    await shard.finish();
    await store.remove("a/2");
    await store.move("a/b", "a/c");
    await store.sync();
    await store.sync();
    expect(await store.get("a/c/1")).toEqual(bytes(1));
  });

  it("tells the folders around a path, and none above the root", () => {
    expect(foldersOf("/r/a/b/c", "/r")).toEqual(["/r/a/b", "/r/a", "/r"]);
    expect(foldersOf("/r/c", "/r")).toEqual(["/r"]);
    expect(foldersOf("/c", "/")).toEqual(["/"]);
  });

  it("tries again what failed, and lets nobody go on before the disk has it", async () => {
    writeFileSync(join(folder, "file"), "1");
    const unsynced = new Unsynced(folder);
    // A failure that is none of those that do no harm
    unsynced.addFile(join(folder, "x".repeat(300)));
    const [first, second] = [unsynced.sync(), unsynced.sync()];
    await expect(first).rejects.toMatchObject({ code: "ENAMETOOLONG" });
    await expect(second).rejects.toMatchObject({ code: "ENAMETOOLONG" });
  });

  it("keeps an object whole or not at all", async () => {
    const store = new DirectoryStore(folder);
    await store.keep("deep/er/document", bytes(1, 2));
    await store.keep("deep/er/document", bytes(3));
    expect(fs.readdirSync(join(folder, "deep/er"))).toEqual(["document"]);
    expect(await store.get("deep/er/document")).toEqual(bytes(3));
  });

  it.each(["file", "folder", "empty folder", "link"])("moves nothing onto a %s", async (kind) => {
    const store = new DirectoryStore(folder);
    const there = join(folder, "there");
    if (kind === "file") writeFileSync(there, "precious");
    else if (kind === "link") symlinkSync("nowhere", there);
    else mkdirSync(there);
    if (kind === "folder") writeFileSync(join(there, "precious"), "");
    await store.set("file", bytes(1));
    await store.set("tree/file", bytes(1));
    for (const from of ["file", "tree"]) {
      await expect(store.move(from, "there")).rejects.toThrow("The place to move to is taken: nothing was moved");
    }
    expect(await store.look("there")).toMatchObject({ kind: kind === "file" ? "object" : kind.split(" ").at(-1) });
    if (kind === "file") expect(readFileSync(there, "utf8")).toBe("precious");
  });

  it("tells a thing from another that comes to its place", async () => {
    const store = new DirectoryStore(folder);
    await store.set("a/1", bytes(1));
    const before = await store.look("a");
    await store.set("a/2", bytes(1));
    expect(await store.look("a")).toEqual(before);
    await store.move("a", "b");
    expect(await store.look("b")).toEqual(before);
    await store.set("a/1", bytes(1));
    expect(await store.look("a")).not.toEqual(before);
    expect(await store.look("none")).toBeUndefined();
  });
});
