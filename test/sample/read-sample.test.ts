import { beforeAll, describe, expect, it } from "vitest";
import type { MosaicImage } from "../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { planSample } from "../../src/sample/plan-sample.ts";
import { readSample } from "../../src/sample/read-planes.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

let image: MosaicImage;

beforeAll(async () => {
  const store = new MemoryStore();
  const { imageKey } = await writeSyntheticAcquisition(store, "demo.zarr", { tileShapeYx: [24, 20], planes: 6 });
  image = await openMosaic(store, imageKey);
});

describe("readSample", () => {
  it.each([
    { request: { planeCount: 12 }, plan: { planeCount: 12, level: 0, seed: 0 }, shapeYx: [24, 20] },
    { request: { planeCount: 5, level: 1, seed: 3 }, plan: { planeCount: 5, level: 1, seed: 3 }, shapeYx: [12, 10] },
    {
      request: { planeCount: 4, tileNumbers: [2] },
      plan: { planeCount: 4, level: 0, seed: 0, tileNumbers: [2] },
      shapeYx: [24, 20],
    },
  ])("reads the planes that are planned for $request", async ({ request, plan, shapeYx }) => {
    const stack = await readSample(image, 1, request);
    const { planes } = planSample(image, plan);
    expect(stack).toMatchObject({ planeCount: request.planeCount, shapeYx, type: "uint16" });
    for (const [n, { box }] of planes.entries()) {
      const wanted = await image.levels[plan.level]!.readBox(1, box);
      expect(await stack.read(n, n + 1, 0, shapeYx[0]!), `plane ${n}`).toEqual(wanted);
    }
  });

  it("gives all there are where more are asked for", async () => {
    expect((await readSample(image, 0, { planeCount: 1000, tileNumbers: [1, 5] })).planeCount).toBe(12);
  });

  it.each([2, -1, 0.5, Number.NaN])("refuses the channel %d of two", async (channel) => {
    const fault = { kind: "invalid", found: String(channel), expected: "0 to 1" };
    await expect(readSample(image, channel, { planeCount: 4 })).rejects.toMatchObject(fault);
  });

  it("stops when it is told to", async () => {
    const signal = AbortSignal.abort();
    await expect(readSample(image, 0, { planeCount: 4 }, { signal })).rejects.toMatchObject({ kind: "interrupted" });
  });
});
