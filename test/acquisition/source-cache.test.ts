import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PagePixels } from "../../src/acquisition/pages/plane-source.ts";
import { openTiffPlanes } from "../../src/acquisition/pages/tiff-planes.ts";
import { SourceCache } from "../../src/acquisition/source-cache.ts";
import type { PixelArray } from "../../src/shapes.ts";
import { CountingStore } from "../support/counting-store.ts";
import { tiffFile } from "../support/tiff-file.ts";

describe("SourceCache", () => {
  it("holds no more than it may, gives what belongs to a name, and keeps what was used last", async () => {
    const use = fc.record({ name: fc.nat(9), limit: fc.option(fc.nat(60), { freq: 9 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(use, { maxLength: 60 }), async (uses) => {
        const cache = new SourceCache();
        // What it should hold, used last at the end: 4 bytes for each name and one.
        let kept: number[] = [];
        let limitBytes = 0;
        const bytesOf = (names: readonly number[]) => names.reduce((sum, name) => sum + name + 1, 0);
        for (const { name, limit } of uses) {
          limitBytes = limit ?? limitBytes;
          cache.keepAtMost(limitBytes);
          while (bytesOf(kept) > limitBytes) kept.shift();
          let wasRead = false;
          const wanted = { name: String(name), type: "uint8", length: name + 1, place: undefined } as const;
          const read = async (into = new Uint8Array(name + 1) as PixelArray) => {
            wasRead = true;
            return into.fill(name);
          };
          await cache.lend(wanted, read, (pixels) => expect(pixels).toEqual(new Uint8Array(name + 1).fill(name)));
          expect(wasRead).toBe(!kept.includes(name));
          if (name + 1 > limitBytes) continue;
          kept = [...kept.filter((other) => other !== name), name];
          while (bytesOf(kept) > limitBytes) kept.shift();
        }
      }),
    );
  });

  it("reads what it does not keep into one array, or into its place", async () => {
    const cache = new SourceCache();
    const used: PixelArray[] = [];
    const lend = (length: number, place?: PixelArray) =>
      cache.lend(
        { name: "rows", type: "uint16", length, place },
        async (into) => into!,
        (pixels) => used.push(pixels),
      );
    const place = new Uint16Array(4);
    await lend(4);
    await lend(4, place);
    await lend(4);
    await Promise.all([lend(4), lend(4)]);
    const [first, second, third, fourth, fifth] = used;
    expect(second).toBe(place);
    expect(third).toBe(first);
    // Two at a time never share one.
    expect(fourth).toBe(first);
    expect(fifth).not.toBe(first);
  });

  it("lets strips of a compressed page be read once for all boxes within them", async () => {
    // Strips of more bytes than are read around the tags
    const [depth, height, width] = [6, 48, 80];
    const planes = Array.from({ length: depth }, (_, z) =>
      Uint16Array.from({ length: height * width }, (_, n) => ((n + 1) * (z + 1) * 2_654_435_761) >>> 16),
    );
    const file = tiffFile(planes, [height, width], "", "deflate");
    const read = async (keptBytes: number) => {
      const store = new CountingStore();
      await store.set("a.tif", file);
      const cache = new SourceCache();
      cache.keepAtMost(keptBytes);
      const pixels = new PagePixels(await openTiffPlanes(store, "a.tif"), cache);
      // The first box may find out where things are.
      await pixels.read({ start: [0, 0, 0], stop: [depth, 1, 1] });
      store.bytes = 0;
      for (let y = 0; y < height; y += 8) {
        for (let x = 0; x < width; x += 16) {
          const column = await pixels.read({ start: [0, y, x], stop: [depth, y + 1, x + 1] });
          expect([...column]).toEqual(planes.map((plane) => plane[y * width + x]!));
        }
      }
      return store.bytes;
    };
    const [once, again] = [await read(1e6), await read(0)];
    expect(again).toBeGreaterThan(20 * file.length);
    expect(once).toBeLessThan(again / 6);
  });
});
