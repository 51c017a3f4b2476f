import { expect, it } from "vitest";
import { refuseFolder } from "../../../src/acquisition/listed/unknown-folder.ts";
import { IsoluxError } from "../../../src/errors.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

it.each([
  ["s_01x02_C00_Z0003.tif", "s_{row}x{col}_C{channel}_Z{plane}.tif"],
  ["brain_01 x 00_z12.ome.tif", "brain_{row} x {col}_z{plane}.ome.tif"],
  ["a_3_7_0001.tif", "a_{row}_{col}_{plane}.tif"],
  ["run2_ch1_4_5_plane0007.png", "run2_ch{channel}_{row}_{col}_plane{plane}.png"],
])("a folder of %s is refused with the pattern %s to begin with", async (name, pattern) => {
  const store = new MemoryStore("data");
  await store.set(`tiles/${name}`, Uint8Array.of(1));
  const error = new IsoluxError({ kind: "not-found", what: "Nothing is there" });
  await expect(refuseFolder(store, "tiles", error)).rejects.toThrow(
    `describe them: --pattern "${pattern}" --overlap 0.1`,
  );
});
