/** Scenes of OME-Zarr 0.6: which images there are, and where each lies. */
import { describe, expect, it } from "vitest";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { encodeJson, type JsonObject } from "../../../src/zarr/json.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { expectSame, type GeneratedTile, generateTiles, pixelSizeUmZyx } from "../../support/generated-tiles.ts";

const made = await generateTiles();
const { labels } = made;

const axesOf = (unit: string) => [
  { name: "c", type: "channel" },
  ...["z", "y", "x"].map((name) => ({ name, type: "space", unit })),
];

async function group(store: MemoryStore, key: string, ome: JsonObject): Promise<void> {
  const attributes = { ome: { version: "0.6", ...ome } };
  await store.set(`${key}/zarr.json`, encodeJson({ zarr_format: 3, node_type: "group", attributes }));
}

async function writeImage(
  store: MemoryStore,
  key: string,
  { shapeZyx, channels }: GeneratedTile,
  own: object[],
): Promise<void> {
  const sequence = [{ type: "scale", scale: [1, ...pixelSizeUmZyx] }, ...own];
  const coordinateTransformations = [{ type: "sequence", input: "0", output: "physical", transformations: sequence }];
  const coordinateSystems = [{ name: "physical", axes: axesOf("micrometer") }];
  const omero = {
    channels: labels.map((label) => ({ label, color: "FF0000", window: { start: 0, end: 9, min: 0, max: 9 } })),
  };
  await group(store, key, {
    multiscales: [{ coordinateSystems, datasets: [{ path: "0", coordinateTransformations }] }],
    omero,
  } as never);
  const shape = [channels.length, ...shapeZyx];
  await store.set(
    `${key}/0/zarr.json`,
    encodeJson({
      ...{
        zarr_format: 3,
        node_type: "array",
        shape,
        data_type: "uint16",
        fill_value: 0,
        dimension_names: ["c", "z", "y", "x"],
      },
      chunk_grid: { name: "regular", configuration: { chunk_shape: shape } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      codecs: [{ name: "bytes", configuration: { endian: "little" } }],
    }),
  );
  await store.set(`${key}/0/c/0/0/0/0`, new Uint8Array(Uint16Array.from(channels.flatMap((of) => [...of])).buffer));
}

/** @param placed how the scene places an image */
async function sceneOf(
  placed: (tile: GeneratedTile) => object,
  {
    unit = "micrometer",
    own = [] as object[],
    lists = true,
    before = (_: GeneratedTile): object[] => [],
    after = (_: GeneratedTile): object[] => [],
  } = {},
) {
  const store = new MemoryStore();
  for (const tile of made.tiles) await writeImage(store, `scene.zarr/tiles/t${tile.number}`, tile, own);
  const coordinateTransformations = made.tiles.flatMap((tile) => {
    const input = { path: `tiles/t${tile.number}`, name: "physical" };
    const others = (list: object[]) => list.map((one) => ({ output: { name: "atlas" }, ...one, input }));
    return [...others(before(tile)), { ...placed(tile), input, output: { name: "world" } }, ...others(after(tile))];
  });
  const coordinateSystems = [{ name: "world", axes: axesOf(unit) }];
  await group(store, "scene.zarr", { scene: { coordinateSystems, coordinateTransformations } } as never);
  if (!lists) store.list = async () => undefined as never;
  return await openAcquisition(store, "scene.zarr");
}

const at = ({ originUmZyx }: GeneratedTile, um = 1) => [0, ...originUmZyx.map((place) => place / um)];

describe("a scene", () => {
  it.each<[string, Parameters<typeof sceneOf>]>([
    ["of translations", [(tile) => ({ type: "translation", translation: at(tile) })]],
    ["in another unit", [(tile) => ({ type: "translation", translation: at(tile, 1000) }), { unit: "millimeter" }]],
    [
      "after translations of its images",
      [
        (tile) => ({ type: "translation", translation: at(tile) }),
        { own: [{ type: "translation", translation: [0, 5, 6, 7] }] },
      ],
    ],
    [
      "that turns its images in another system",
      [
        (tile) => ({ type: "translation", translation: at(tile) }),
        {
          before: () => [{ type: "rotation", rotation: [] }],
          after: () => [{ type: "identity", output: { name: "own" } }],
        },
      ],
    ],
    [
      "with another system for some of its images",
      [
        (tile) => ({ type: "translation", translation: at(tile) }),
        { after: ({ number }) => (number > 2 ? [] : [{ type: "translation", translation: [0, 1, 2, 3] }]) },
      ],
    ],
    ["on a server that does not list", [(tile) => ({ type: "translation", translation: at(tile) }), { lists: false }]],
    [
      "of sequences",
      [
        (tile) => ({
          type: "sequence",
          transformations: [{ type: "identity" }, { type: "translation", translation: at(tile) }],
        }),
      ],
    ],
    [
      "of affines that only move",
      [
        (tile) => ({
          type: "affine",
          affine: at(tile).map((step, row) => [...[0, 1, 2, 3].map((column) => Number(column === row)), step]),
        }),
      ],
    ],
  ])("%s is the mosaic of its images", async (_, parts) => {
    await expectSame((await sceneOf(...parts)).acquisition, made);
  });

  it("without a system of all its images is refused", async () => {
    const placed = ({ number }: GeneratedTile) => ({ type: "identity", output: { name: `system ${number % 2}` } });
    const store = new MemoryStore();
    const coordinateTransformations = made.tiles.map((tile) => ({
      ...placed(tile),
      input: { path: `t${tile.number}` },
    }));
    await group(store, "scene.zarr", { scene: { coordinateSystems: [], coordinateTransformations } } as never);
    await expect(openAcquisition(store, "scene.zarr")).rejects.toThrow(
      /lie in different coordinate systems.*found system [01], system [01]/,
    );
  });

  it.each<[string, object, RegExp]>([
    ["scales", { type: "scale", scale: [1, 1, 2, 2] }, /scales its images.*t1\): found the scale 1, 1, 2, 2/],
    ["turns", { type: "rotation", rotation: [] }, /found a transformation of the type rotation/],
    [
      "shears",
      {
        type: "affine",
        affine: [
          [1, 0, 0, 0, 0],
          [0, 1, 0, 0, 0],
          [0, 0, 1, 0.1, 0],
          [0, 0, 0, 1, 0],
        ],
      },
      /type affine/,
    ],
    ["moves along other axes", { type: "translation", translation: [1, 2] }, /unusable scale or translation/],
  ])("that %s its images is refused", async (_, transformation, message) => {
    await expect(sceneOf(() => transformation)).rejects.toThrow(message);
  });
});
