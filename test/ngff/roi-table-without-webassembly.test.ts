import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { readRoiTable } from "../../src/ngff/roi-table.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

// From the start: what was made ready before would go on.
beforeAll(() => void vi.stubGlobal("WebAssembly", undefined));
afterAll(() => void vi.unstubAllGlobals());

it("reads a table in Blosc where there is no WebAssembly", async () => {
  const store = new MemoryStore("data");
  // So many names that Blosc does not store them as they are
  await writeSyntheticAcquisition(store, "demo.zarr", { gridYx: [8, 4], tileShapeYx: [8, 8], planes: 1, noise: false });
  const table = "demo.zarr/raw_image/tables/FOV_ROI_table";
  expect((await store.get(`${table}/obs/_index/0`))!.length).toBeLessThan(32 * (4 + "FOV_00".length));
  expect((await readRoiTable(store, table))!.map((row) => row.name)[31]).toBe("FOV_31");
});
