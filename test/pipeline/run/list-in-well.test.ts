import { describe, expect, it } from "vitest";
import { listInWell } from "../../../src/pipeline/run/settle-output.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

const images = [{ path: "0", acquisition: 2 }, { path: "1" }];

async function listed(document: string, attributes: object, [source, output]: [string, string]) {
  const store = new MemoryStore();
  await store.set(`p.zarr/A/1/${document}`, new TextEncoder().encode(JSON.stringify(attributes)));
  for (let turn = 0; turn < 2; turn++) {
    await listInWell({ store, key: `p.zarr/A/1/${output}` }, { store, key: `p.zarr/A/1/${source}` });
  }
  return JSON.parse(new TextDecoder().decode(await store.get(`p.zarr/A/1/${document}`)));
}

describe("an output in a well", () => {
  it("is listed once, with the acquisition of its source, and everything else is kept", async () => {
    const before = { well: { images, version: "0.4" }, other: [1] };
    const added = [...images, { path: "0_corrected", acquisition: 2 }];
    const after = await listed(".zattrs", before, ["0", "0_corrected"]);
    expect(after).toEqual({ well: { images: added, version: "0.4" }, other: [1] });
  });

  it("is listed in OME-Zarr 0.5, too", async () => {
    const ome = { version: "0.5", well: { images } };
    const group = { zarr_format: 3, node_type: "group", attributes: { ome }, consolidated: null };
    const after = await listed("zarr.json", group, ["1", "1_corrected"]);
    expect(after.attributes.ome.well.images).toEqual([...images, { path: "1_corrected" }]);
    expect(after).toMatchObject({ zarr_format: 3, consolidated: null });
  });

  it("changes nothing where its source is not listed, or there is no well", async () => {
    for (const attributes of [{ well: { images } }, { plate: {} }, { well: { images: "none" } }]) {
      expect(await listed(".zattrs", attributes, ["7", "7_corrected"])).toEqual(attributes);
    }
  });
});
