/** A workspace that somebody removes under its run: nothing stays of what the run went on to write there, nothing else goes. */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Workspace } from "../../../src/pipeline/record/workspace.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";

const identity = { version: "1", source: "s", parameters: {} };
const processes = { processName: "a:1", isRunning: () => undefined };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "isolux-removed-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A run that has written a chunk, lost its folder with all that is around it, and written another. */
async function runWithoutFolder(): Promise<{ workspace: Workspace; at: string }> {
  const store = new DirectoryStore(folder);
  const workspace = new Workspace({ kind: "folder", store, key: "given/out" }, processes);
  await workspace.open(identity, false);
  const write = (chunk: string) => store.set(workspace.path("image", chunk), new Uint8Array([1]));
  await write("0");
  rmSync(join(folder, "given"), { recursive: true });
  await write("1");
  await store.set(workspace.path("journal", "b.jsonl"), new Uint8Array([10]));
  return { workspace, at: join(folder, "given", ".out.isolux") };
}

const ways = ["unlock", "leaveLost"] as const;

it.each(ways)(
  "does not stay where nothing says any more whose it is, by %s: the same command begins anew",
  async (leave) => {
    const { workspace, at } = await runWithoutFolder();
    expect(readdirSync(at)).toEqual(["image", "journal"]);
    await expect(workspace.checkHeld()).rejects.toThrow("or the output was removed");
    await workspace[leave]();
    expect(readdirSync(join(folder, "given"))).toEqual([]);
    expect(await workspace.open(identity, false)).toBe(false);
    await workspace.unlock();
  },
);

it.each(["run.json", "notes.txt", "claims/2.json"].flatMap((name) => ways.map((leave) => [name, leave] as const)))(
  "stays where %s has come there, by %s",
  async (name, leave) => {
    const { workspace, at } = await runWithoutFolder();
    mkdirSync(join(at, "claims"), { recursive: true });
    writeFileSync(join(at, name), "{}");
    await workspace[leave]();
    expect(readdirSync(join(at, "image"))).toEqual(["1"]);
  },
);

it.each(
  ["a file", "a link"].flatMap((what) =>
    (["unlock", "leaveLost", "remove"] as const).map((leave) => [what, leave] as const),
  ),
)("leaves %s that came into its place where it is, by %s", async (what, leave) => {
  const store = new DirectoryStore(folder);
  const workspace = new Workspace({ kind: "folder", store, key: "out" }, processes);
  await workspace.open(identity, false);
  const at = join(folder, ".out.isolux");
  renameSync(at, join(folder, "moved"));
  mkdirSync(join(folder, "elsewhere"));
  if (what === "a file") writeFileSync(at, "kept");
  else symlinkSync(join(folder, "elsewhere"), at, "junction");
  await workspace[leave]().catch(() => undefined);
  expect(readdirSync(folder).sort()).toEqual([".out.isolux", "elsewhere", "moved"]);
  expect(readdirSync(join(folder, "moved"))).toEqual(["claims", "run.json"]);
});
