/** No loop over pixels is left to JavaScript, whatever form the input has: how often each block of code runs is counted. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cp, mkdtemp } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stackName, writeBigTiff, writeMeta, writeRaw, writeTiff } from "../../scripts/microscope-files.mjs";
import { correctImage, DirectoryStore } from "../../src/node.ts";
import { encodeNpz } from "../../src/profile/npz.ts";
import type { PixelType } from "../../src/shapes.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { openArray, ZarrArray } from "../../src/zarr/array.ts";
import { writeArrayMetadata } from "../../src/zarr/metadata/document.ts";
import type { ArrayMetadata, BloscCodec, Codec } from "../../src/zarr/metadata/metadata.ts";
import { makePixels } from "../zarr/pixels.ts";

const side = 64;
const planes = 64;
const pixelCount = 2 * planes * side * side;
/** Many more than a profile has pixels, which are looked at one by one, as are some of a coarse level for display windows. */
const mostRuns = pixelCount / 8;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-loops-"));
  const data = Float32Array.from({ length: side * side }, (_, at) => 0.8 + (0.4 * (at % side)) / side);
  mkdirSync(join(folder, "models", "488"), { recursive: true });
  const flatfield = { shape: [side, side], data };
  writeFileSync(join(folder, "models", "488", "profiles.npz"), encodeNpz({ flatfield }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a run left to JavaScript that runs as often as there are pixels, with how often. */
async function loopsOf(work: () => Promise<unknown>): Promise<string[]> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  try {
    await work();
    const { result } = await session.post("Profiler.takePreciseCoverage");
    return result.flatMap(({ url, functions }) =>
      functions.flatMap(({ functionName, ranges }) =>
        ranges
          .filter(({ count }) => count > mostRuns && !url.startsWith("node:"))
          .map(({ count }) => `${functionName} of ${url.split("/").slice(-3).join("/")}: ${count}`),
      ),
    );
  } finally {
    await session.post("Profiler.stopPreciseCoverage");
    session.disconnect();
  }
}

async function correct(image: string, more: object = {}): Promise<void> {
  const output = join(folder, `corrected-${Math.random()}`);
  await correctImage({ image, modelsFolder: join(folder, "models"), output, workers: 1, ...more });
}

/** Two tiles side by side as a mosaic, not compressed: one for each type of pixels, of which the others are copies. */
const mosaics = new Map<PixelType, Promise<string>>();

function plainMosaic(type: PixelType): Promise<string> {
  const made = mosaics.get(type) ?? writePlainMosaic(type);
  mosaics.set(type, made);
  return made;
}

async function writePlainMosaic(pixelType: PixelType): Promise<string> {
  const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), `plain-${pixelType}.zarr`, {
    ...{ gridYx: [1, 2], emptyTiles: [], emptyPlanesPerEnd: 0, overlap: 0, levelCount: 1, planes },
    ...{ tileShapeYx: [side, side], chunkShapeZyx: [planes / 2, side, side], pixelType, codec: { kind: "none" } },
    channels: [
      { ...{ label: "488", wavelengthId: "488", color: "00FF00" }, background: 90, autofluorescence: 9, labelled: 9 },
    ],
  });
  return imageKey;
}

/** That mosaic, whose full resolution is stored in a given way. */
async function writeMosaic(name: string, own: Partial<ArrayMetadata>): Promise<string> {
  const store = new DirectoryStore(folder);
  const plainKey = await plainMosaic(own.type ?? "uint16");
  await cp(join(folder, plainKey), join(folder, name), { recursive: true });
  const full = await openArray(store, `${plainKey}/0`);
  const array = new ZarrArray(store, `${name}/0`, { ...full.metadata, ...own });
  for (const chunk of [0, 1, 2, 3].map((n) => [0, n >> 1, 0, n & 1])) {
    const pixels = (await full.readChunk(chunk))!;
    await store.set(array.chunkKey(chunk), await array.encodeChunk(pixels));
  }
  await writeArrayMetadata(store, array.key, array.metadata);
  return join(folder, name);
}

const blosc = (inner: BloscCodec["inner"], shuffle: BloscCodec["shuffle"]): Codec => {
  return { kind: "blosc", inner, level: 5, shuffle, blockBytes: 0 };
};

const number = { type: "uint16", byteOrder: "little" } as const;
const differences: Codec = {
  kind: "chain",
  codecs: [{ kind: "delta", as: number }, blosc("lz4", "byte")],
};

describe("JavaScript has no loop over the pixels of", () => {
  test.each<[string, Partial<ArrayMetadata>]>([
    ["the microscope's codec", { codec: blosc("zstd", "bit") }],
    ["blosc without shuffle", { codec: blosc("zstd", "none") }],
    ["lz4", { codec: blosc("lz4", "byte") }],
    ["lz4hc", { codec: blosc("lz4hc", "bit") }],
    ["zlib in blosc", { codec: blosc("zlib", "byte") }],
    ["single bytes", { codec: blosc("zstd", "bit"), type: "uint8" }],
    ["floats", { codec: blosc("zstd", "bit"), type: "float32" }],
    ["plain zstd", { codec: { kind: "zstd", level: 0 } }],
    ["gzip", { codec: { kind: "gzip", level: 5 } }],
    ["zlib", { codec: { kind: "zlib", level: 5 } }],
    ["plain lz4", { codec: { kind: "lz4", acceleration: 1 } }],
    ["pixels that are not compressed, highest byte first", { codec: { kind: "none" }, byteOrder: "big" }],
    ["chunks whose first axis is the innermost", { codec: blosc("lz4", "byte"), order: "F" }],
    ["differences", { codec: differences }],
  ])("%s", async (name, own) => {
    const image = await writeMosaic(name.replaceAll(/[^a-z]/g, "-"), own);
    expect(await loopsOf(() => correct(image))).toEqual([]);
  });

  test("what is written by another codec", async () => {
    const image = await writeMosaic("other-codec", { codec: { kind: "none" } });
    expect(await loopsOf(() => correct(image, { codec: "zstd:5" }))).toEqual([]);
  });

  test.each(["raw", "tiff", "btf"])("stacks as .%s files", async (extension) => {
    const stacks = join(folder, extension);
    mkdirSync(stacks);
    for (const tile of [0, 1]) {
      const pixels = makePixels("uint16", planes * side * side, "dim", tile + 1) as Uint16Array;
      const plane = (z: number) => pixels.slice(z * side * side, (z + 1) * side * side);
      const path = join(stacks, stackName(tile, "488", extension));
      if (extension === "raw") writeRaw(path, planes, plane);
      else (extension === "btf" ? writeBigTiff : writeTiff)(path, planes, [side, side], plane);
      writeMeta(path, { stageYx: [0, -tile * side], planes, shapeYx: [side, side] });
    }
    expect(await loopsOf(() => correct(stacks))).toEqual([]);
  });
});
