import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkImages, correctImage, DirectoryStore, estimateProfiles, inspectImage } from "../../src/node.ts";
import { encodeNpz } from "../../src/profile/npz.ts";
import { allocatePixels, elementCount, type PixelArray, type PixelType } from "../../src/shapes.ts";
import { writeArray, writeImage } from "../acquisition/write-image.ts";
import { nearestTiesToEven } from "../correct/naive.ts";
import { pixelsOf } from "../support/pixels.ts";

let folder: string;
let models: string;
const [planes, rows, columns] = [3, 6, 8];
const shape = [planes, rows, columns];
const flat = Float32Array.from({ length: rows * columns }, (_, i) => 0.5 + (i % columns) / (columns - 1));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-types-"));
  models = join(folder, "models");
  const bytes = encodeNpz({ flatfield: { shape: [rows, columns], data: flat } });
  await new DirectoryStore(models).set("channel_1/profiles.npz", bytes);
});
afterAll(() => rm(folder, { recursive: true }));

/** From end to end of what the type holds, or far beyond singles; both ends are there. */
const ranges: Readonly<Record<string, readonly [least: number, largest: number]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
  float64: [-1e12, 1e12],
};

async function writeTyped(name: string, type: PixelType) {
  const [least, largest] = ranges[type]!;
  const pixels = allocatePixels(type, elementCount(shape));
  for (let i = 0; i < pixels.length; i++) {
    // Steps of an irrational share of the range
    const value = least + ((i * 0.6180339887) % 1) * (largest - least);
    pixels[i] = type === "float64" ? value : Math.round(value);
  }
  [pixels[0], pixels[1]] = [least, largest];
  const store = new DirectoryStore(folder);
  const coarse = [planes, rows / 2, columns / 2];
  await writeImage(store, name, [
    { shape, chunkShape: [2, 4, 4], type },
    { shape: coarse, chunkShape: [2, 4, 4], type },
  ]);
  await writeArray(store, `${name}/0`, { shape, chunkShape: [2, 4, 4], type, pixels });
  return { image: join(folder, name), pixels };
}

/** The definition in doubles; the profile is held in singles. */
function corrected(pixels: PixelArray, type: PixelType): PixelArray {
  const [least, largest] = ranges[type]!;
  return pixels.map((pixel, i) => {
    const value = pixel / Math.fround(flat[i % (rows * columns)]! + Math.fround(1e-6));
    return type === "float64" ? value : nearestTiesToEven(Math.min(Math.max(value, least), largest));
  });
}

function averaged(pixels: PixelArray, type: PixelType): PixelArray {
  const coarse = allocatePixels(type, pixels.length / 4);
  return coarse.map((_, i) => {
    const [row, x] = [Math.floor(i / (columns / 2)), i % (columns / 2)];
    const first = 2 * row * columns + 2 * x;
    const sum = pixels[first]! + pixels[first + 1]! + pixels[first + columns]! + pixels[first + columns + 1]!;
    return type === "float64" ? sum / 4 : Math.floor(sum / 4 + 0.5);
  });
}

describe.each(["int8", "int16", "int32", "uint32", "float64"] as const)("pixels of %s", (type) => {
  it("are corrected, clipped to their own range, rounded, and averaged", async () => {
    const { image, pixels } = await writeTyped(type, type);
    const output = join(folder, `${type}-out`);
    const { channels } = await correctImage({ image, modelsFolder: models, output, workers: 1 });
    const wanted = corrected(pixels, type);
    expect(await pixelsOf(output, 0)).toEqual(wanted);
    expect(await pixelsOf(output, 1)).toEqual(averaged(wanted, type));
    const [least, largest] = ranges[type]!;
    const exact = Array.from(pixels, (pixel, i) => pixel / (flat[i % (rows * columns)]! + 1e-6));
    const beyond = [exact.filter((value) => value < least).length, exact.filter((value) => value > largest).length];
    expect([channels[0]!.clippedLow, channels[0]!.clippedHigh]).toEqual(type === "float64" ? [0, 0] : beyond);
  });

  it("are inspected, checked, sampled and written in version 0.5", async () => {
    const { image, pixels } = await writeTyped(`${type}-more`, type);
    expect((await inspectImage({ image })).type).toBe(type);
    const output = join(folder, `${type}-05`);
    await correctImage({ image, modelsFolder: models, output, omeVersion: "0.5", workers: 1 });
    expect(await pixelsOf(output, 0)).toEqual(corrected(pixels, type));
    expect((await checkImages({ image, corrected: output })).channels).toHaveLength(1);
    const given = { image, fovList: [1], output: join(folder, `${type}-profiles`), workers: 1, resolutionLevel: 0 };
    // Half of the signed pixels are below zero: only light makes a profile
    if (type === "uint32") expect((await estimateProfiles(given)).channels[0]!.planes).toHaveLength(planes);
  });
});
