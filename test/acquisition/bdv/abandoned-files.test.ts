import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { closeAbandoned, Hdf5File } from "../../../src/acquisition/bdv/hdf5-file.ts";

const bytes = new Uint8Array(readFileSync(new URL("../../fixtures/bdv/auto_bdv.h5", import.meta.url)));
const source = {
  location: "a.h5",
  byteLength: bytes.length,
  read: (into: Uint8Array, offset: number) => {
    const part = bytes.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  },
  release: () => undefined,
};

it("closes an abandoned file, and ends no process where the library cannot close it", async () => {
  const file = await Hdf5File.open(source);
  expect(file.names("/")).toContain("t00000");
  const close = () => {
    if (file.names("/nowhere").length === 0) throw new Error("not refused");
  };
  expect(close).toThrow();
  expect(() => closeAbandoned(close)).not.toThrow();
});
