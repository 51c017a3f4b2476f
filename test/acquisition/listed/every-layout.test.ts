/** One generated acquisition in the layouts of other microscopes and programs: the mosaic is that of its tiles. */
import { describe, expect, it } from "vitest";
import type { StageAxes } from "../../../src/acquisition/listed/stage-axes.ts";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { IsoluxError } from "../../../src/errors.ts";
import { confirmPlacement } from "../../../src/pipeline/places/confirm-placement.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { openArray } from "../../../src/zarr/array.ts";
import { readBox } from "../../../src/zarr/box.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { layout, layoutOptions, listedLayouts } from "../../support/listed-layouts.ts";
import "../../support/load-kernels.ts";

const mosaic = (async () => {
  const store = new MemoryStore();
  const { imageKey } = await writeSyntheticAcquisition(store, "demo.zarr", layoutOptions);
  const array = await openArray(store, `${imageKey}/0`);
  const [, planes, rows, columns] = array.metadata.shape as [number, number, number, number];
  return (channel: number) => readBox(array, [channel, 0, 0, 0], [channel + 1, planes, rows, columns]);
})();

const labels = layoutOptions.channels.map(({ label }) => label);

describe.each(Object.entries(listedLayouts))("%s", (_, write) => {
  const opened = (async () => {
    const store = new MemoryStore("data");
    return { store, written: await write(store) };
  })();

  async function open(stageAxes?: StageAxes) {
    const { store, written } = await opened;
    const hints = { ...written.hints, ...(stageAxes && { stageAxes }) };
    return await openAcquisition(store, written.key, { hints });
  }

  /** The axes at which one arrives who does what errors advise. */
  async function followedTo(failure: unknown, tries = 3): Promise<string | undefined> {
    if (!(failure instanceof IsoluxError)) return undefined;
    const advised = /--stage-axes (\S+) to place them so/.exec(failure.advice!)![1] as StageAxes;
    const next = await confirmPlacement(await open(advised), { report: () => undefined }, "refuse").catch(
      (cause: unknown) => cause,
    );
    return next instanceof IsoluxError && tries > 0 ? await followedTo(next, tries - 1) : advised;
  }

  it("gives the pixels of the mosaic", async () => {
    const { written } = await opened;
    const { acquisition } = await open();
    const level = acquisition.levels[0]!;
    expect(acquisition.channels.map(({ label }) => label).sort()).toEqual([...(written.labels ?? labels)].sort());
    expect(acquisition.pixelSizeUmZyx.map((size) => Math.round(1e6 * size) / 1e6)).toEqual([
      ...layoutOptions.pixelSizeZyx,
    ]);
    const box = { start: [0, 0, 0], stop: level.shapeZyx } as const;
    // A single channel may be any of the two.
    const known = [await (await mosaic)(0), await (await mosaic)(1)] as const;
    const read = await Promise.all(acquisition.channels.map(({ index }) => level.readBox(index, box)));
    for (const [n, { label }] of acquisition.channels.entries()) {
      const named = labels.indexOf(label);
      const expected = written.labels === undefined ? [known[named]!] : read.length === 2 ? [known[n]!] : known;
      expect(
        expected.some((pixels) => read[n]!.length === pixels.length && read[n]!.every((v, i) => v === pixels[i])),
      ).toBe(true);
    }
  });

  it("places tiles where the stage was, lit from their sides", async () => {
    const { written } = await opened;
    const { acquisition } = await open();
    const pixelUm = layoutOptions.pixelSizeZyx[1];
    const first = acquisition.tiles[0]!.stagePositionUmYx!;
    for (const [n, tile] of acquisition.tiles.entries()) {
      const [y, x] = tile.stagePositionUmYx!;
      const [row, column] = layout.tiles[n]!.stageYx;
      expect(Math.round(1e3 * ((y - first[0]) / pixelUm))).toBe(1e3 * row);
      expect(Math.round(1e3 * ((x - first[1]) / pixelUm))).toBe(1e3 * column);
      expect(tile.sides![0]).toBe(written.hasSides ? layout.tiles[n]!.side : undefined);
    }
  });

  it("is doubted where an axis runs the other way, or both are swapped", async () => {
    const hooks = { report: () => undefined };
    const right = await open();
    await confirmPlacement(right, hooks, "refuse");
    const { stageAxes } = right.acquisition;
    const [down, along] = stageAxes!.split(",") as [string, string];
    const wrong = [`-${down},${along}`, `${down},-${along}`, `${along},${down}`, `-${along},${down}`] as StageAxes[];
    for (const axes of wrong) {
      const failure = await confirmPlacement(await open(axes), hooks, "refuse").catch((cause: unknown) => cause);
      expect(failure).toMatchObject({ kind: "invalid", advice: expect.stringContaining("--trust-positions") });
      expect(await followedTo(failure)).toBe(stageAxes);
    }
  });
});
