import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkImages, correctImage, DirectoryStore, estimateProfiles, inspectImage } from "../../src/node.ts";
import { encodeNpz } from "../../src/profile/npz.ts";
import { elementCount, type PixelArray } from "../../src/shapes.ts";
import { openArray } from "../../src/zarr/array.ts";
import { patternedPixels, writeArray, writeGroup } from "../acquisition/write-image.ts";
import { correctedInteger } from "../correct/naive.ts";
import { pixelsOf } from "../support/pixels.ts";

let folder: string;
let models: string;
const [rows, columns] = [10, 14];
const flat = Float32Array.from({ length: rows * columns }, (_, i) => 0.5 + (i % columns) / (columns - 1));
const dark = 1000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-axes-"));
  models = join(folder, "models");
  const store = new DirectoryStore(models);
  const field = { shape: [rows, columns], data: flat };
  const offset = { shape: [rows, columns], data: flat.map(() => dark) };
  const bytes = encodeNpz({ flatfield: field, darkfield: offset });
  for (const channel of [1, 2]) await store.set(`channel_${channel}/profiles.npz`, bytes);
});
afterAll(() => rm(folder, { recursive: true }));

/** Planes halve between the levels, as rows and columns do. */
const extents: Readonly<Record<string, number>> = { t: 3, c: 2, z: 5, y: rows, x: columns };
const halved: Readonly<Record<string, number>> = { ...extents, z: 3, y: rows / 2, x: columns / 2 };
const shapeOf = (axes: string, of: Readonly<Record<string, number>>) => Array.from(axes, (axis) => of[axis]!);

/** Writes an image of these axes; its chunks are as given, else of a single place along all but z, y and x. */
async function writeImage(name: string, axes: string, chunks: Readonly<Record<string, number>>, names = axes) {
  const store = new DirectoryStore(folder);
  const pixels = patternedPixels("uint16", shapeOf(axes, extents));
  const chunkShape = shapeOf(axes, { t: 1, c: 1, z: 2, y: 4, x: 8, ...chunks });
  await writeArray(store, `${name}/0`, { shape: shapeOf(axes, extents), chunkShape, pixels });
  const coarse = { shape: shapeOf(axes, halved), chunkShape };
  await writeArray(store, `${name}/1`, { ...coarse, pixels: patternedPixels("uint16", coarse.shape) });
  const multiscale = {
    version: "0.4",
    axes: Array.from(names, (axis) => ({ name: axis })),
    datasets: [1, 2].map((step, level) => {
      const scale = Array.from(axes, (axis) => ("zyx".includes(axis) ? step : 1));
      return { path: String(level), coordinateTransformations: [{ type: "scale", scale }] };
    }),
  };
  await writeGroup(store, name, { multiscales: [multiscale] });
  return { image: join(folder, name), pixels };
}

/** Every pixel by its own place, the last axes being y and x. */
function corrected(pixels: PixelArray): Uint16Array {
  return Uint16Array.from(
    pixels,
    (pixel, i) => correctedInteger(pixel, flat[i % (rows * columns)]!, dark, 0, 65535).pixel,
  );
}

/** Means over two places of z, y and x, of those that exist. */
function averaged(pixels: Uint16Array, axes: string): Uint16Array {
  const [fine, coarse] = [shapeOf(axes, extents), shapeOf(axes, halved)];
  return Uint16Array.from({ length: elementCount(coarse) }, (_, index) => {
    const place = coarse.map((extent, axis) => Math.floor(index / elementCount(coarse.slice(axis + 1))) % extent);
    let places: number[] = [0];
    for (const [axis, at] of place.entries()) {
      const own = "zyx".includes(axes[axis]!) ? [2 * at, 2 * at + 1].filter((n) => n < fine[axis]!) : [at];
      places = places.flatMap((before) => own.map((n) => before * fine[axis]! + n));
    }
    return Math.floor(places.reduce((sum, at) => sum + pixels[at]!, 0) / places.length + 0.5);
  });
}

