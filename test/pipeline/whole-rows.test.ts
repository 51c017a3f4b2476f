/** Files that are read in whole rows, for chunks that are narrower than their planes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import { correctImage } from "../../src/pipeline/correct-image.ts";
import type { Zyx } from "../../src/shapes.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { metaOfStack, rawStack } from "../acquisition/pages/stacks.ts";
import { CountingStore } from "../support/counting-store.ts";
import { plainPlatform } from "../support/folder-runs.ts";

const shape: Zyx = [2, 520, 2048];
const pixelAt = (index: number) => (index * 7919) % 60013;
const stackBytes = 2 * shape[0] * shape[1] * shape[2];
const name = "brain_Mag1x_Tile0_Ch488_Flt515LP_Sh0_Rot0.raw";
let folder: string;
let source: CountingStore;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "isolux-rows-"));
  source = new CountingStore();
  await source.set(`in/${name}`, rawStack(shape, pixelAt));
  const values = { laser: "488 nm", z_planes: "2", x_pixels: `${shape[1]}`, y_pixels: `${shape[2]}` };
  await source.set(`in/${name}_meta.txt`, metaOfStack(values));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Converts into chunks of 256 columns; the bytes that were read of the stack. */
async function bytesRead(output: string, memory?: string): Promise<number> {
  const parameters = correctSchema.parse({
    image: "in",
    omeVersion: "0.5",
    ...(memory === undefined ? {} : { memory }),
  });
  const store = new DirectoryStore(folder);
  const workspace = { store, key: `.${output}.isolux` };
  const places = { source: { store: source, key: "in" }, output: { kind: "folder", store, key: output, workspace } };
  source.bytes = 0;
  const hooks = { report: () => undefined, signal: new AbortController().signal };
  await correctImage({ places, parameters, profileSource: { kind: "none" } } as never, plainPlatform, hooks);
  const { levels } = await openMosaic(store, output);
  const pixels = await levels[0]!.readBox(0, { start: [0, 0, 0], stop: shape });
  expect(levels[0]!.chunkShapeCzyx).toEqual([1, 32, 256, 256]);
  expect(pixels.every((pixel, index) => pixel === pixelAt(index))).toBe(true);
  return source.bytes;
}

describe("whole rows", () => {
  it("are read once where the budget has room to keep them, else for every chunk", async () => {
    expect(await bytesRead("roomy")).toBeLessThan(1.01 * stackBytes);
    const refusal = await bytesRead("never", "1MB").catch((error: Error) => error.message);
    const least = /at least (\d+MB)/.exec(String(refusal))![1]!;
    expect(await bytesRead("tight", least)).toBeGreaterThan(7.9 * stackBytes);
  });
});
