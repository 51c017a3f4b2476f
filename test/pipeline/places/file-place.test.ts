import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { FilePlace } from "../../../src/pipeline/places/file-place.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "isolux-file-place-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const text = () => readFileSync(join(folder, "a.npz"), "utf8");
const refusal = () => new IsoluxError({ kind: "output", what: "It is there already" });
const find = (overwrite: boolean) => {
  return FilePlace.find({ store: new DirectoryStore(folder), key: "a.npz" }, overwrite, refusal);
};

describe("the place of a file", () => {
  it("is taken where it is free, and nothing else is left", async () => {
    await (await find(false)).put(bytes("profile"));
    expect([text(), readdirSync(folder)]).toEqual(["profile", ["a.npz"]]);
  });

  it("may have a name of any length that a file can have", async () => {
    const name = `${"\u00e4".repeat(125)}.npz`;
    const at = { store: new DirectoryStore(folder), key: name };
    await (await FilePlace.find(at, false, refusal)).put(bytes("new"));
    await (await FilePlace.find(at, true, refusal)).put(bytes("newer"));
    expect(readFileSync(join(folder, name), "utf8")).toBe("newer");
  });

  it("is refused at once where something is there, and replaced where that was asked for", async () => {
    writeFileSync(join(folder, "a.npz"), "old");
    await expect(find(false)).rejects.toThrow("It is there already");
    await (await find(true)).put(bytes("new"));
    expect(text()).toBe("new");
  });

  it.each([false, true])("is left to what came there meanwhile, also with overwrite %s", async (overwrite) => {
    const place = await find(overwrite);
    writeFileSync(join(folder, "a.npz"), "another program's");
    await expect(place.put(bytes("profile"))).rejects.toThrow(/wrote to the path of the output/);
    expect([text(), readdirSync(folder)]).toEqual(["another program's", ["a.npz"]]);
  });

  it("may hold what an earlier try has put there", async () => {
    const place = await find(false);
    writeFileSync(join(folder, "a.npz"), "profile");
    await place.put(bytes("profile"));
    expect(text()).toBe("profile");
  });
});
