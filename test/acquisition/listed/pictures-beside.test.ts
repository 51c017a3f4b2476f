/** Pictures that lie beside images do not hide these. */
import { expect, it } from "vitest";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { generateTiles, pixelSizeUmZyx } from "../../support/generated-tiles.ts";
import { tiffFile } from "../../support/tiff-file.ts";
import { FileInMemory } from "../bdv/hdf5-files.ts";
import { imarisFile } from "../imaris/imaris-files.ts";
import { writeSeries } from "../series/series-files.ts";
import { imageAttributes, patternedPixels, writeArray, writeGroup } from "../write-image.ts";

const made = await generateTiles();
const picture = () => tiffFile([new Uint16Array(6)], [2, 3]);

const folders: Record<string, (store: MemoryStore, files: Map<string, Uint8Array>) => Promise<number>> = {
  "a mosaic": async (store) => {
    const shape = [1, 2, 6, 8];
    await writeGroup(store, "in", imageAttributes([shape.map(() => 1)]));
    await writeArray(store, "in/0", { shape, chunkShape: shape, pixels: patternedPixels("uint16", shape) });
    return 1;
  },
  "a folder of series": async (store) => {
    await writeSeries(store, "in", made.tiles);
    return made.tiles.length;
  },
  "OME-Zarr tiles without a group of their folder": async (store) => {
    for (const { number, shapeZyx, channels, originUmZyx } of made.tiles) {
      const key = `in/tile_${number}.zarr`;
      const attributes = imageAttributes([[...pixelSizeUmZyx]]) as {
        multiscales: [{ datasets: [{ coordinateTransformations: object[] }] }];
      };
      attributes.multiscales[0].datasets[0].coordinateTransformations.push({
        type: "translation",
        translation: originUmZyx,
      });
      await writeGroup(store, key, attributes as never);
      await writeArray(store, `${key}/0`, { shape: shapeZyx, chunkShape: shapeZyx, pixels: channels[0]! });
    }
    return made.tiles.length;
  },
  "Imaris files": async (store, files) => {
    for (const tile of made.tiles) {
      const key = `in/${tile.number}.ims`;
      files.set(`${store.location}/${key}`, await imarisFile(tile, { labels: made.labels }));
      await store.set(key, files.get(`${store.location}/${key}`)!);
    }
    return made.tiles.length;
  },
};

it.each(Object.entries(folders))("%s", async (_, write) => {
  const store = new MemoryStore();
  const files = new Map<string, Uint8Array>();
  const count = await write(store, files);
  await store.set("in/thumbnail.tif", picture());
  await store.set("in/notes.csv", new TextEncoder().encode("a,b\n"));
  const notes: string[] = [];
  const openFile = (location: string) => new FileInMemory(files.get(location)!, location);
  const { acquisition } = await openAcquisition(store, "in", { openFile, note: (text) => notes.push(text) });
  expect(acquisition.tiles).toHaveLength(count);
  expect(notes).toContain("Left out: 1 picture beside the images");
});

it("a list that names pictures counts before all else", async () => {
  const store = new MemoryStore();
  for (const name of ["a", "b"]) {
    await store.set(`in/${name}.tif`, picture());
    await writeGroup(store, `in/${name}.zarr`);
  }
  await writeGroup(store, "in/c.zarr");
  await store.set(
    "in/tiles.csv",
    new TextEncoder().encode("file,x,y,pixel_size,z_step\na.tif,0,0,1,1\nb.tif,3,0,1,1\n"),
  );
  const { acquisition } = await openAcquisition(store, "in");
  expect(acquisition.tiles).toHaveLength(2);
});
