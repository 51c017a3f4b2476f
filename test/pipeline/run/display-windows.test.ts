import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Level } from "../../../src/acquisition/level.ts";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { displayWindows } from "../../../src/pipeline/run/display-windows.ts";
import type { Czyx, PixelArray, PixelType } from "../../../src/shapes.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { type ImageArray, patternedPixels, writeArray } from "../../acquisition/write-image.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";

async function windowsOf(given: ImageArray) {
  return displayWindows(new Level(await writeArray(new MemoryStore(), "0", given), [1, 1, 1]));
}

/** Linear between the neighbours in rank. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
  return below + (rank - Math.floor(rank)) * (above - below);
}

/** The window of one channel, from every second pixel along each axis. */
function naiveWindow(pixels: PixelArray, [, planes, rows, columns]: Czyx, channel: number, largest: number) {
  const values: number[] = [];
  for (let z = 0; z < planes; z += 2)
    for (let y = 0; y < rows; y += 2)
      for (let x = 0; x < columns; x += 2) values.push(pixels[((channel * planes + z) * rows + y) * columns + x]!);
  const median = percentile(values, 0.5);
  const bright = values.filter((value) => value > median);
  if (bright.length === 0) return undefined;
  const [start, end] = [0.001, 0.999].map((share) => Math.trunc(percentile(bright, share)));
  return { min: 0, max: Math.min(10 * end!, largest), start, end };
}

describe("displayWindows", () => {
  it("takes every second pixel along each axis, wherever the chunks lie", async () => {
    const side = fc.integer({ min: 1, max: 9 });
    const few = fc.integer({ min: 1, max: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<PixelType>("uint8", "uint16"),
        fc.tuple(few, side, side, side),
        fc.tuple(few, few, side, side),
        fc.nat(),
        async (type, shape, chunkShape, seed) => {
          const pixels = patternedPixels(type, shape, seed);
          const largest = type === "uint8" ? 255 : 65535;
          const wanted = Array.from({ length: shape[0] }, (_, c) => naiveWindow(pixels, shape, c, largest));
          expect(await windowsOf({ shape, chunkShape, type, pixels })).toEqual(wanted);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("has none for a channel of one value, also where no chunk is stored", async () => {
    const array = { shape: [2, 2, 8, 8], chunkShape: [1, 2, 4, 4] };
    expect(await windowsOf(array)).toEqual([undefined, undefined]);
    expect(await windowsOf({ ...array, pixels: new Uint16Array(256).fill(500) })).toEqual([undefined, undefined]);
  });

  it("counts missing chunks as the fill value", async () => {
    const pixels = new Uint16Array(64).fill(1000);
    const given = { shape: [1, 1, 8, 8], chunkShape: [1, 1, 8, 2], fillValue: 7, pixels };
    const [window] = await windowsOf({ ...given, missing: ([, , , x]) => x! > 0 });
    expect(window).toEqual({ min: 0, max: 10_000, start: 1000, end: 1000 });
  });

  it("keeps the fractions of floating-point pixels and does not mind NaN", async () => {
    const pixels = Float32Array.from({ length: 400 }, (_, i) => (i % 50 === 0 ? Number.NaN : i / 100));
    const [window] = await windowsOf({ shape: [1, 1, 20, 20], chunkShape: [1, 1, 7, 7], type: "float32", pixels });
    expect(window!.end).toBeGreaterThan(3.5);
    expect(window!.start).toBeGreaterThan(1.8);
    expect(window).toMatchObject({ min: 0, max: 10 * window!.end });
  });

  it("spans the pixels of an image that is negative all over", async () => {
    const pixels = Float32Array.from({ length: 400 }, (_, i) => -1 - i / 100);
    const [window] = await windowsOf({ shape: [1, 1, 20, 20], chunkShape: [1, 1, 20, 20], type: "float32", pixels });
    expect(window!.min).toBeLessThanOrEqual(window!.start);
    expect(window!.start).toBeLessThan(window!.end);
    expect(window!.max).toBeGreaterThanOrEqual(window!.end);
  });

  it.skipIf(!hasReferenceData)("chooses what the mesoSPIM converter chose", async () => {
    const folder = `${referenceFolder}data/mesospim/samples/mosaic_v04/demo.zarr`;
    const mosaic = await openMosaic(new DirectoryStore(folder), "raw_image");
    const { omero } = mosaic.metadata.attributes as { omero: { channels: { window: unknown }[] } };
    expect(await displayWindows(mosaic.levels.at(-1)!)).toEqual(omero.channels.map(({ window }) => window));
  });
});
