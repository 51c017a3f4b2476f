import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { PagePixels } from "../../../src/acquisition/pages/plane-source.ts";
import { openTiffPlanes } from "../../../src/acquisition/pages/tiff-planes.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { CountingStore } from "../../support/counting-store.ts";
import { fixturePixels, tiffFixture } from "./stacks.ts";

async function storeWith(bytes: Uint8Array): Promise<CountingStore> {
  const store = new CountingStore();
  await store.set("a.tif", bytes);
  return store;
}

const openFixture = async (name: string) => await openTiffPlanes(await storeWith(tiffFixture(name)), "a.tif");

describe("openTiffPlanes", () => {
  it.each(["imagej.tiff", "pages.btf", "big-endian.btf", "deflate.btf", "deflate-big-endian.tif"])(
    "%s",
    async (name) => {
      const planes = await openFixture(name);
      expect(planes).toMatchObject({ planeCount: 6, shapeYx: [5, 7], typeName: "uint16" });
      const pixels = new PagePixels(planes);
      expect(await pixels.read({ start: [0, 0, 0], stop: [6, 5, 7] })).toEqual(fixturePixels());
      const box = await pixels.read({ start: [1, 1, 2], stop: [5, 4, 6] });
      expect([...box]).toEqual(
        [1, 2, 3, 4].flatMap((z) => [1, 2, 3].flatMap((y) => [2, 3, 4, 5].map((x) => 30000 + 100 * z + 10 * y + x))),
      );
    },
  );

  it("float32 and uint8 stay what they are", async () => {
    const box = { start: [5, 4, 0], stop: [6, 5, 7] } as const;
    const last = [...fixturePixels().subarray(-7)];
    expect(await new PagePixels(await openFixture("float.tif")).read(box)).toEqual(
      Float32Array.from(last, (v) => v / 8),
    );
    expect(await new PagePixels(await openFixture("uint8.tif")).read(box)).toEqual(
      Uint8Array.from(last, (v) => v % 251),
    );
  });

  it.each([
    ["double.tif", "float64"],
    ["rgb.tif", "3 (colour?)"],
  ])("%s is refused", async (name, found) => {
    const opening = openFixture(name).then((planes) => new PagePixels(planes));
    await expect(opening).rejects.toMatchObject({ kind: "unsupported", found, where: "memory:/a.tif" });
  });

  it.each([
    ["pages.btf", 0],
    ["big-endian.btf", 0],
    ["deflate.btf", 0],
    // Its planes are found without the directories that follow them.
    ["imagej.tiff", tiffFixture("imagej.tiff").length - 352 - fixturePixels().byteLength],
  ])("%s, cut anywhere, is refused when it is opened or read, naming the file", async (name, needlessBytes) => {
    const whole = tiffFixture(name);
    for (let bytes = 0; bytes < whole.length - needlessBytes; bytes += 97) {
      const store = await storeWith(whole.subarray(0, bytes));
      const readAll = async () => {
        const pixels = new PagePixels(await openTiffPlanes(store, "a.tif"));
        await pixels.read({ start: [0, 0, 0], stop: pixels.shapeZyx });
      };
      const failure: unknown = await readAll().catch((cause: unknown) => cause);
      expect(failure, `${bytes} bytes`).toMatchObject({ kind: "corrupt", where: "memory:/a.tif" });
    }
  });

  it("asks for a page when it is read, not for all pages before", async () => {
    const pages = 400;
    const store = await storeWith(manyPages(pages));
    const planes = await openTiffPlanes(store, "a.tif");
    expect(planes.planeCount).toBe(pages);
    expect(store.reads).toBeLessThan(8);
    const before = store.reads;
    expect(await planes.readRows(257, 1, 3)).toEqual(Uint16Array.from({ length: 14 }, (_, n) => 257 + 7 + n));
    expect(store.reads - before).toBe(2);
  });

  it("walks through pages of unequal distances", async () => {
    const planes = await openTiffPlanes(await storeWith(manyPages(40, 20)), "a.tif");
    expect(planes.planeCount).toBe(40);
    expect(await planes.readRows(30, 0, 1)).toEqual(Uint16Array.from({ length: 7 }, (_, n) => 30 + n));
  });

  it("finds planes beyond 4 GiB by ImageJ's description alone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "isolux-large-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const planeBytes = 1024 * 1024 * 2;
    const count = 2100;
    const start = imageJHead(1024, 1024, count);
    await writeFile(join(folder, "a.tif"), start);
    const file = await open(join(folder, "a.tif"), "r+");
    await file.write(Uint16Array.of(7, 8, 9), 0, 6, start.length + (count - 1) * planeBytes + 2048);
    await file.truncate(start.length + count * planeBytes);
    await file.close();
    const planes = await openTiffPlanes(new DirectoryStore(folder), "a.tif");
    expect(planes).toMatchObject({ planeCount: count, shapeYx: [1024, 1024] });
    expect((await planes.readRows(count - 1, 1, 2)).subarray(0, 4)).toEqual(Uint16Array.of(7, 8, 9, 0));
  });
});

/** A directory of a little-endian TIFF with one strip. */
function directory(rows: number, columns: number, offset: number, next: number, description?: [number, number]) {
  const entries: [number, number, number, number][] = [
    [256, 4, 1, columns],
    [257, 4, 1, rows],
    [258, 3, 1, 16],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    ...(description ? [[270, 2, ...description] as [number, number, number, number]] : []),
    [273, 4, 1, offset],
    [278, 4, 1, rows],
    [279, 4, 1, rows * columns * 2],
  ];
  const view = new DataView(new ArrayBuffer(2 + 12 * entries.length + 4));
  view.setUint16(0, entries.length, true);
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    view.setUint16(2 + index * 12, tag, true);
    view.setUint16(4 + index * 12, type, true);
    view.setUint32(6 + index * 12, count, true);
    view.setUint32(10 + index * 12, value, true);
  }
  view.setUint32(2 + 12 * entries.length, next, true);
  return new Uint8Array(view.buffer);
}

function header(firstDirectory: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, 0x002a4949, true);
  view.setUint32(4, firstDirectory, true);
  return new Uint8Array(view.buffer);
}

/** Pages of 5 x 7 pixels that count from the page's number; after page `gapAt` lies a gap. */
function manyPages(count: number, gapAt = count): Uint8Array {
  const parts = [header(8)];
  let at = 8;
  for (let page = 0; page < count; page++) {
    const pixels = new Uint8Array(Uint16Array.from({ length: 35 }, (_, n) => page + n).buffer);
    const directoryBytes = 2 + 12 * 8 + 4;
    const gap = new Uint8Array(page === gapAt ? 30 : 0);
    const next = at + directoryBytes + pixels.length + gap.length;
    parts.push(directory(5, 7, at + directoryBytes, page + 1 < count ? next : 0), pixels, gap);
    at = next;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** What stands before the pixels in a file of ImageJ. */
function imageJHead(rows: number, columns: number, count: number): Uint8Array {
  const text = new TextEncoder().encode(`ImageJ=1.54f\nimages=${count}\nslices=${count}\n\0`);
  const directoryBytes = 2 + 12 * 9 + 4;
  const offset = 8 + directoryBytes + text.length;
  const page = directory(rows, columns, offset, 0, [text.length, 8 + directoryBytes]);
  return new Uint8Array(Buffer.concat([header(8), page, text]));
}
