/** Shards that several workers make: needs a build, as threads run what is in dist. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blockObject } from "../../../src/pipeline/blocks/passes.ts";
import { type PlanRequest, planCorrection } from "../../../src/pipeline/blocks/plan.ts";
import { chunksOfObject, type LevelGeometry } from "../../../src/pipeline/output/level-geometry.ts";
import { PartsInOrder } from "../../../src/pipeline/run/parts-in-order.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { correctByThreads } from "../../support/by-threads.ts";
import { contentsOf } from "../../support/contents.ts";

const sharded = (planes: number, px: number, levels = 4): LevelGeometry[] =>
  Array.from({ length: levels }, (_, level) => ({
    shapeCzyx: [1, planes, Math.ceil(px / 2 ** level), Math.ceil(px / 2 ** level)],
    chunkShapeCzyx: [1, 64, 256, 256],
    objectShapeCzyx: [1, 64, 6144, 6144],
  }));

const request: PlanRequest = {
  images: [sharded(64, 2048)],
  type: "uint16",
  sharedBytes: 0,
  memoryBytes: 2e9,
  workers: 2,
};
const unused = () => {
  throw new Error("nothing is written");
};
const depths = (given: PlanRequest) =>
  planCorrection(given)
    .rounds.flat()
    .map(({ baseLevel, topLevel, parts }) => [baseLevel, topLevel, parts?.ofBlocks.join()]);

describe("a plan", () => {
  it("has an image of one shard made by all workers, and counts their chunks", () => {
    const { workers, projectedBytes, rounds } = planCorrection(request);
    expect(workers).toBe(2);
    // Four chunks of the full resolution and one of the next level in a part, of which each worker has two
    expect(depths(request)).toEqual([
      [0, 1, "16"],
      [2, 2, "4"],
      [3, 3, undefined],
    ]);
    const whole = planCorrection({ ...request, workers: 1 });
    expect(whole.rounds.flat().every(({ parts }) => parts === undefined)).toBe(true);
    const parts = 2 * 5 * (2 ** 23 + 4096);
    expect(projectedBytes).toBeGreaterThanOrEqual(2 * parts);
    expect(projectedBytes).toBeLessThanOrEqual(request.memoryBytes);
    expect(rounds.flat()[0]!.blockCount).toBe(1);
  });

  it("has them made whole where there are enough, or no memory for parts", () => {
    expect(depths({ ...request, images: [sharded(64 * 16, 2048)] }).every(([, , parts]) => parts === undefined)).toBe(
      true,
    );
    const little = { ...request, memoryBytes: 4.5e8 };
    expect(depths(little).every(([, , parts]) => parts === undefined)).toBe(true);
    expect(planCorrection(little).workers).toBe(1);
  });

  it("divides every object into parts that hold each of its chunks once", () => {
    const extent = fc.integer({ min: 1, max: 90 });
    fc.assert(
      fc.property(
        extent,
        extent,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 2, max: 9 }),
        (y, x, per, workers) => {
          const level: LevelGeometry = {
            shapeCzyx: [2, 5, y, x],
            chunkShapeCzyx: [1, 2, 8, 8],
            objectShapeCzyx: [1, 2, 8 * per, 8 * per],
          };
          const pass = planCorrection({ ...request, images: [[level]], workers, memoryBytes: 4e9 }).rounds[0]![0]!;
          fc.pre(pass.parts !== undefined);
          const blocks = Array.from({ length: pass.blockCount }, (_, index) => ({ pass, index }));
          const given = [...new PartsInOrder(unused, 1).divided(blocks)];
          for (const { index } of blocks) {
            const chunks = chunksOfObject([level], 0, blockObject(pass, index)).length;
            const count = Math.ceil(chunks / pass.parts.chunks);
            const ofBlock = given.filter((block) => block.index === index).map(({ part }) => part);
            expect(ofBlock).toEqual(Array.from({ length: count }, (_, part) => part));
          }
        },
      ),
    );
  });
});

describe("an image of one shard for each level", () => {
  let folder: string;
  let image: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isolux-parts-"));
    const made = await writeSyntheticAcquisition(new DirectoryStore(folder), "sample.zarr", {
      gridYx: [2, 2],
      tileShapeYx: [90, 80],
      planes: 6,
      chunkShapeZyx: [2, 16, 16],
      levelCount: 3,
    });
    image = join(folder, made.imageKey);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const correct = (name: string, workers: number, image_ = image) =>
    correctByThreads({
      image: image_,
      output: join(folder, name),
      workers,
      fovList: [1],
      nZplanes: 3,
      omeVersion: "0.5",
      shards: [1, 6, 256, 256],
    });

  const filesOf = (name: string) => {
    const files = contentsOf(join(folder, name));
    // Its name is in it
    files.delete("zarr.json");
    return files;
  };

  it("has the same bytes by two and by three workers as by one, which makes shards whole", async () => {
    const summary = await correct("two.zarr", 2);
    const others = await Promise.all([correct("one.zarr", 1), correct("three.zarr", 3)]);
    for (const other of others) expect(other.channels).toEqual(summary.channels);
    const files = filesOf("two.zarr");
    expect([...files.keys()].filter((name) => /^0\/c\//.test(name))).toHaveLength(2);
    expect(filesOf("one.zarr")).toEqual(files);
    expect(filesOf("three.zarr")).toEqual(files);
  });

  it("is compared in parts before its source is erased", async () => {
    cpSync(image, join(folder, "doomed"), { recursive: true });
    const doomed = await correctByThreads({
      image: join(folder, "doomed"),
      output: join(folder, "kept.zarr"),
      workers: 2,
      fovList: [1],
      nZplanes: 3,
      omeVersion: "0.5",
      shards: [1, 6, 256, 256],
      eraseSourceImage: true,
    });
    expect(doomed.channels).toHaveLength(2);
  });
});
