/** What may be lost, replaced or removed by a run: nothing that it was not told to. */
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import type { RunEvent } from "../../../src/parameters/run-events.ts";
import type { CorrectParameters } from "../../../src/parameters/schema.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { correctIn, folderOfEachTest } from "../../support/folder-runs.ts";

let folder: string;
const folderOfTest = folderOfEachTest();
beforeEach(() => {
  folder = folderOfTest();
});

/** A folder whose steps are noted, and in which something happens before one of them. */
class WatchedStore extends DirectoryStore {
  readonly steps: string[] = [];
  before: (step: string) => void = () => {};

  override async sync(): Promise<void> {
    await super.sync();
    this.step("sync");
  }

  override async set(key: string, bytes: Uint8Array): Promise<void> {
    this.step(`set ${key}`);
    await super.set(key, bytes);
  }

  override async append(key: string, bytes: Uint8Array): Promise<void> {
    this.step(`append ${key} ${new TextDecoder().decode(bytes)}`);
    await super.append(key, bytes);
  }

  override async move(from: string, to: string): Promise<void> {
    this.step(`move ${from} to ${to}`);
    await super.move(from, to);
  }

  override async remove(key: string): Promise<void> {
    this.step(`remove ${key}`);
    await super.remove(key);
  }

  private step(step: string): void {
    this.before(step);
    this.steps.push(step);
  }
}

const run = (store: DirectoryStore, given?: Partial<CorrectParameters>, events?: RunEvent[]) =>
  correctIn(store, given, { events });

const there = () => readdirSync(folder).filter((name) => name !== ".zgroup");
const inFolder = (...parts: string[]) => join(folder, ...parts);

/** A run that is killed at a step. */
async function killedAt(step: string | RegExp, given: Partial<CorrectParameters> = {}): Promise<void> {
  const store = new WatchedStore(folder);
  store.before = (found) => {
    if (found.search(step) >= 0) throw new IsoluxError({ kind: "storage", what: "Killed here" });
  };
  await expect(run(store, given)).rejects.toThrow("Killed here");
}

