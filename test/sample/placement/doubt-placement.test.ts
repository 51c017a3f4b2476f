/** Whether tiles lie where they are said to lie, by what neighbours show. */
import { describe, expect, it } from "vitest";
import { mosaicOfViews } from "../../../src/acquisition/mosaic-of-views.ts";
import type { OpenedAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import type { TilePixels, TileView } from "../../../src/acquisition/tile-view.ts";
import type { RunEvent } from "../../../src/parameters/run-events.ts";
import { confirmPlacement } from "../../../src/pipeline/places/confirm-placement.ts";
import { doubtPlacement } from "../../../src/sample/placement/doubt-placement.ts";
import { planPlacement } from "../../../src/sample/placement/placement-plan.ts";
import type { Yx, Zyx } from "../../../src/shapes.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";

const shapeZyx: Zyx = [6, 72, 60];
const stepYx: Yx = [60, 48];
const grid = [0, 1, 2].flatMap((row) => [0, 1].map((column) => [row, column] as const));

/** A number from 0 to 1 for every point of a lattice. */
function noiseAt(...point: readonly number[]): number {
  let hash = 0;
  for (const value of point) {
    hash = Math.imul(hash ^ (value + 1013), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

/** Structures of some 4 px in the sample, others in each plane. */
function sampleAt(z: number, y: number, x: number): number {
  const [row, column] = [Math.floor(y / 4), Math.floor(x / 4)];
  const [v, u] = [y / 4 - row, x / 4 - column];
  const across = (line: number) => noiseAt(z, line, column) * (1 - u) + noiseAt(z, line, column + 1) * u;
  return across(row) * (1 - v) + across(row + 1) * v;
}

interface Scene {
  /** From one tile to the next on the sample. */
  readonly step?: Yx;
  /** Where the stage says that a tile is, for where it is on the sample in pixels. */
  readonly stageOf?: (yx: Yx) => Yx;
  readonly contrast?: number;
  /** What its planes show of the sample, and where the stage says that it begins, in planes. */
  readonly depthOf?: (column: number) => { readonly shown: number; readonly said: number };
}

function acquire(scene: Scene) {
  const { step = stepYx, stageOf = ([y, x]) => [-y, -x], contrast = 2000 } = scene;
  const { depthOf = () => ({ shown: 0, said: 0 }) } = scene;
  const views = grid.map(([row, column]): TileView => {
    const [y0, x0] = [row * step[0], column * step[1]];
    const { shown, said } = depthOf(column);
    const read: TilePixels["read"] = async ({ start, stop }, into) => {
      const values: number[] = [];
      for (let z = start[0]; z < stop[0]; z++)
        for (let y = start[1]; y < stop[1]; y++)
          for (let x = start[2]; x < stop[2]; x++) {
            // Light that falls to a half towards the edges, and a fixed stripe pattern of the camera.
            const light = 1 - 0.5 * ((x / 60 - 0.5) ** 2 + (y / 72 - 0.4) ** 2);
            values.push(light * (300 + contrast * sampleAt(z + shown, y0 + y, x0 + x)) + 20 * noiseAt(y));
          }
      into?.set(values);
      return into ?? Uint16Array.from(values);
    };
    const level: TilePixels = { type: "uint16", shapeZyx, chunkShapeZyx: [1, shapeZyx[1], shapeZyx[2]], read };
    const [y, x] = stageOf([y0, x0]);
    const told = { channel: "488", side: undefined, rotation: 0, metadata: {}, pixelSizeUmZyx: [5, 2, 2] as const };
    return { name: `Tile${row}${column}`, ...told, stageUmZyx: [5 * said, 2 * y, 2 * x], levels: [level] };
  });
  return mosaicOfViews(views, "data", async () => ({}) as never);
}

async function confirm(opened: OpenedAcquisition, onMisplaced: "refuse" | "warn" = "refuse") {
  const events: RunEvent[] = [];
  const confirmed = await confirmPlacement(opened, { report: (event) => events.push(event) }, onMisplaced);
  return { confirmed, events };
}

describe("tiles of a microscope", () => {
  it("are believed where neighbours show the same, whatever the light", async () => {
    expect(await doubtPlacement(acquire({}))).toEqual([]);
  });

  it("are believed where the stage was off by a few pixels", async () => {
    const off = ([y, x]: Yx): Yx => [-y + ((x + y) % 5) - 2, -x + (y % 3) - 1];
    expect(await doubtPlacement(acquire({ stageOf: off }))).toEqual([]);
  });

  it.each<[string, (yx: Yx) => Yx, string, string[]]>([
    ["x is mirrored", ([y, x]) => [-y, x], "run against the images along x", ["right left"]],
    ["y is mirrored", ([y, x]) => [y, -x], "run against the images along y", ["below above"]],
    ["both are", ([y, x]) => [y, x], "run against the images along x and y", ["right left", "below above"]],
    ["x and y are swapped", ([y, x]) => [-x, -y], "have x and y swapped", ["below right"]],
  ])("are refused where %s", async (_, stageOf, message, expected) => {
    const acquisition = acquire({ stageOf });
    const doubts = await doubtPlacement(acquisition);
    // The order of tiles is by place, so that seen from the first the second may lie on either side.
    const usual = (text: string) => (/^(left|above)/.test(text) ? text.split(" ").reverse().join(" ") : text);
    expect(doubts.map(({ said, fits }) => usual(`${said} ${fits}`))).toEqual(expected);
    for (const { saidLikeness, fitsLikeness, against, pairs } of doubts) {
      expect(saidLikeness).toBeLessThan(0.4);
      expect(fitsLikeness).toBeGreaterThan(0.9);
      expect(against).toBe(pairs);
    }
    await expect(confirm({ kind: "tiles", acquisition })).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(
        /^The metadata place tile \d \(FOV_\d\) .*, but what both show fits .*--trust-positions/,
      ),
    });
    await expect(confirm({ kind: "tiles", acquisition })).rejects.toThrow(message);
    const { confirmed, events } = await confirm({ kind: "tiles", acquisition }, "warn");
    expect(confirmed.acquisition).toBe(acquisition);
    expect(events).toEqual([{ kind: "warning", text: expect.stringContaining(message) }]);
  });

  it("are refused in swapped rows and columns where both axes are said to overlap by as many pixels as they do", async () => {
    // As of names that count columns first, read as if they counted rows first, with the overlap of each axis told.
    const step: Yx = [60, 36];
    const acquisition = acquire({ step, stageOf: ([y, x]) => [-(x / 36) * 60, -(y / 60) * 36] });
    for (const { against, pairs } of await doubtPlacement(acquisition)) expect(against).toBe(pairs);
    await expect(confirm({ kind: "tiles", acquisition })).rejects.toThrow("have x and y swapped");
  });

  it("are believed where they show nothing", async () => {
    expect(await doubtPlacement(acquire({ stageOf: ([y, x]) => [y, x], contrast: 0 }))).toEqual([]);
  });

  it("are compared at the depths that are said, if these are true", async () => {
    const deeper = acquire({ depthOf: (column) => ({ shown: 2 * column, said: 2 * column }) });
    expect(await doubtPlacement(deeper)).toEqual([]);
    expect(planPlacement(deeper)!.comparisons.some(({ isPlaneByPlane }) => isPlaneByPlane)).toBe(true);
  });

  it("are compared plane by plane where the depths that are said are plainly wrong", async () => {
    const acquisition = acquire({ depthOf: (column) => ({ shown: 0, said: 2 * column }) });
    const { confirmed, events } = await confirm({ kind: "tiles", acquisition });
    expect(events).toEqual([
      { kind: "warning", text: expect.stringMatching(/not at the depths that are said .*compared plane by plane$/) },
    ]);
    const tiles = confirmed.acquisition.tiles.map(({ stageDepthUm = 0, isDepthDoubted }) => [
      stageDepthUm,
      isDepthDoubted,
    ]);
    expect(tiles).toEqual([0, 0, 0, 10, 10, 10].map((um) => [um, true]));
  });
});

describe("a mosaic", () => {
  it("is left without stage positions where they run against the pixels", async () => {
    const store = new MemoryStore();
    const options = { tileShapeYx: [96, 80], levelCount: 1, chunkShapeZyx: [2, 50, 50] } as const;
    const { imageKey } = await writeSyntheticAcquisition(store, "demo.zarr", options);
    const acquisition = await openMosaic(store, imageKey);
    expect((await confirm({ kind: "mosaic", acquisition })).events).toEqual([]);
    const tiles = acquisition.tiles.map((tile) => {
      const [y, x] = tile.stagePositionUmYx!;
      return { ...tile, stagePositionUmYx: [y, -x] as const };
    });
    const mirrored = await confirm({ kind: "mosaic", acquisition: { ...acquisition, tiles } });
    expect(mirrored.events).toEqual([{ kind: "warning", text: expect.stringContaining("are not used") }]);
    expect(mirrored.confirmed.acquisition.tiles.every((tile) => tile.stagePositionUmYx === undefined)).toBe(true);
    expect(mirrored.confirmed.acquisition.tiles.map(({ box }) => box)).toEqual(tiles.map(({ box }) => box));
  });

  it.skipIf(!hasReferenceData)("of real tiles is believed as it is, and not if it is mirrored", async () => {
    const acquisition = await openMosaic(new DirectoryStore(`${referenceFolder}data`), "wsi_brain.zarr/raw_image");
    expect(await doubtPlacement(acquisition)).toEqual([]);
    const tiles = acquisition.tiles.map((tile) => {
      const [y, x] = tile.stagePositionUmYx!;
      return { ...tile, stagePositionUmYx: [-y, x] as const };
    });
    const [doubt] = await doubtPlacement({ ...acquisition, tiles });
    expect(new Set([doubt?.said, doubt?.fits])).toEqual(new Set(["below", "above"]));
  });
});
