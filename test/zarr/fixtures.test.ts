/** Arrays that other software wrote, read by Isolux and by zarrita: the same pixels, or a refusal in a sentence. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as zarrita from "zarrita";
import { IsoluxError } from "../../src/errors.ts";
import { elementCount, type PixelArray } from "../../src/shapes.ts";
import { openArray, type ZarrArray } from "../../src/zarr/array.ts";
import { readBox } from "../../src/zarr/box.ts";
import { decodeBytes } from "../../src/zarr/codecs/codec.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { parseCodec } from "../../src/zarr/metadata/version-2.ts";
import { pixelsOfArray } from "../support/pixels.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";
import { ZarritaStore } from "../support/zarrita-store.ts";
import { expectSamePixels } from "./same-pixels.ts";

const readable = new Set([
  "|u1",
  "<u2",
  ">u2",
  "<f4",
  ">f4",
  "|i1",
  "<i2",
  ">i2",
  "<i4",
  ">i4",
  "<u4",
  ">u4",
  "<f8",
  ">f8",
]);

let root = "";

beforeAll(() => {
  if (!hasReferenceData) return;
  root = mkdtempSync(join(tmpdir(), "isolux-fixtures-"));
  execFileSync("tar", ["-C", root, "-xf", join(referenceFolder, "data/zarr-fixtures.tar.xz")]);
});

afterAll(() => {
  if (root !== "") rmSync(root, { recursive: true, force: true });
});

function filesNamed(name: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === name)
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The whole array, or what lies between `start` and `stop`. */
async function readByZarrita(
  folder: string,
  zarrFormat: 2 | 3,
  box?: { readonly start: readonly number[]; readonly stop: readonly number[] },
): Promise<PixelArray> {
  const store = new ZarritaStore(new DirectoryStore(folder));
  const open = zarrFormat === 2 ? zarrita.open.v2 : zarrita.open.v3;
  const array = await open(zarrita.root(store), { kind: "array", attrs: false });
  const selection = box?.start.map((from, axis) => zarrita.slice(from, box.stop[axis]!));
  const { data, shape, stride } = await zarrita.get(array, selection);
  return inCOrder(data as PixelArray, shape, stride);
}

/** Of indices at the start of a shard zarrita knows nothing, but the same pixels are there with an index at the end. */
function withIndexAtEnd(folder: string): string {
  return folder.replace(/index_location([\\/])start$/, "index_location$1end");
}

/** Compares an array that is too large to hold: at its corners and at places between, across borders of chunks. */
async function expectSameInBoxes(array: ZarrArray, folder: string, zarrFormat: 2 | 3): Promise<void> {
  const { shape, chunkShape } = array.metadata;
  for (const fraction of [0, 0.21, 0.5, 0.83, 1]) {
    const extent = shape.map((count, axis) => Math.min(count, axis < shape.length - 2 ? 2 : 200));
    const start = shape.map((count, axis) => {
      const border = chunkShape[axis]! * Math.round((fraction * count) / chunkShape[axis]!);
      return Math.max(0, Math.min(count - extent[axis]!, border - Math.floor(extent[axis]! / 2)));
    });
    const stop = start.map((from, axis) => from + extent[axis]!);
    const where = `${folder} ${start.join()}`;
    expectSamePixels(
      await readBox(array, start, stop),
      await readByZarrita(folder, zarrFormat, { start, stop }),
      where,
    );
  }
}

/** zarrita leaves pixels in F order as they are, and says so in its strides. */
function inCOrder(pixels: PixelArray, shape: readonly number[], strides: readonly number[]): PixelArray {
  const isInCOrder = shape.every((_, axis) => strides[axis] === elementCount(shape.slice(axis + 1)));
  if (isInCOrder) return pixels;
  const ordered = pixels.slice();
  for (let to = 0; to < ordered.length; to++) {
    let rest = to;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    ordered[to] = pixels[from]!;
  }
  return ordered;
}

/** Opens an array, or checks that it is refused as every array should be. */
async function openOrRefuse(store: DirectoryStore, key: string, zarrFormat: 2 | 3): Promise<ZarrArray | undefined> {
  try {
    return await openArray(store, key, zarrFormat);
  } catch (error) {
    expect(error).toBeInstanceOf(IsoluxError);
    expect((error as IsoluxError).where).toContain(key);
    expect(["unsupported", "corrupt", "not-found"]).toContain((error as IsoluxError).kind);
    return undefined;
  }
}

function reasonOf({ kind, what, found }: IsoluxError): string {
  return `${kind}: ${what}: ${found?.replace(/^(\{"name":"optional").*/, "$1...")}`;
}

