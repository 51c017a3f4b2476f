/** Folders that are swapped for links, removed or moved while they are written to: nothing is written behind or in their place. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";

const one = new Uint8Array([1]);
const run = ".out.isolux";

let base: string;
let store: DirectoryStore;
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), "isolux-swapped-"));
  mkdirSync(join(base, "elsewhere"));
  store = new DirectoryStore(join(base, "place"));
  await store.set(`${run}/image/0/0`, one);
  await store.append(`${run}/journal/a.jsonl`, one);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const ways = {
  set: () => store.set(`${run}/image/0/1`, one),
  keep: () => store.keep(`${run}/image/run.json`, one),
  create: () => store.create(`${run}/image/claims`, one),
  append: () => store.append(`${run}/image/a.jsonl`, one),
  touch: () => store.touch(`${run}/image/0/0`),
  begin: () => store.begin(`${run}/image/0/2`).append(one),
  "move to": () => store.set("old", one).then(() => store.move("old", `${run}/image/old`)),
  "move from": () => store.move(`${run}/image/0`, "new"),
  remove: () => store.remove(`${run}/image/0`),
  sweep: () => store.sweep(`${run}/image`),
};

describe.each(["", "/image"])("a link in the place of .out.isolux%s", (inner) => {
  test.each(Object.entries(ways))("stops %s", async (_, act) => {
    renameSync(join(base, "place", run + inner), join(base, "moved"));
    symlinkSync(join(base, "elsewhere"), join(base, "place", run + inner), "junction");
    await expect(act()).rejects.toMatchObject({
      kind: "output",
      what: "A link has come into the hidden folder for unfinished work, and nothing is written behind it",
      where: join(base, "place", run + inner),
    });
    expect(readdirSync(join(base, "elsewhere"))).toEqual([]);
  });
});

test("a journal that became a link is not added to", async () => {
  const journal = join(base, "place", run, "journal", "a.jsonl");
  rmSync(journal);
  symlinkSync(join(base, "elsewhere", "a"), journal, "file");
  await expect(store.append(`${run}/journal/a.jsonl`, one)).rejects.toMatchObject({ kind: "output", where: journal });
  expect(existsSync(join(base, "elsewhere", "a"))).toBe(false);
});

test("links outside of hidden folders are the user's, and followed", async () => {
  symlinkSync(join(base, "elsewhere"), join(base, "place", "models"), "junction");
  await store.set("models/0.npz", one);
  expect(readdirSync(join(base, "elsewhere"))).toEqual(["0.npz"]);
});

test.each(["removed", "moved"])("a folder that was %s is not made again", async (how) => {
  if (how === "moved") renameSync(join(base, "place"), join(base, "other"));
  else rmSync(join(base, "place"), { recursive: true });
  for (const act of [ways.set, ways.append, ways.create, ways.keep]) {
    await expect(act()).rejects.toMatchObject({ kind: "storage", what: expect.stringContaining("moved or removed") });
  }
  expect(existsSync(join(base, "place"))).toBe(false);
});