describe("an image", () => {
  it.each<[axes: string, chunks: Readonly<Record<string, number>>]>([
    ["yx", {}],
    ["cyx", {}],
    ["tyx", { t: 2 }],
    ["tcyx", { c: 2 }],
    ["tzyx", { z: 8 }],
    ["tczyx", {}],
    ["tczyx", { t: 2, c: 2 }],
    ["zcyx", { z: 1, c: 2 }],
    ["ctzyx", {}],
    ["cztyx", {}],
  ])("of axes %s in chunks of %o is corrected at every place", async (axes, chunks) => {
    const name = `${axes}${Object.values(chunks).join("")}`;
    const { image, pixels } = await writeImage(name, axes, chunks);
    const output = join(folder, `${name}-out`);
    const summary = await correctImage({ image, modelsFolder: models, output, workers: 1 });
    const wanted = corrected(pixels);
    expect(await pixelsOf(output, 0)).toEqual(wanted);
    expect(await pixelsOf(output, 1)).toEqual(averaged(wanted, axes));
    const clipped = pixels.filter((pixel) => pixel < dark).length;
    expect(summary.channels.reduce((sum, { clippedLow }) => sum + clippedLow, 0)).toBe(clipped);
    expect(summary.channels.reduce((sum, one) => sum + one.pixels, 0)).toBe(pixels.length);
    const attributes = async (path: string) => JSON.parse(await readFile(join(path, ".zattrs"), "utf8"));
    expect((await attributes(output)).multiscales[0].axes).toEqual((await attributes(image)).multiscales[0].axes);
    expect((await attributes(output)).multiscales[0].datasets).toEqual(
      (await attributes(image)).multiscales[0].datasets,
    );
  });

  it("may name its axes in capitals", async () => {
    const { image, pixels } = await writeImage("capitals", "tczyx", {}, "TCZYX");
    await correctImage({ image, modelsFolder: models, output: join(folder, "small"), workers: 1 });
    expect(await pixelsOf(join(folder, "small"), 0)).toEqual(corrected(pixels));
  });

  it("of several time points is converted to version 0.5 with its axes", async () => {
    const { image, pixels } = await writeImage("times", "tzyx", {});
    const output = join(folder, "times05");
    await correctImage({ image, modelsFolder: models, output, omeVersion: "0.5", workers: 1 });
    const array = await openArray(new DirectoryStore(output), "0");
    expect(array.metadata).toMatchObject({ shape: [3, 5, 10, 14], dimensionNames: ["t", "z", "y", "x"] });
    expect(await pixelsOf(output, 0)).toEqual(corrected(pixels));
  });

  it("of several time points is looked at and sampled over all of them", async () => {
    const { image } = await writeImage("sampled", "tcyx", {});
    const { shapeCzyx, timePoints, levels } = await inspectImage({ image });
    expect([shapeCzyx, timePoints]).toEqual([[2, 1, rows, columns], 3]);
    expect(levels[1]!.shapeCzyx).toEqual([2, 1, rows / 2, columns / 2]);
    const given = { image, fovList: [1], output: join(folder, "profiles"), nZplanes: 9, workers: 1 };
    const { channels } = await estimateProfiles(given);
    expect(channels.map(({ planes }) => planes.map(({ plane }) => plane))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  it("of several time points gives planes of those alone that are chosen, and all are corrected", async () => {
    const { image } = await writeImage("chosen", "tzyx", {});
    const given = { image, fovList: [1], zLevels: [1, 3], nZplanes: 9, workers: 1 } as const;
    const output = join(folder, "chosen-out");
    const { channels } = await correctImage({ ...given, timePoints: [2, 0], resolutionLevel: 0, output });
    // Planes 0 and 4 of five at the first and the third of three times
    expect(channels[0]!.planes.map(({ plane }) => plane)).toEqual([0, 4, 10, 14]);
    const [before, after] = [await pixelsOf(image, 0), await pixelsOf(output, 0)];
    const perTime = before.length / 3;
    for (const time of [0, 1, 2]) {
      const part = (pixels: PixelArray) => pixels.subarray(time * perTime, (time + 1) * perTime);
      expect(part(after)).not.toEqual(part(before));
    }
    const beyond = correctImage({ ...given, timePoints: [3], output: join(folder, "never") });
    await expect(beyond).rejects.toThrow("does not have the time point asked for");
  });

  it("of several time points is checked over all of them", async () => {
    const { image } = await writeImage("checked", "tcyx", {});
    const output = join(folder, "checked-out");
    await correctImage({ image, modelsFolder: models, output, workers: 1 });
    const { channels } = await checkImages({ image, corrected: output });
    expect(channels).toHaveLength(2);
  });

  it.each<[axes: string, chunks: Readonly<Record<string, number>>]>([
    ["tcyx", { t: 2 }],
    ["zcyx", { z: 2, c: 2 }],
    ["cztyx", { z: 2, t: 3 }],
  ])("of axes %s in chunks of %o, which mix them, is written in chunks of a single one", async (axes, chunks) => {
    const { image, pixels } = await writeImage(`mixed-${axes}`, axes, chunks);
    const [output, plain] = [join(folder, `mixed-${axes}-out`), join(folder, `mixed-${axes}-05`)];
    await correctImage({ image, modelsFolder: models, output, workers: 1 });
    const wanted = corrected(pixels);
    expect(await pixelsOf(output, 0)).toEqual(wanted);
    expect(await pixelsOf(output, 1)).toEqual(averaged(wanted, axes));
    const { metadata } = await openArray(new DirectoryStore(output), "0");
    expect(metadata.chunkShape).toEqual(shapeOf(axes, { t: 1, c: 1, z: 2, y: 4, x: 8 }));
    await correctImage({ image, modelsFolder: models, output: plain, omeVersion: "0.5", workers: 1 });
    expect(await pixelsOf(plain, 0)).toEqual(wanted);
  });

  it.each([
    ["xyc", /axes that Isolux does not read.*found x, y, c/],
    ["ccyx", /found c, c, y, x/],
  ])("of axes %s is refused", async (axes, message) => {
    const { image } = await writeImage(`bad-${axes}`, axes, {});
    const output = join(folder, "never");
    await expect(correctImage({ image, modelsFolder: models, output, workers: 1 })).rejects.toThrow(message);
  });
});
