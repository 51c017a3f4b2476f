/** What a user says of tiles is obeyed, or refused: nothing is passed over in silence. */
import { expect, it } from "vitest";
import type { TileHints } from "../../../src/acquisition/listed/stage-axes.ts";
import { openLocated, type SourceLocation } from "../../../src/pipeline/places/location.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { FileInMemory } from "../../acquisition/bdv/hdf5-files.ts";
import { hdf5Project, n5Project, zarrProject } from "../../acquisition/bdv/projects.ts";
import { imarisFile } from "../../acquisition/imaris/imaris-files.ts";
import { writeSeries } from "../../acquisition/series/series-files.ts";
import { generateTiles } from "../../support/generated-tiles.ts";
import { layoutOptions, listedLayouts } from "../../support/listed-layouts.ts";

const made = await generateTiles();

const hints = {
  pattern: { pattern: "{row}_{col}.tif" },
  overlapYx: { overlapYx: [0.1, 0.1] },
  pixelSizeUmZyx: { pixelSizeUmZyx: [7, 3, 3] },
  stageAxes: { stageAxes: "-y,x" },
} as const satisfies Record<string, TileHints>;
type Hint = keyof typeof hints;

/** Each kind of input, and what it takes. */
const inputs: Record<string, readonly [open: () => Promise<SourceLocation>, taken: readonly Hint[]]> = {
  "a mosaic": [
    async () => {
      const store = new MemoryStore();
      const { imageKey } = await writeSyntheticAcquisition(store, "demo.zarr", layoutOptions);
      return { store, key: imageKey };
    },
    [],
  ],
  "a folder of series": [
    async () => {
      const store = new MemoryStore();
      await writeSeries(store, "in.zarr", made.tiles);
      return { store, key: "in.zarr" };
    },
    ["pixelSizeUmZyx", "stageAxes"],
  ],
  "Imaris files": [
    async () => {
      const store = new MemoryStore();
      const files = new Map<string, Uint8Array>();
      for (const tile of made.tiles) {
        const key = `in/${tile.number}.ims`;
        files.set(`${store.location}/${key}`, await imarisFile(tile, { labels: made.labels }));
        await store.set(key, files.get(`${store.location}/${key}`)!);
      }
      const openFile = (location: string) => new FileInMemory(files.get(location)!, location);
      return { store, key: "in", access: { openFile } };
    },
    ["pixelSizeUmZyx", "stageAxes"],
  ],
  "a project in N5": [async () => ({ store: await n5Project(), key: "dataset.xml" }), ["pixelSizeUmZyx", "stageAxes"]],
  "a project in HDF5": [
    async () => {
      const { store, options } = await hdf5Project({}, {});
      return { store, key: "dataset.xml", access: options };
    },
    ["pixelSizeUmZyx", "stageAxes"],
  ],
  "tiles by their XML file": [async () => ({ store: await zarrProject({}, {}), key: "dataset.xml" }), ["stageAxes"]],
  "tiles called as BigStitcher calls them": [
    async () => ({ store: await zarrProject({}, {}), key: "dataset.ome.zarr" }),
    ["stageAxes"],
  ],
  "a list": [
    async () => {
      const store = new MemoryStore();
      const { key } = await listedLayouts["tiles.csv of stacks"]!(store);
      return { store, key: `${key}/tiles.csv` };
    },
    ["overlapYx", "pixelSizeUmZyx", "stageAxes"],
  ],
};

const cases = Object.keys(inputs).flatMap((input) => Object.keys(hints).map((hint) => [input, hint as Hint] as const));

it.each(cases)("%s and %s", async (input, hint) => {
  const [open, taken] = inputs[input]!;
  const location = await open();
  const notes: string[] = [];
  const hooks = { report: (event: { readonly kind: string; text?: string }) => void notes.push(event.text ?? "") };
  const plain = await openLocated(location);
  const told = openLocated({ ...location, hints: hints[hint] }, hooks as never);
  if (!taken.includes(hint)) {
    await expect(told).rejects.toMatchObject({ kind: hint === "pattern" ? expect.any(String) : "usage" });
    return;
  }
  const { acquisition } = await told;
  const places = (of: typeof acquisition) => of.tiles.map(({ stagePositionUmYx }) => stagePositionUmYx);
  if (hint === "pixelSizeUmZyx") expect(acquisition.pixelSizeUmZyx).toEqual([7, 3, 3]);
  if (hint === "stageAxes") expect(places(acquisition)).not.toEqual(places(plain.acquisition));
  if (hint === "overlapYx") expect(notes.join()).toContain("--overlap is not used");
});
