/** Stacks that begin at different depths, or end before others do. */
import { describe, expect, it } from "vitest";
import { mosaicOfViews } from "../../src/acquisition/mosaic-of-views.ts";
import type { TilePixels, TileView } from "../../src/acquisition/tile-view.ts";
import { writeMosaicTables } from "../../src/ngff/new-image.ts";
import { readRoiTable } from "../../src/ngff/roi-table.ts";
import { planOverlaps } from "../../src/sample/plan-overlaps.ts";
import { readOverlaps } from "../../src/sample/read-overlaps.ts";
import type { Zyx } from "../../src/shapes.ts";
import { placeTiles } from "../../src/tiles/place-tiles.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

const [rows, columns, step] = [24, 20, 14];
const pixelSizeUmZyx: Zyx = [5, 2, 2];
/** What the sample holds in a voxel. */
const sampleAt = (z: number, y: number, x: number) => 1000 + ((7919 * z + 104729 * y + 1299709 * x) % 30011);

interface Stack {
  readonly column: number;
  /** The plane of the sample that its first plane shows, and how many it has. */
  readonly first: number;
  readonly planes: number;
}

/** What a stage that moves the sample notes of stacks, with coarser levels of every second plane. */
function viewOf({ column, first, planes }: Stack, zStartUm: number, runsDown: boolean): TileView {
  const level = (stepZ: number): TilePixels => {
    const shapeZyx: Zyx = [Math.ceil(planes / stepZ), rows, columns];
    const read: TilePixels["read"] = async ({ start, stop }, into) => {
      const values: number[] = [];
      for (let z = start[0]; z < stop[0]; z++)
        for (let y = start[1]; y < stop[1]; y++)
          for (let x = start[2]; x < stop[2]; x++) values.push(sampleAt(first + z * stepZ, y, column * step + x));
      into?.set(values);
      return into ?? Uint16Array.from(values);
    };
    return { type: "uint16", shapeZyx, chunkShapeZyx: [2, rows, columns], read };
  };
  const told = { channel: "488", side: undefined, rotation: 0, metadata: {}, pixelSizeUmZyx };
  const stageUmZyx: Zyx = [zStartUm, 0, -column * step * 2];
  return { name: `Tile${column}`, ...told, stageUmZyx, ...(runsDown && { runsDown }), levels: [level(1), level(2)] };
}

function assemble(stacks: readonly Stack[], direction: 1 | -1 = 1) {
  const notes: string[] = [];
  const views = stacks.map((stack) => viewOf(stack, 300 + direction * 5 * stack.first + 0.4, direction < 0));
  const note = (text: string) => notes.push(text);
  return { acquisition: mosaicOfViews(views, "data", async () => ({}) as never, { note }), notes };
}

const uneven: readonly Stack[] = [
  { column: 0, first: 2, planes: 8 },
  { column: 1, first: 0, planes: 8 },
  { column: 2, first: 3, planes: 6 },
];

describe("stacks that begin at different depths", () => {
  it.each([
    ["upward", 1],
    ["downward", -1],
  ] as const)("keep their planes, and are compared at equal depths: %s", async (_, direction) => {
    const { acquisition, notes } = assemble(uneven, direction);
    expect(acquisition.levels[0]!.shapeCzyx).toEqual([1, 8, rows, 3 * columns]);
    expect(acquisition.tiles.map(({ stageDepthUm, box }) => [stageDepthUm, box.stop[0]])).toEqual([
      [10, 8],
      [undefined, 8],
      [15, 6],
    ]);
    expect(notes).toEqual([
      "Tiles with fewer planes than the 8 of others: 3 (6); the rest of their places is empty",
      expect.stringMatching(/^2 tiles of 3 begin deeper than the others, by up to 15 µm \(3 planes\)/),
    ]);
    const plan = planOverlaps(acquisition, { level: 0, planesPerPair: 20, seed: 1 });
    expect(plan.pairs.map(({ first, second, planes, planeShift }) => [first, second, planes, planeShift])).toEqual([
      [1, 2, [0, 1, 2, 3, 4, 5], 2],
      [2, 3, [3, 4, 5, 6, 7], -3],
    ]);
    const patches = await readOverlaps(acquisition, 0, plan);
    expect(patches).toHaveLength(11);
    for (const { first, second } of patches) expect(second).toEqual(first);
    const [from] = acquisition.tiles[2]!.box.start.slice(2);
    const box = { start: [2, 5, from! + 3], stop: [3, 6, from! + 5] } as const;
    expect([...(await acquisition.levels[0]!.readBox(0, box))]).toEqual([sampleAt(5, 5, 31), sampleAt(5, 5, 32)]);
  });

  it("are compared at the nearest plane of a coarser level", () => {
    const { acquisition } = assemble(uneven);
    const { pairs } = planOverlaps(acquisition, { level: 1, planesPerPair: 20, seed: 1 });
    // 10 and 15 µm are 1 and 1.5 planes of 10 µm.
    expect(pairs.map(({ planes, planeShift }) => [planes, planeShift])).toEqual([
      [[0, 1, 2], 1],
      [[1, 2, 3], -1],
    ]);
  });

  it("keep their depths in the table of a mosaic", async () => {
    const { acquisition } = assemble(uneven);
    const store = new MemoryStore();
    await writeMosaicTables(store, "image", acquisition.tiles, [8, rows, 3 * columns], pixelSizeUmZyx);
    const regions = (await readRoiTable(store, "image/tables/FOV_ROI_table"))!;
    expect(regions.map(({ values }) => values.get("z_micrometer_original"))).toEqual([10, 0, 15]);
    const { tiles } = placeTiles(regions, pixelSizeUmZyx, [8, rows, 3 * columns], "image");
    expect(tiles.map(({ stageDepthUm, box }) => [stageDepthUm, box.stop[0]])).toEqual([
      [10, 8],
      [undefined, 8],
      [15, 6],
    ]);
  });

  it("overlap none where they have no depth in common", () => {
    const apart = [uneven[0]!, { column: 1, first: 20, planes: 8 }];
    expect(planOverlaps(assemble(apart).acquisition, { level: 0, planesPerPair: 4, seed: 0 }).pairs).toEqual([]);
  });
});

describe("stacks that begin at one depth", () => {
  const level = [0, 1].map((column): Stack => ({ column, first: 4, planes: column === 0 ? 8 : 5 }));

  it("have no column of depths, and the places of missing planes are empty", async () => {
    const { acquisition } = assemble(level);
    expect(acquisition.tiles.every(({ stageDepthUm }) => stageDepthUm === undefined)).toBe(true);
    const store = new MemoryStore();
    await writeMosaicTables(store, "image", acquisition.tiles, [8, rows, 2 * columns], pixelSizeUmZyx);
    const [region] = (await readRoiTable(store, "image/tables/FOV_ROI_table"))!;
    expect(region!.values.has("z_micrometer_original")).toBe(false);
    const beyond = { start: [4, 0, columns], stop: [7, 1, columns + 1] } as const;
    expect([...(await acquisition.levels[0]!.readBox(0, beyond))]).toEqual([sampleAt(8, 0, step), 0, 0]);
    const coarse = { start: [2, 0, columns], stop: [4, 1, columns + 1] } as const;
    expect([...(await acquisition.levels[1]!.readBox(0, coarse))]).toEqual([sampleAt(8, 0, step), 0]);
  });
});
