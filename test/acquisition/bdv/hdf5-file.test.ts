import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { piecesOf } from "../../../src/acquisition/bdv/bdv-pixels.ts";
import { Hdf5File } from "../../../src/acquisition/bdv/hdf5-file.ts";
import { IsoluxError } from "../../../src/errors.ts";
import { openFileNode } from "../../../src/pipeline/places/find-places-node.ts";
import type { BoxZyx, Zyx } from "../../../src/shapes.ts";
import { bdvFixture, FileInMemory } from "./hdf5-files.ts";

const cells = "/t00000/s00/0/cells";

describe("Hdf5File", () => {
  it("reads what is asked for and lets go of the file after every call", async () => {
    const bytes = bdvFixture("auto_bdv.h5");
    const inMemory = new FileInMemory(bytes);
    const file = await Hdf5File.open(inMemory);
    expect(file.names("/")).toEqual(["s00", "s01", "s02", "s03", "t00000"]);
    expect(file.describe(cells)).toEqual({
      shape: [3, 5, 7],
      chunkShape: [1, 3, 4],
      typeName: "int16",
      filters: expect.any(Array),
      unreadableFilters: [],
    });
    expect(inMemory.releases).toBe(3);
    expect(inMemory.bytesRead).toBeLessThan(bytes.length / 2);
    const pixels = new Uint16Array(4);
    file.readBox(cells, [2, 4, 3], [1, 1, 4], new Uint8Array(pixels.buffer));
    expect(pixels).toEqual(Uint16Array.of(243, 244, 245, 246));
  });

  it.each([0, 1, 100, 2048, 30000, 51263])("a file cut after %i bytes", async (length) => {
    const file = new FileInMemory(bdvFixture("auto_bdv.h5").subarray(0, length));
    const failure: unknown = await Hdf5File.open(file).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ kind: "corrupt", where: "memory:/a.h5" });
    expect((failure as Error).message).toMatch(
      length < 100
        ? /^The file is not an HDF5 file \(memory:\/a.h5\)\. Copy it again/
        : /^The HDF5 file is cut short \(memory:\/a.h5\): found \d+ bytes, expected 51264\. Copy it again/,
    );
  });

  it("something else than an HDF5 file", async () => {
    const file = new FileInMemory(new TextEncoder().encode("II*\0 something else".repeat(40)));
    await expect(Hdf5File.open(file)).rejects.toThrow("The file is not an HDF5 file (memory:/a.h5).");
  });

  it("a group and an array that are not there", async () => {
    const file = await Hdf5File.open(new FileInMemory(bdvFixture("auto_bdv.h5")));
    expect(() => file.names("/t00001")).toThrow(
      /A group cannot be read \(memory:\/a.h5\/t00001\): found .*doesn't exist/,
    );
    expect(() => file.describe("/t00000/s01/0/cells")).toThrow(/An array cannot be read .*: found component not found/);
    expect(file.names("/t00000")).toEqual(["s00", "s03"]);
  });

  it("an array of pixels that lie in other files: never zeros", async () => {
    const file = await Hdf5File.open(new FileInMemory(bdvFixture("virtual.h5")));
    expect(() => file.describe("/cells")).toThrow(/virtual dataset.* \(memory:\/a.h5\/cells\)/);
  });

  it("a packed chunk that takes more memory than a run has, for any pixel of it", async () => {
    const file = await Hdf5File.open(new FileInMemory(bdvFixture("wide-chunk.h5")));
    expect(() => file.describe("/cells")).toThrow(
      /packed chunk is too large \(memory:\/a.h5\/cells\): found 536870912 by/,
    );
    expect(file.describe("/plain").chunkShape).toEqual([4, 8192, 8192]);
  });

  it("a part that lies in another file", async () => {
    const file = await Hdf5File.open(new FileInMemory(bdvFixture("linked.h5")));
    for (const read of [() => file.names("/t00000/s00"), () => file.describe("/t00000/s00/0/cells")]) {
      expect(read).toThrow(/external link: such are not followed \(memory:\/a\.h5\/t00000\/s00.*expand_external=True/);
    }
  });

  it("a file that shrinks or fails while it is read: never zeros", async () => {
    const inMemory = new FileInMemory(bdvFixture("auto_bdv.h5"));
    const file = await Hdf5File.open(inMemory);
    const read = () => file.readBox(cells, [0, 0, 0], [3, 5, 7], new Uint8Array(210));
    inMemory.bytes = inMemory.bytes.subarray(0, 3000);
    expect(read).toThrow(
      /The file became shorter while it was read \(memory:\/a.h5\): found fewer than \d+ bytes, expected 51264/,
    );
    inMemory.bytes = bdvFixture("auto_bdv.h5");
    const fault = new IsoluxError({ kind: "storage", what: "The disk failed" });
    inMemory.read = () => {
      throw fault;
    };
    expect(read).toThrow(fault);
    Reflect.deleteProperty(inMemory, "read");
    read();
  });

  it("a file that is not there", () => {
    expect(() => openFileNode("/nowhere/a.h5")).toThrow("There is no such file (/nowhere/a.h5).");
  });
});

