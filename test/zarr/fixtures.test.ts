/** Arrays that other software wrote, read by Isolux and by zarrita: the same pixels, or a refusal in a sentence. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as zarrita from "zarrita";
import { IsoluxError } from "../../src/errors.ts";
import { elementCount, type PixelArray } from "../../src/shapes.ts";
import { openArray, readBox } from "../../src/zarr/array.ts";
import { parseCodec } from "../../src/zarr/codec-v2.ts";
import { decodeBytes } from "../../src/zarr/codecs/codec.ts";
import { DirectoryStore } from "../../src/zarr/directory-store.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";
import { expectSamePixels } from "./same-pixels.ts";

const readable = new Set(["|u1", "<u2", ">u2", "<f4", ">f4"]);

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

async function readByZarrita(folder: string): Promise<PixelArray> {
  const store = {
    get: async (key: `/${string}`) => {
      try {
        return new Uint8Array(readFileSync(join(folder, key)));
      } catch {
        return undefined;
      }
    },
  };
  const array = await zarrita.open.v2(zarrita.root(store), { kind: "array", attrs: false });
  const { data, shape, stride } = await zarrita.get(array);
  return inCOrder(data as PixelArray, shape, stride);
}

/** zarrita leaves pixels in F order as they are, and says so in its strides. */
function inCOrder(pixels: PixelArray, shape: readonly number[], strides: readonly number[]): PixelArray {
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

describe.skipIf(!hasReferenceData)("arrays of others", () => {
  test("pixels of every array equal zarrita's, or the array is refused in a sentence", async () => {
    const store = new DirectoryStore(root);
    let compared = 0;
    let _refused = 0;
    for (const document of filesNamed(".zarray")) {
      const folder = dirname(document);
      const key = relative(root, folder);
      let array: Awaited<ReturnType<typeof openArray>>;
      try {
        array = await openArray(store, key);
      } catch (error) {
        expect(error).toBeInstanceOf(IsoluxError);
        expect((error as IsoluxError).where).toContain(key);
        expect(["unsupported", "corrupt"]).toContain((error as IsoluxError).kind);
        _refused++;
        continue;
      }
      const { shape } = array.metadata;
      // The largest arrays are nearly empty, and slow to compare
      if (elementCount(shape) > 2 ** 22) continue;
      const pixels = await readBox(
        array,
        shape.map(() => 0),
        shape,
      );
      expectSamePixels(pixels, await readByZarrita(folder), key);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });

  test("every array of a supported type and codec is accepted", async () => {
    const store = new DirectoryStore(root);
    for (const path of filesNamed(".zarray")) {
      const document = JSON.parse(readFileSync(path, "utf8"));
      const id = document.compressor?.id ?? "blosc";
      if (!readable.has(document.dtype) || !["blosc", "zstd", "gzip", "zlib", "lz4"].includes(id)) continue;
      await openArray(store, relative(root, dirname(path)));
    }
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
