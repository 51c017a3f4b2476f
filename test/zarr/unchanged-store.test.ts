import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { UnchangedStore } from "../../src/zarr/unchanged-store.ts";

let now = 1000;
async function filled() {
  now = 1000;
  const store = new MemoryStore("memory:", () => now);
  for (const key of ["image/.zattrs", "image/0/0"]) await store.set(key, Uint8Array.of(1, 2, 3));
  return store;
}

describe("a store as it was", () => {
  it("reads what is as it was, and what was not there", async () => {
    const store = new UnchangedStore(await filled(), { sinceMs: 2000, witness: "image/.zattrs" });
    expect(await store.get("image/0/0")).toEqual(Uint8Array.of(1, 2, 3));
    expect(await store.getRange("image/0/0", { kind: "suffix", length: 1 })).toEqual(Uint8Array.of(3));
    expect(await store.get("image/0/1")).toBeUndefined();
    expect((await store.list("image"))?.length).toBe(2);
  });

  it("refuses what was changed", async () => {
    const memory = await filled();
    const store = new UnchangedStore(memory, { sinceMs: 2000, witness: "image/.zattrs" });
    now = 3000;
    await memory.set("image/0/0", Uint8Array.of(4));
    await expect(store.get("image/0/0")).rejects.toMatchObject({ kind: "invalid" });
    await expect(store.getRange("image/0/0", { kind: "suffix", length: 1 })).rejects.toThrow("changed");
  });

  it("takes nothing for absent where all may be gone", async () => {
    const memory = await filled();
    const store = new UnchangedStore(memory, { sinceMs: 2000, witness: "image/.zattrs" });
    await memory.remove("image");
    await expect(store.get("image/0/0")).rejects.toMatchObject({ kind: "storage" });
  });
});