describe("what is called done", () => {
  it("is on the disk: objects before the journal names them, all of it before the image moves and before an erasure", async () => {
    const store = new WatchedStore(folder);
    await run(store, { eraseSourceImage: true });
    const { steps } = store;
    const unsynced = new Set<string>();
    let [lines, isMoved] = [0, false];
    for (const step of steps) {
      if (step === "sync") unsynced.clear();
      else if (step.startsWith("set ")) unsynced.add(step.slice(4));
      else if (step.includes("/journal/")) {
        lines += step.split("\n").length - 1;
        expect([...unsynced].filter((key) => /image\/\d/.test(key))).toEqual([]);
      } else if (step === "move .out.isolux/image to out") {
        expect([...unsynced].filter((key) => key.startsWith(".out.isolux/image"))).toEqual([]);
        isMoved = true;
      } else if (step.startsWith("move raw_image")) {
        expect(isMoved && unsynced.size === 0).toBe(true);
        expect(steps.slice(steps.indexOf("move .out.isolux/image to out"), steps.indexOf(step))).toContain("sync");
      }
    }
    expect(lines).toBeGreaterThan(10);
    expect(there()).toEqual(["out"]);
  });

  it.each(["run.json", "profiles/0.npz", "claims/1.json"])(
    "is made again where a power cut has left %s empty",
    async (name) => {
      await run(new DirectoryStore(folder));
      cpSync(inFolder("out"), inFolder("wanted"), { recursive: true });
      rmSync(inFolder("out"), { recursive: true });
      await killedAt(/set .*image\/1\//);
      mkdirSync(join(inFolder(".out.isolux", name), ".."), { recursive: true });
      writeFileSync(inFolder(".out.isolux", name), "");
      await run(new DirectoryStore(folder));
      const files = (image: string) =>
        readdirSync(inFolder(image), { recursive: true, encoding: "utf8" })
          .filter((path) => lstatSync(inFolder(image, path)).isFile())
          .sort();
      expect(files("out")).toEqual(files("wanted"));
      for (const path of files("out")) {
        expect(readFileSync(inFolder("out", path)).equals(readFileSync(inFolder("wanted", path)))).toBe(true);
      }
      expect(there()).toEqual(["out", "raw_image", "wanted"]);
    },
  );
});

describe("the place of an output", () => {
  it.each([{}, { overwrite: true }])("is not taken from what came there meanwhile (%j)", async (given) => {
    const store = new WatchedStore(folder);
    store.before = (step) => {
      if (!/set .*image\/1\//.test(step) || existsSync(inFolder("out"))) return;
      mkdirSync(inFolder("out"));
      writeFileSync(inFolder("out/precious.txt"), "somebody's");
    };
    await expect(run(store, given)).rejects.toThrow(/appeared at the output path .*and is not replaced/);
    expect(readFileSync(inFolder("out/precious.txt"), "utf8")).toBe("somebody's");
    rmSync(inFolder("out"), { recursive: true });
    await run(new DirectoryStore(folder), given);
    expect(there()).toEqual(["out", "raw_image"]);
  });

  it("is taken from the image that --overwrite meant, and no other", async () => {
    await run(new DirectoryStore(folder));
    await run(new DirectoryStore(folder), { overwrite: true, background: "keep" });
    const store = new WatchedStore(folder);
    store.before = (step) => {
      if (!/set .*image\/1\//.test(step) || existsSync(inFolder("moved"))) return;
      cpSync(inFolder("out"), inFolder("moved"), { recursive: true });
      rmSync(inFolder("out"), { recursive: true });
      cpSync(inFolder("moved"), inFolder("out"), { recursive: true });
      writeFileSync(inFolder("out/another"), "");
    };
    await expect(run(store, { overwrite: true })).rejects.toThrow("is not replaced");
    expect(existsSync(inFolder("out/another"))).toBe(true);
  });
});

describe("a folder in the place of the workspace", () => {
  const refusal = /Isolux did not make it/;

  it("is refused where it is a link, and what it leads to stays", async () => {
    mkdirSync(inFolder("precious"));
    writeFileSync(inFolder("precious/run.json"), "{}");
    symlinkSync(inFolder("precious"), inFolder(".out.isolux"));
    await expect(run(new DirectoryStore(folder), { overwrite: true })).rejects.toThrow(refusal);
    expect(readdirSync(inFolder("precious"))).toEqual(["run.json"]);
  });

  it.each([["notes.txt"], ["image/0"], ["run.json", "notes.txt"]])(
    "is refused where somebody else made it (%s)",
    async (...names) => {
      for (const name of names) {
        mkdirSync(join(inFolder(".out.isolux", name), ".."), { recursive: true });
        writeFileSync(inFolder(".out.isolux", name), "{}");
      }
      await expect(run(new DirectoryStore(folder), { overwrite: true })).rejects.toThrow(refusal);
      for (const name of names) expect(readFileSync(inFolder(".out.isolux", name), "utf8")).toBe("{}");
    },
  );

  it("is removed by the next command where its removal failed, and the image counts as complete", async () => {
    const store = new WatchedStore(folder);
    store.before = (step) => {
      if (step === "remove .out.isolux/journal") throw new IsoluxError({ kind: "storage", what: "Busy" });
    };
    const events: RunEvent[] = [];
    await run(store, {}, events);
    expect(events).toContainEqual({ kind: "warning", text: expect.stringMatching(/image is complete, but .*Busy/) });
    expect(there()).toEqual([".out.isolux", "out", "raw_image"]);
    await run(new DirectoryStore(folder));
    expect(there()).toEqual(["out", "raw_image"]);
  });

  it.each(["run.json", "complete.json"])("is removed where a cut left no more of it than %s", async (name) => {
    await killedAt("move .out.isolux/image to out");
    const kept = readFileSync(inFolder(".out.isolux", name));
    rmSync(inFolder(".out.isolux"), { recursive: true });
    mkdirSync(inFolder(".out.isolux"));
    writeFileSync(inFolder(".out.isolux", name), kept);
    await run(new DirectoryStore(folder), { overwrite: true }).catch(() => undefined);
    await run(new DirectoryStore(folder), { overwrite: true });
    expect(there()).toEqual(["out", "raw_image"]);
  });
});

describe("a source that is to be erased", () => {
  beforeEach(() => {
    mkdirSync(inFolder("raw_image/notes"));
    writeFileSync(inFolder("raw_image/notes/1.txt"), "not copied");
    writeFileSync(inFolder("raw_image/0/stray"), "not copied");
    mkdirSync(inFolder("raw_image/labels/nuclei"), { recursive: true });
    writeFileSync(inFolder("raw_image/labels/nuclei/.zattrs"), "{}");
  });

  it("is kept, and nothing is written, where the output would not hold all of it", async () => {
    const refused = run(new DirectoryStore(folder), { eraseSourceImage: true });
    await expect(refused).rejects.toThrow(/holds files that the output does not .*0\/stray, notes.*--expendable/);
    expect(there()).toEqual(["raw_image"]);
    await expect(run(new DirectoryStore(folder), { eraseSourceImage: true, expendable: ["notes"] })).rejects.toThrow(
      /found 0\/stray\b(?!, notes)/,
    );
  });

  it("goes with what was named expendable; labels are in the output", async () => {
    await run(new DirectoryStore(folder), { eraseSourceImage: true, expendable: ["notes", "0/stray"] });
    expect(there()).toEqual(["out"]);
    expect(existsSync(inFolder("out/labels/nuclei/.zattrs"))).toBe(true);
  });

  it.each(["labels/cells/.zattrs", "labels/nuclei/.zattrs", "2/0.0"])(
    "stays where %s came to it after it was read",
    async (name) => {
      const store = new WatchedStore(folder);
      store.before = (step) => {
        if (step !== "move .out.isolux/image to out") return;
        mkdirSync(join(inFolder("raw_image", name), ".."), { recursive: true });
        writeFileSync(inFolder("raw_image", name), '{"later": 1}');
      };
      const given = { eraseSourceImage: true, expendable: ["notes", "0/stray"] };
      await expect(run(store, given)).rejects.toThrow(/is not erased: it holds/);
      expect(readFileSync(inFolder("raw_image", name), "utf8")).toBe('{"later": 1}');
      rmSync(inFolder("raw_image", name));
      const first = name.split("/").slice(0, 2).join("/");
      await run(new DirectoryStore(folder), { ...given, expendable: [...given.expendable, first] });
      expect(there()).toEqual(["out"]);
    },
  );
});
