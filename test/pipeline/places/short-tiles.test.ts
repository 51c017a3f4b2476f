/** Tiles whose lengths in the table are smaller than the steps between them. */
import { describe, expect, it } from "vitest";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { confirmPlacement } from "../../../src/pipeline/places/confirm-placement.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

const [rows, columns] = [24, 20];

/** What is told of an image of 2 x 3 tiles, where a table gives them other sizes; light is where `isLit`. */
async function confirmed(
  sizeOf: (tile: number) => readonly [number, number],
  { isLit = true, count = 6, warn = false } = {},
) {
  const store = new MemoryStore();
  const { imageKey } = await writeSyntheticAcquisition(store, "a.zarr", {
    ...{ gridYx: [2, 3], tileShapeYx: [rows, columns], planes: 2, levelCount: 1, emptyTiles: [], overlap: 0 },
  });
  const acquisition = await openMosaic(store, imageKey);
  const [level] = acquisition.levels;
  const dark: typeof level = Object.assign(Object.create(level!), {
    readBox: async (...given: Parameters<NonNullable<typeof level>["readBox"]>) =>
      (await level!.readBox(...given)).fill(0),
  });
  const tiles = acquisition.tiles.slice(0, count).map(({ stagePositionUmYx: _, ...tile }, index) => {
    const { start, stop } = tile.box;
    const [height, width] = sizeOf(index);
    return { ...tile, box: { start, stop: [stop[0], start[1] + height, start[2] + width] as const } };
  });
  const texts: string[] = [];
  const opened = {
    kind: "mosaic",
    acquisition: { ...acquisition, tiles, levels: isLit ? [level!] : [dark!] },
  } as const;
  const report = (event: { kind: string; text?: string }) => void texts.push(`${event.kind}: ${event.text}`);
  await confirmPlacement(opened, { report }, warn ? "warn" : "refuse");
  return texts;
}

const text = (size: string, step: string) =>
  `The tiles of the table are smaller than the steps between them, and what lies between them shows light (memory:/a.zarr/raw_image): found tiles of ${size} px every ${step} px`;

describe("tiles that are smaller than their steps", () => {
  it.each([
    ["half of both", 12, 10],
    ["a third of the columns", 24, 7],
    ["in another unit", 22, 18],
  ])("are refused where light lies between them: %s", async (_, height, width) => {
    await expect(confirmed(() => [height, width])).rejects.toThrow(text(`${height} x ${width}`, "24 x 20"));
  });

  it("are refused where a single one is half as large as the image", async () => {
    await expect(confirmed(() => [24, 30], { count: 1 })).rejects.toThrow(text("24 x 30", "48 x 60"));
  });

  it("are told where they are only looked at", async () => {
    expect(await confirmed(() => [12, 10], { warn: true })).toEqual([
      expect.stringContaining(`warning: ${text("12 x 10", "24 x 20")}`),
    ]);
  });

  it("are believed without light between them, of several sizes, and as a part of an image", async () => {
    expect(await confirmed(() => [12, 10], { isLit: false })).toEqual([]);
    expect(await confirmed((tile) => (tile === 2 ? [24, 20] : [12, 10]))).toEqual([]);
    expect(await confirmed(() => [24, 20])).toEqual([]);
    expect(await confirmed(() => [20, 33], { count: 1 })).toEqual([]);
  });
});
