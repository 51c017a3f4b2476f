import { expect, it } from "vitest";
import type { Acquisition } from "../../../src/acquisition/acquisition.ts";
import { fingerprintSource } from "../../../src/pipeline/run/provenance.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

it("the digest of a source tells of each of its objects, also where they are very many", async () => {
  const store = new MemoryStore("memory:", () => 1);
  const bytes = new Uint8Array(1);
  const pixels = Array.from({ length: 70_000 }, (_, index) => `0/${index}`);
  for (const key of pixels) await store.set(key, bytes);
  const sourceObjects = async () => ({ store, documents: [], pixels });
  const digest = () => fingerprintSource({ sourceObjects } as unknown as Acquisition);
  const before = await digest();
  expect(await digest()).toBe(before);
  for (const key of ["0/3", "0/69999"]) {
    await store.set(key, new Uint8Array(2));
    expect(await digest()).not.toBe(before);
    await store.set(key, bytes);
  }
  expect(await digest()).toBe(before);
});
