/** Names of an array's dimensions beside the axes that the image's attributes name. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openStoredImage } from "../../src/acquisition/open-levels.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

const fixture = new URL("../fixtures/ngio/anndata-0.5.zarr/", import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, fixture), "utf8"));

/** Opens an image of axes c, z, y and x whose arrays name their dimensions; the second is half as large. */
async function opened(...named: readonly (readonly (string | null)[])[]) {
  return openedIn(undefined, named);
}

/** @param unit of the axes of space, where it is another than the fixture's */
async function openedIn(unit: string | undefined, named: readonly (readonly (string | null)[])[]) {
  const store = new MemoryStore();
  const set = (name: string, document: object) => store.set(name, new TextEncoder().encode(JSON.stringify(document)));
  const group = read("zarr.json");
  const [multiscale] = group.attributes.ome.multiscales;
  const coordinateTransformations = [{ type: "scale", scale: [1, 5, 3, 3] }];
  multiscale.datasets = [...multiscale.datasets, { path: "1", coordinateTransformations }].slice(0, named.length);
  if (unit !== undefined) for (const axis of multiscale.axes) if (axis.type === "space") axis.unit = unit;
  await set("a/zarr.json", group);
  for (const [level, names] of named.entries()) {
    const shape = [1, 2, 8 >> level, 12 >> level];
    await set(`a/${level}/zarr.json`, { ...read("0/zarr.json"), shape, dimension_names: names });
  }
  const notes: string[] = [];
  const { levels, remade } = await openStoredImage(store, "a", { note: (text) => notes.push(text) });
  return { levels: levels.length, remade: remade.length, notes };
}

const own = ["c", "z", "y", "x"];

describe("names of dimensions", () => {
  it.each([[own], [["C", "Z", "Y", "X"]], [["channel", "dim_1", "row", null]]])("may be %j", async (names) => {
    expect(await opened(names)).toEqual({ levels: 1, remade: 0, notes: [] });
  });

  it.each([[["c", "z", "x", "y"]], [["z", "c", "y", "x"]], [["t", "z", "y", "x"]], [["time", "z", "y", "x"]]])(
    "are refused where they contradict the axes: %j",
    async (names) => {
      await expect(opened(names)).rejects.toThrow(
        `The names of an array's dimensions contradict the axes of the image (memory:/a/0): found ${names.join(", ")}, expected czyx`,
      );
    },
  );

  it("of a coarser level that contradict the axes have it made anew", async () => {
    expect(await opened(own, own)).toEqual({ levels: 2, remade: 0, notes: [] });
    expect(await opened(own, ["z", "c", "y", "x"])).toEqual({
      levels: 1,
      remade: 1,
      notes: [expect.stringContaining("its dimensions are named z, c, y, x, the axes are czyx")],
    });
  });
});

it("units that are no length are told, as sizes count as µm then", async () => {
  expect((await openedIn("inch", [own])).notes).toEqual([]);
  expect((await openedIn("furlong", [own])).notes).toEqual([
    'The sizes of pixels are in "furlong", which is no unit of length that Isolux knows: their numbers count as µm',
  ]);
});
