import { beforeEach, describe, expect, it } from "vitest";
import { objectsBeside, objectsWithin } from "../../src/acquisition/open-mosaic.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

let store: MemoryStore;
beforeEach(async () => {
  store = new MemoryStore();
  for (const key of ["a.h5", "a.xml", "a.h5_meta.txt", "run.txt", "run.log", "t0.zarr/.zattrs", "t0.zarr/0/0.0.0"]) {
    await store.set(`scan/${key}`, Uint8Array.of(1));
  }
});

describe("the objects of an acquisition", () => {
  it("are a file and what tells of it, not a log beside it that grows while it is corrected", async () => {
    for (const key of ["scan/a.h5", "scan"]) {
      const { documents, pixels } = await objectsBeside(store, key);
      expect(documents.toSorted()).toEqual(["scan/a.h5_meta.txt", "scan/a.xml"]);
      expect(pixels).toEqual(["scan/a.h5"]);
    }
  });

  it("are what lies below a folder but for such a log", async () => {
    const { documents, pixels } = await objectsWithin(store, "scan");
    expect(documents.toSorted()).toEqual(["scan/a.h5_meta.txt", "scan/a.xml", "scan/t0.zarr/.zattrs"]);
    expect(pixels.toSorted()).toEqual(["scan/a.h5", "scan/t0.zarr/0/0.0.0"]);
  });
});