describe("filters that h5py and hdf5plugin wrote with", async () => {
  const file = await Hdf5File.open(new FileInMemory(bdvFixture("filters.h5")));
  const pixelsOf = async (name: string) => {
    const { filters, unreadableFilters } = file.describe(name);
    expect(unreadableFilters).toEqual([]);
    await file.loadFilters(filters);
    const pixels = new Uint16Array(3 * 40 * 50);
    file.readBox(name, [0, 0, 0], [3, 40, 50], new Uint8Array(pixels.buffer));
    return pixels;
  };
  const names = file.names("/").filter((name) => name !== "none");

  it("are of all kinds", () => {
    expect(names).toHaveLength(10);
  });

  it.each(names)("%s", async (name) => {
    const pixels = await pixelsOf(name);
    expect(pixels[2 * 2000 + 39 * 50 + 49]).toBe(34000 + 200 + 390 + 49);
    expect(pixels).toEqual(await pixelsOf("none"));
  });

  it("Blosc with a compressor that its filter lacks is refused before pixels are read", async () => {
    const packed = await Hdf5File.open(new FileInMemory(bdvFixture("blosc-zlib.h5")));
    expect(packed.describe("t00000/s00/0/cells").unreadableFilters).toEqual(["blosc with zlib"]);
  });

  it("a damaged chunk is refused, and the library goes on", async () => {
    const damaged = new FileInMemory(bdvFixture("filters.h5"));
    const opened = await Hdf5File.open(damaged);
    const refused: string[] = [];
    for (const name of names) {
      Reflect.deleteProperty(damaged, "read");
      await opened.loadFilters(opened.describe(name).filters);
      const { read } = damaged;
      // Chunks, not what tells of them
      damaged.read = (into, offset) => {
        const count = read.call(damaged, into, offset);
        if (into.length > 100) for (let at = 0; at < count; at += 7) into[at] = 255 - into[at]!;
        return count;
      };
      try {
        opened.readBox(name, [0, 0, 0], [3, 40, 50], new Uint8Array(12000));
      } catch (cause) {
        expect(cause).toBeInstanceOf(IsoluxError);
        refused.push(name);
      }
    }
    expect(refused.length).toBeGreaterThan(6);
    expect(await pixelsOf("lzf")).toEqual(await pixelsOf("none"));
  });

  it("print nothing of a damaged chunk: where a command prints its result, that would break it", () => {
    const place = (path: string) => JSON.stringify(new URL(`../../../${path}`, import.meta.url));
    const script = `
      import { readFileSync } from "node:fs";
      await import(${place("dist/index-node.js")});
      const { Hdf5File } = await import(${place("dist/acquisition/bdv/hdf5-file.js")});
      const bytes = readFileSync(new URL(${place("test/fixtures/bdv/filters.h5")}));
      const read = (into, offset) => {
        into.set(bytes.subarray(offset, offset + into.length));
        // A chunk begins with the bytes that it unpacks to
        const isChunk = into.length > 16 && new DataView(into.buffer, into.byteOffset).getBigUint64(0) === 1024n;
        if (isChunk) into.fill(255, 16);
        return into.length;
      };
      const file = await Hdf5File.open({ location: "a.h5", byteLength: bytes.length, read, release() {} });
      await file.loadFilters(file.describe("lz4").filters);
      try {
        file.readBox("lz4", [0, 0, 0], [3, 40, 50], new Uint8Array(12000));
      } catch ({ name, message }) {
        console.log(name, message);
      }`;
    const words = ["--input-type=module", "-e", script];
    const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
    expect(stdout).toMatch(/^IsoluxError Pixels cannot be read .*filter returned failure.*\n$/);
    expect(stderr).toBe("");
  });
});

describe("piecesOf", () => {
  const extent = fc.integer({ min: 1, max: 9 });
  const zyx = fc.tuple(extent, extent, extent);

  it("parts a box into pieces between chunks, no larger than they must be", () => {
    fc.assert(
      fc.property(zyx, zyx, zyx, fc.integer({ min: 1, max: 300 }), (start, size, chunk, most) => {
        const stop = start.map((begin, axis) => begin + size[axis]!) as unknown as Zyx;
        const pieces = [...piecesOf({ start, stop }, chunk, most)];
        const covered = new Map<string, number>();
        for (const piece of pieces) {
          for (const [z, y] of rowsOf(piece)) covered.set(`${z} ${y}`, (covered.get(`${z} ${y}`) ?? 0) + 1);
          expect([piece.start[2], piece.stop[2]]).toEqual([start[2], stop[2]]);
          for (const axis of [0, 1]) {
            for (const cut of [piece.start[axis]!, piece.stop[axis]!]) {
              expect(cut === start[axis] || cut === stop[axis] || cut % chunk[axis]! === 0).toBe(true);
            }
          }
          const pixels = rowsOf(piece).length * size[2];
          expect(pixels <= Math.max(most, Math.min(chunk[0], size[0]) * Math.min(chunk[1], size[1]) * size[2])).toBe(
            true,
          );
        }
        expect([...covered.values()]).toEqual(new Array(size[0] * size[1]).fill(1));
      }),
    );
  });
});

function rowsOf({ start, stop }: BoxZyx): [z: number, y: number][] {
  const rows: [number, number][] = [];
  for (let z = start[0]; z < stop[0]; z++) for (let y = start[1]; y < stop[1]; y++) rows.push([z, y]);
  return rows;
}
