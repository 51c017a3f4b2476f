/** The last steps of a correction, each of which may be the last before a kill: outputs placed, sources erased. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { IsoluxError } from "../../src/errors.ts";
import type { CorrectParameters } from "../../src/parameters/schema.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { correctIn, folderOfEachTest } from "../support/folder-runs.ts";

let folder: string;
const folderOfTest = folderOfEachTest();
beforeEach(() => {
  folder = folderOfTest();
});

/** A folder in which something goes wrong: at the move to `failsAt`, or in what is written. */
class BadStore extends DirectoryStore {
  failsAt: string | undefined;
  flips: string | undefined;
  killedAt: string | undefined;

  override async move(from: string, to: string): Promise<void> {
    if (to === this.failsAt) throw new IsoluxError({ kind: "storage", what: "Killed here" });
    await super.move(from, to);
  }

  override async set(key: string, bytes: Uint8Array): Promise<void> {
    if (this.killedAt !== undefined && key.endsWith(this.killedAt)) {
      throw new IsoluxError({ kind: "storage", what: "Killed here" });
    }
    const stored = bytes.slice();
    if (this.flips !== undefined && key.endsWith(this.flips)) stored[7]! ^= 1;
    await super.set(key, stored);
  }
}

const run = (store: BadStore, given?: Partial<CorrectParameters>, source?: string) =>
  correctIn(store, given, { source });

/** A run that is killed when its image is complete, before it is put in its place. */
async function completeOnly(given: Partial<CorrectParameters> = {}): Promise<BadStore> {
  const store = new BadStore(folder);
  store.failsAt = "out";
  await expect(run(store, given)).rejects.toThrow("Killed here");
  expect(existsSync(join(folder, "out/.zattrs"))).toBe(false);
  store.failsAt = undefined;
  return store;
}

const there = () => readdirSync(folder).filter((name) => name !== ".zgroup");
const pixelOf = (image: string) => readFileSync(join(folder, image, "0/0/0/0/0"));

describe("an image that was complete when its run was killed", () => {
  it("is put in its place by the same command", async () => {
    const store = await completeOnly();
    expect(await run(store)).toMatchObject({ output: join(folder, "out") });
    expect(there()).toEqual(["out", "raw_image"]);
  });

  it("is not the output of another image, even if that is to be erased", async () => {
    const store = await completeOnly();
    cpSync(join(folder, "raw_image"), join(folder, "other_image"), { recursive: true });
    const other = run(store, { eraseSourceImage: true }, "other_image");
    await expect(other).rejects.toThrow(/differs from this one: it corrected .*raw_image/);
    expect(there()).toEqual([".out.isolux", "other_image", "raw_image"]);
    await run(store, { eraseSourceImage: true, overwrite: true }, "other_image");
    expect(there()).toEqual(["out", "raw_image"]);
  });

  it("is not the output of a source that has changed since", async () => {
    const store = await completeOnly();
    const chunk = join(folder, "raw_image/0/0/0/0/0");
    writeFileSync(chunk, readFileSync(chunk).fill(1));
    await expect(run(store)).rejects.toThrow("the source image has changed since");
    await expect(run(store, { fovList: [3] })).rejects.toThrow("fovList was [1], now [3]");
    await run(store, { overwrite: true });
    expect(there()).toEqual(["out", "raw_image"]);
  });

  it("does not replace what has come to its place since", async () => {
    const store = await completeOnly();
    mkdirSync(join(folder, "out"));
    writeFileSync(join(folder, "out/.zattrs"), "somebody's");
    await expect(run(store)).rejects.toThrow("The output already exists");
    expect(readFileSync(join(folder, "out/.zattrs"), "utf8")).toBe("somebody's");
  });

  it("is verified first where the source is to be erased now", async () => {
    const store = await completeOnly();
    const chunk = join(folder, ".out.isolux/image/0/1/1/0/1");
    const bytes = readFileSync(chunk);
    bytes[100]! ^= 4;
    writeFileSync(chunk, bytes);
    await expect(run(store, { eraseSourceImage: true })).rejects.toThrow(/the source image is kept .*0\/1\/1\/0\/1/);
    expect(there()).toContain("raw_image");
    expect(there()).not.toContain("out");
  });

  it("gives back the old output where another run is begun in its stead", async () => {
    await run(new BadStore(folder));
    const old = pixelOf("out");
    const store = await completeOnly({ overwrite: true, background: "keep" });
    expect(there()).toEqual([".out.isolux", "raw_image"]);
    store.failsAt = ".out.isolux/replaced";
    const another = run(store, { overwrite: true, fovList: [3] });
    await expect(another).rejects.toThrow("Killed here");
    expect(pixelOf("out")).toEqual(old);
  });
});

describe("erasing the source", () => {
  it("happens once the output was read back", async () => {
    await run(new BadStore(folder), { eraseSourceImage: true });
    expect(there()).toEqual(["out"]);
  });

  it("goes on after a kill between the two steps", async () => {
    const store = new BadStore(folder);
    store.failsAt = ".raw_image.isolux-erased";
    await expect(run(store, { eraseSourceImage: true })).rejects.toThrow("Killed here");
    expect(there()).toEqual([".out.isolux", "out", "raw_image"]);
    store.failsAt = undefined;
    await run(store, { eraseSourceImage: true });
    expect(there()).toEqual(["out"]);
  });

  it.each(["image/0/0/0/0/0", "image/0/1/1/2/1", "image/1/0/0/0/0"])(
    "does not happen where the disk holds another byte in %s",
    async (chunk) => {
      const store = new BadStore(folder);
      store.flips = chunk;
      await expect(run(store, { eraseSourceImage: true })).rejects.toThrow(
        `The output does not hold what was written: the source image is kept (${folder}/.out.isolux/${chunk})`,
      );
      expect(there()).toEqual(["raw_image"]);
    },
  );
});

describe("what an interrupted run left, when it is damaged", () => {
  /** A run that is killed before its image is complete. */
  async function stopEarly(): Promise<BadStore> {
    const store = new BadStore(folder);
    store.killedAt = "image/0/1/1/2/1";
    await expect(run(store)).rejects.toThrow("Killed here");
    store.killedAt = undefined;
    return store;
  }

  it("does not hinder a run that overwrites", async () => {
    const store = await stopEarly();
    writeFileSync(join(folder, ".out.isolux/run.json"), "{");
    await expect(run(store)).rejects.toThrow(/not valid JSON .*run\.json.* move \S+\.out\.isolux away/);
    writeFileSync(join(folder, ".out.isolux/run.json"), "{}");
    await expect(run(store)).rejects.toThrow("differs from this one: its record cannot be read");
    await run(store, { overwrite: true });
    expect(there()).toEqual(["out", "raw_image"]);
  });

  it("counts no line of the journal that makes no sense", async () => {
    const store = await stopEarly();
    const lines = ["[0,9,0,0,0,[0,0]]", "[7,0,0,0,0,[]]", "[0,0,0,0,-1,[1,2]]", '["0",0,0,0,0,[]]', "null", "[0,0"];
    writeFileSync(join(folder, ".out.isolux/journal/x.jsonl"), lines.join("\n"));
    await run(store);
    const undisturbed = pixelOf("out");
    await run(store, { overwrite: true });
    expect(pixelOf("out")).toEqual(undisturbed);
  });
});
