import * as zlib from "node:zlib";
import { unzipSync, zipSync } from "fflate";
import { afterEach, describe, expect, it } from "vitest";
import { IsoluxError } from "../../src/errors.ts";
import { encodeNpz, encodeZip, openNpz } from "../../src/profile/npz.ts";
import { setCrc32 } from "../../src/zarr/codecs/checksums.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";
import { numpyFixture, openNpzFile } from "./numpy-fixtures.ts";

afterEach(() => setCrc32());

describe("archives", () => {
  it.each([
    ["stored.npz", "flatfield", [2, 3]],
    ["streamed.npz", "x", [2, 3]],
    ["zip64.npz", "y", [2, 3]],
  ])("reads %s", (name, key, shape) => {
    expect(openNpz(numpyFixture(name), name).read(key).shape).toEqual(shape);
  });

  it("leaves out members that are no arrays", () => {
    expect(openNpz(numpyFixture("streamed.npz"), "s").keys).toEqual(["x"]);
  });

  it("names the keys that there are where one is missing", () => {
    const archive = openNpz(numpyFixture("stored.npz"), "a.npz");
    expect(() => archive.read("darkfield")).toThrow(
      'An array is missing from the archive (a.npz, key "darkfield"): found flatfield, baseline.',
    );
  });

  it("refuses pickled objects, naming file and key", () => {
    expect(() => openNpz(numpyFixture("pickled.npz"), "p.npz").read("params")).toThrow(
      /holds pickled Python objects \(p\.npz, key "params"\)/,
    );
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["text", new TextEncoder().encode("flatfield")],
    ["zeros", new Uint8Array(5000)],
    ["an array", numpyFixture("version2.npy")],
  ])("refuses %s", (_, bytes) => {
    expect(() => openNpz(bytes, "x.npz")).toThrow(/^This is not a zip archive \(x\.npz\)/);
  });
});

describe("damaged archives", () => {
  const readAll = (bytes: Uint8Array) => {
    const archive = openNpz(bytes, "d.npz");
    return archive.keys.map((key) => archive.read(key));
  };

  it.each(["stored.npz", "zip64.npz", "streamed.npz"])("%s cut anywhere is refused", (name) => {
    const whole = numpyFixture(name);
    for (let length = 0; length < whole.length; length++) {
      expect(() => readAll(whole.subarray(0, length)), `${length} bytes`).toThrow(IsoluxError);
    }
  });

  it.each(["stored.npz", "zip64.npz", "streamed.npz"])(
    "%s with a byte changed reads the same or is refused",
    (name) => {
      const whole = numpyFixture(name);
      const truth = JSON.stringify(readAll(whole).map(({ shape, data }) => [shape, [...data]]));
      for (let at = 0; at < whole.length; at++) {
        const changed = whole.slice();
        changed[at]! ^= 0xff;
        try {
          const arrays = readAll(changed);
          // Names are under no checksum: a changed one is another key, or no array.
          const seen = JSON.stringify(arrays.map(({ shape, data }) => [shape, [...data]]));
          if (arrays.length === JSON.parse(truth).length) expect(seen, `byte ${at}`).toBe(truth);
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(IsoluxError);
        }
      }
    },
  );
});

describe("writing", () => {
  const arrays = { flatfield: { shape: [1, 2], data: Float32Array.of(0.5, 1.5) }, note: { text: "é" } };

  it("is read back", () => {
    const archive = openNpz(encodeNpz(arrays), "x");
    expect(archive.keys).toEqual(["flatfield", "note"]);
    expect(archive.read("flatfield")).toMatchObject({ shape: [1, 2], data: Float32Array.of(0.5, 1.5) });
  });

  it.each(["portable", "Node's"])("gives the very archive of another program, with %s checksums", (which) => {
    // Node has it from 20.15 on
    if (which !== "portable") setCrc32((zlib as Partial<typeof zlib>).crc32);
    const parts = [new Uint8Array(11).fill(3), new Uint8Array(0), Uint8Array.of(1, 2, 3)];
    const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
    const members = { "a.npy": parts, "é.npy": [whole], "empty.npy": [] };
    const expected = { "a.npy": whole, "é.npy": whole, "empty.npy": new Uint8Array(0) };
    expect(encodeZip(members)).toEqual(zipSync(expected, { level: 0, mtime: new Date(1980, 0, 1) }));
    expect(encodeZip({})).toEqual(zipSync({}));
  });

  it("gives the same bytes at another time", async () => {
    const first = encodeNpz(arrays);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(encodeNpz(arrays)).toEqual(first);
    // The earliest date of the format: 1 January 1980, midnight.
    expect([...first.subarray(10, 14)]).toEqual([0, 0, 0x21, 0]);
  });
});

describe.skipIf(!hasReferenceData)("archives of others", () => {
  it("reads a golden fit", () => {
    const archive = openNpzFile(`${referenceFolder}data/basicpy/golden/ladmap.timelapse_nanog.dark1.sort0.npz`);
    expect(archive.keys.map((key) => archive.read(key).shape)).toEqual([[128, 171], [128, 171], [189]]);
  });
});

it("unpacks no member that goes on far beyond its array", () => {
  const long = new Uint8Array(300_000);
  long.set(encodeNpyOfOne());
  const archive = zipSync({ "flatfield.npy": long });
  expect(() => openNpz(archive, "a.npz").read("flatfield")).toThrow(/A zip archive is damaged/);
});

/** The bytes of an array of one value. */
function encodeNpyOfOne(): Uint8Array {
  const archive = encodeNpz({ flatfield: { shape: [1, 1], data: Float32Array.of(1) } });
  return unzipSync(archive)["flatfield.npy"]!;
}