describe.skipIf(!hasReferenceData)("arrays of others", () => {
  test.each([2, 3] as const)(
    "pixels of every array of version %d equal zarrita's, or the array is refused in a sentence",
    async (zarrFormat) => {
      const store = new DirectoryStore(root);
      let compared = 0;
      for (const document of filesNamed(zarrFormat === 2 ? ".zarray" : "zarr.json")) {
        const folder = dirname(document);
        const key = relative(root, folder);
        const array = await openOrRefuse(store, key, zarrFormat);
        if (array === undefined) continue;
        if (elementCount(array.metadata.shape) > 2 ** 22) await expectSameInBoxes(array, folder, zarrFormat);
        else expectSamePixels(await pixelsOfArray(array), await readByZarrita(withIndexAtEnd(folder), zarrFormat), key);
        compared++;
      }
      expect(compared).toBeGreaterThan(60);
    },
  );

  test("every array of version 2 of a supported type and codec is accepted", async () => {
    const store = new DirectoryStore(root);
    for (const path of filesNamed(".zarray")) {
      const document = JSON.parse(readFileSync(path, "utf8"));
      const id = document.compressor?.id ?? "blosc";
      if (!readable.has(document.dtype) || !["blosc", "zstd", "gzip", "zlib", "lz4"].includes(id)) continue;
      await openArray(store, relative(root, dirname(path)), 2);
    }
  });

  test("what is refused of version 2 is refused for what it is", async () => {
    const store = new DirectoryStore(root);
    const reasons = new Map<string, number>();
    for (const path of filesNamed(".zarray")) {
      const error = await openArray(store, relative(root, dirname(path)), 2).catch((reason: IsoluxError) => reason);
      if (error instanceof IsoluxError) reasons.set(reasonOf(error), (reasons.get(reasonOf(error)) ?? 0) + 1);
    }
    expect(Object.fromEntries(reasons)).toEqual({
      'unsupported: The compressor of this Zarr array is not supported: "bz2"': 2,
      'unsupported: The compressor of this Zarr array is not supported: "pcodec"': 2,
      'unsupported: The compressor of this Zarr array is not supported: "zfpy"': 2,
      'unsupported: The data type of this Zarr array is not supported: "<U13"': 1,
      'unsupported: The data type of this Zarr array is not supported: "<U7"': 2,
      'unsupported: The data type of this Zarr array is not supported: "<i8"': 53,
      'unsupported: The data type of this Zarr array is not supported: ">U13"': 1,
      'unsupported: The data type of this Zarr array is not supported: "|O"': 25,
      'unsupported: The data type of this Zarr array is not supported: "|S7"': 1,
      'unsupported: The data type of this Zarr array is not supported: "|b1"': 2,
    });
  });

  test.each([2, 3] as const)(
    "every array of version %d with pixels is refused once a chunk of it is cut",
    async (zarrFormat) => {
      const store = new DirectoryStore(root);
      let broken = 0;
      for (const document of filesNamed(zarrFormat === 2 ? ".zarray" : "zarr.json")) {
        const key = relative(root, dirname(document));
        const array = await openOrRefuse(store, key, zarrFormat);
        if (array === undefined || elementCount(array.metadata.shape) === 0) continue;
        const first = array.metadata.shape.map(() => 0);
        const path = join(root, array.objectKey(first));
        if (!existsSync(path)) continue;
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.subarray(0, bytes.length - Math.ceil(bytes.length / 3)));
        const error = await array.readChunk(first).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        writeFileSync(path, bytes);
        expect(error, key).toBeInstanceOf(IsoluxError);
        expect(error, key).toMatchObject({ kind: "corrupt", where: expect.stringContaining(key) });
        broken++;
      }
      expect(broken).toBeGreaterThan(40);
    },
  );

  test("what is refused of version 3 is refused for what it is", async () => {
    const store = new DirectoryStore(root);
    const reasons = new Map<string, number>();
    for (const path of filesNamed("zarr.json")) {
      const { node_type } = JSON.parse(readFileSync(path, "utf8"));
      const error = await openArray(store, relative(root, dirname(path)), 3).catch((reason: IsoluxError) => reason);
      if (node_type === "group") expect(error).toMatchObject({ kind: "not-found" });
      else if (error instanceof IsoluxError) reasons.set(reasonOf(error), (reasons.get(reasonOf(error)) ?? 0) + 1);
    }
    expect(Object.fromEntries(reasons)).toEqual({
      "corrupt: The metadata of a Zarr array are wrong in their chunk_grid: nothing": 4,
      "corrupt: The metadata of a Zarr array are wrong in their chunk_shape: [1,32,32]": 1,
      'unsupported: The codec of this Zarr array is not supported: "numcodecs.adler32"': 1,
      'unsupported: The codec of this Zarr array is not supported: "numcodecs.bz2"': 2,
      'unsupported: The codec of this Zarr array is not supported: "numcodecs.fletcher32"': 1,
      'unsupported: The codec of this Zarr array is not supported: "numcodecs.pcodec"': 2,
      'unsupported: The codec of this Zarr array is not supported: "numcodecs.zfpy"': 2,
      'unsupported: The data type of this Zarr array is not supported: "bool"': 2,
      'unsupported: The data type of this Zarr array is not supported: {"name":"optional"...': 2,
      'unsupported: The list of storage transformers of this Zarr array is not supported: ["chunk-manifest-json"]': 1,
    });
  });

  test("chunks that numcodecs wrote decode to the items that were encoded", async () => {
    let compared = 0;
    for (const config of filesNamed("config.json").filter((path) => path.includes("/codec."))) {
      const folder = dirname(config);
      const codec = parseCodec(JSON.parse(readFileSync(config, "utf8")), null, folder);
      for (const name of readdirSync(folder).filter((file) => file.startsWith("encoded."))) {
        const items = readNpyItems(join(folder, "..", `array.${name.split(".")[1]}.npy`));
        const encoded = new Uint8Array(readFileSync(join(folder, name)));
        expectSamePixels(await decodeBytes(codec, encoded, items.length, folder), items, `${folder} ${name}`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });
});

function readNpyItems(path: string): Uint8Array {
  const bytes = new Uint8Array(readFileSync(path));
  return bytes.slice(10 + bytes[8]! + 256 * bytes[9]!);
}
