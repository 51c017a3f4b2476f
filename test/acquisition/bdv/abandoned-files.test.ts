import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Hdf5File } from "../../../src/acquisition/bdv/hdf5-file.ts";
import { closeQuietly } from "../../../src/acquisition/bdv/hdf5-module.ts";

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
  expect(() => closeQuietly(close)).not.toThrow();
});

it("closes the one of many files that was used first, and opens it again where it is read", async () => {
  let begun = 0;
  const counted = {
    ...source,
    read: (into: Uint8Array, offset: number) => {
      if (offset === 0) begun++;
      return source.read(into, offset);
    },
  };
  const first = await Hdf5File.open(counted);
  const names = first.names("/");
  const afterOpening = begun;
  const others: Hdf5File[] = [];
  for (let n = 0; n < 70; n++) others.push(await Hdf5File.open(source));
  expect(begun).toBe(afterOpening);
  expect(first.names("/")).toEqual(names);
  expect(begun).toBeGreaterThan(afterOpening);
  for (const other of others) expect(other.names("/")).toEqual(names);
});
