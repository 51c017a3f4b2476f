import { describe, expect, it } from "vitest";
import { openAcquisition } from "../../src/acquisition/open-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { imageAttributes, patternedPixels, writeArray, writeGroup } from "./write-image.ts";

const shape = [2, 3, 8, 6];

/** Each field has values of its own. */
async function writeField(store: MemoryStore, key: string, seed: number, extents = shape) {
  const omero = { channels: [{ label: "nuclei" }, { label: "membranes" }] };
  await writeGroup(store, key, imageAttributes([[1, 5, 2, 2]], { omero }));
  const pixels = patternedPixels("uint16", extents, seed);
  await writeArray(store, `${key}/0`, { shape: extents, chunkShape: [1, 2, 4, 4], pixels });
  return pixels;
}

async function plate() {
  const store = new MemoryStore("data");
  await writeGroup(store, "p.zarr", { plate: { wells: [{ path: "B/02" }, { path: "C/05" }, { path: "D/01" }] } });
  await writeGroup(store, "p.zarr/B/02", { well: { images: [{ path: "0" }, { path: "1" }] } });
  await writeGroup(store, "p.zarr/C/05", { well: { images: [{ path: "0" }] } });
  const pixels = [
    await writeField(store, "p.zarr/B/02/0", 100),
    await writeField(store, "p.zarr/B/02/1", 20000),
    await writeField(store, "p.zarr/C/05/0", 40000),
  ];
  return { store, pixels };
}

/** Plane `z` of a channel of a field, from the definition of C order. */
function planeOf(pixels: ArrayLike<number>, channel: number, z: number): number[] {
  return Array.from({ length: 48 }, (_, i) => pixels[(channel * 3 + z) * 48 + i]!);
}

describe("fields", () => {
  it("of a plate are tiles of one acquisition, in the order of its wells", async () => {
    const { store, pixels } = await plate();
    const notes: unknown[] = [];
    const note = (...told: unknown[]) => notes.push(told);
    const { kind, acquisition } = await openAcquisition(store, "p.zarr", { isPooled: true, note });
    expect([kind, acquisition.channels.map(({ label }) => label)]).toEqual(["tiles", ["nuclei", "membranes"]]);
    expect(acquisition.pixelSizeUmZyx).toEqual([5, 2, 2]);
    expect(acquisition.tiles.map(({ number, name }) => [number, name])).toEqual([
      [1, "B/02/0"],
      [2, "B/02/1"],
      [3, "C/05/0"],
    ]);
    expect(notes).toEqual([
      ["Pooled over 3 fields of the plate: B/02/0, B/02/1, C/05/0"],
      ["The plate names wells in which no images are stored: D/01"],
    ]);
    for (const [index, { box }] of acquisition.tiles.entries()) {
      const [level] = acquisition.levels;
      const plane = await level!.readBox(1, { start: [2, box.start[1], box.start[2]], stop: box.stop });
      expect([...plane]).toEqual(planeOf(pixels[index]!, 1, 2));
    }
    expect((await acquisition.sourceObjects()).documents).toContain("p.zarr/C/05/0/.zattrs");
  });

  it("of a well are those of it, and such as differ are left out with a warning", async () => {
    const { store } = await plate();
    await writeField(store, "p.zarr/B/02/1", 1, [2, 3, 8, 7]);
    const notes: unknown[] = [];
    const note = (...told: unknown[]) => notes.push(told);
    const { acquisition } = await openAcquisition(store, "p.zarr/B/02", { isPooled: true, note });
    expect(acquisition.tiles.map(({ name }) => name)).toEqual(["0"]);
    expect(notes[0]).toEqual(["Skipped, because they differ from 0: 1", "warning"]);
  });

  it("that cannot be opened are left out with a warning, unless none can", async () => {
    const { store } = await plate();
    await store.set("p.zarr/B/02/0/0/.zarray", new TextEncoder().encode("{"));
    const notes: unknown[] = [];
    const note = (...told: unknown[]) => notes.push(told);
    const { acquisition } = await openAcquisition(store, "p.zarr", { isPooled: true, note });
    expect(acquisition.tiles.map(({ name }) => name)).toEqual(["B/02/1", "C/05/0"]);
    expect(notes[0]).toEqual([expect.stringMatching(/^Skipped: B\/02\/0 \(The metadata of a Zarr array/), "warning"]);
    await store.set("p.zarr/B/02/1/0/.zarray", new TextEncoder().encode("{"));
    await expect(openAcquisition(store, "p.zarr/B/02", { isPooled: true })).rejects.toThrow("not valid JSON");
  });

  it("of a plate are named where one image was wanted, with the commands for all of them and for one", async () => {
    const { store } = await plate();
    await expect(openAcquisition(store, "p.zarr")).rejects.toThrow(
      "This is a plate, not a single image (data/p.zarr): found 3 images: B/02/0, B/02/1, C/05/0. " +
        "isolux estimate data/p.zarr --output PROFILES finds profiles from all of them, and " +
        "isolux correct data/p.zarr/B/02/0 --models-folder PROFILES corrects one",
    );
    await expect(openAcquisition(store, "p.zarr/B/02")).rejects.toThrow("This is a well, not a single image");
  });

  it("are missed where a plate has none", async () => {
    const store = new MemoryStore("data");
    await writeGroup(store, "p.zarr", { plate: { wells: [] } });
    await expect(openAcquisition(store, "p.zarr", { isPooled: true })).rejects.toThrow("The plate has no images");
  });
});

describe("a folder of series", () => {
  it("is its image where it has one only", async () => {
    const store = new MemoryStore("data");
    await writeGroup(store, "s.zarr", { "bioformats2raw.layout": 3 });
    await writeGroup(store, "s.zarr/OME", { series: ["0"] });
    await writeField(store, "s.zarr/0", 1);
    const notes: string[] = [];
    const { acquisition } = await openAcquisition(store, "s.zarr", { note: (text) => notes.push(text) });
    expect(acquisition.location).toBe("data/s.zarr/0");
    expect(notes).toEqual(["Opened the only series in it: 0"]);
  });

  it("of several, of which nothing says where they lie, is refused", async () => {
    const store = new MemoryStore("data");
    await writeGroup(store, "s.zarr", { "bioformats2raw.layout": 3 });
    for (const series of ["0", "1"]) await writeField(store, `s.zarr/${series}`, 1);
    await expect(openAcquisition(store, "s.zarr")).rejects.toThrow(
      "The positions of the series are not known: their metadata are missing (data/s.zarr/OME/METADATA.ome.xml): " +
        "found 2 series of equal shape",
    );
  });
});
