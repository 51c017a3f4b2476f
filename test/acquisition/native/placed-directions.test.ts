/** Positions that run against the images are doubted by overlaps, whatever tells them, and the advice mends them. */
import { describe, expect, it } from "vitest";
import type { StageAxes } from "../../../src/acquisition/listed/stage-axes.ts";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import type { IsoluxError } from "../../../src/errors.ts";
import { confirmPlacement } from "../../../src/pipeline/places/confirm-placement.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { type GeneratedTile, generateTiles, mirrored, pixelSizeUmZyx } from "../../support/generated-tiles.ts";
import { affine, n5Project, placeOf } from "../bdv/projects.ts";
import { writeSeries } from "../series/series-files.ts";
import { imageAttributes, writeArray, writeGroup } from "../write-image.ts";

const made = await generateTiles();

async function groups(tiles: readonly GeneratedTile[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const { number, shapeZyx, channels, originUmZyx: translation } of tiles) {
    const { multiscales } = imageAttributes([[...pixelSizeUmZyx]]) as {
      multiscales: [{ datasets: [{ coordinateTransformations: object[] }] }];
    };
    multiscales[0].datasets[0].coordinateTransformations.push({ type: "translation", translation: [...translation] });
    await writeGroup(store, `in/tile_${number}.zarr`, { multiscales } as never);
    await writeArray(store, `in/tile_${number}.zarr/0`, {
      shape: shapeZyx,
      chunkShape: shapeZyx,
      pixels: channels[0]!,
    });
  }
  return store;
}

async function series(tiles: readonly GeneratedTile[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  await writeSeries(store, "in", tiles);
  return store;
}

/** What tells positions, with a store in which they run against the images along an axis. */
const inputs: Record<string, (axis: 1 | 2) => Promise<readonly [store: MemoryStore, key: string]>> = {
  "translations of groups": async (axis) => [await groups(mirrored(made.tiles, axis)), "in"],
  "metadata of series": async (axis) => [await series(mirrored(made.tiles, axis)), "in"],
  "registrations of a project": async (axis) => {
    const registration = (view: { row: number; column: number }) => {
      const [, y, x] = placeOf(view);
      return affine(`1 0 0 ${axis === 2 ? -x : x} 0 1 0 ${axis === 1 ? -y : y} 0 0 1 0`);
    };
    return [await n5Project({}, { registration }), "dataset.xml"];
  },
};

describe.each(Object.entries(inputs))("%s", (_, make) => {
  it.each([
    [1, "-y,x"],
    [2, "y,-x"],
  ] as const)("that run against the images along axis %i", async (axis, axes) => {
    const [store, key] = await make(axis);
    const confirmed = async (stageAxes?: StageAxes) => {
      const opened = await openAcquisition(store, key, stageAxes === undefined ? {} : { hints: { stageAxes } });
      return await confirmPlacement(opened, { report: () => undefined }, "refuse");
    };
    const failure = (await confirmed().catch((cause: unknown) => cause)) as IsoluxError;
    expect(failure).toMatchObject({ kind: "invalid", advice: expect.stringContaining(`--stage-axes ${axes} `) });
    expect((await confirmed(axes)).acquisition.stageAxes).toBe(axes);
  });
});
