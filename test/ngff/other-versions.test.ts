/** Images of versions of OME-Zarr other than 0.4 and 0.5, by the same path. */
import { describe, expect, it } from "vitest";
import { openAcquisition } from "../../src/acquisition/open-acquisition.ts";
import { readImageMetadata } from "../../src/ngff/image.ts";
import { encodeJson, type JsonObject } from "../../src/zarr/json.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { patternedPixels, writeArray, writeGroup } from "../acquisition/write-image.ts";

const axes = ["z", "y", "x"].map((name) => ({ name, type: "space", unit: "micrometer" }));

describe("OME-Zarr 0.6", () => {
  /** Level 0 as it is, level 1 with a shift, as the specification's example has them. */
  const level = (path: string, factor: number, shift: number): JsonObject => {
    const scale = { type: "scale", scale: [2, 0.5 * factor, 0.5 * factor] };
    const to = { input: { path }, output: { name: "intrinsic" } };
    const moved = [scale, { type: "translation", translation: [0, shift, shift] }];
    return {
      path,
      coordinateTransformations: [
        shift === 0 ? { ...scale, ...to } : { type: "sequence", transformations: moved, ...to },
      ],
    };
  };
  const systems = [
    { name: "world", axes: axes.toReversed() },
    { name: "intrinsic", axes },
  ];
  const usual = { name: "a", coordinateSystems: systems, datasets: [level("s0", 1, 0), level("s1", 2, 0.25)] };

  async function read(multiscale: JsonObject, version = "0.6rc0") {
    const store = new MemoryStore();
    const ome = { version, multiscales: [{ ...usual, ...multiscale }], omero: { channels: [{ label: "GFP" }] } };
    await store.set(
      "a.zarr/zarr.json",
      encodeJson({ zarr_format: 3, node_type: "group", attributes: { ome, other: 1 } }),
    );
    return await readImageMetadata(store, "a.zarr");
  }

  it("is read as 0.5", async () => {
    const metadata = await read({});
    expect(metadata).toMatchObject({ version: "0.5", writtenIn: "0.6rc0", axes: "zyx", channelLabels: ["GFP"] });
    expect(metadata.levels).toEqual([
      { path: "s0", scaleZyx: [2, 0.5, 0.5] },
      { path: "s1", scaleZyx: [2, 1, 1] },
    ]);
    const transformations = (at: number) => [
      { type: "scale", scale: [2, 0.5 * (at + 1), 0.5 * (at + 1)] },
      ...(at === 0 ? [] : [{ type: "translation", translation: [0, 0.25, 0.25] }]),
    ];
    const datasets = [0, 1].map((at) => ({ path: `s${at}`, coordinateTransformations: transformations(at) }));
    const ome = {
      version: "0.5",
      multiscales: [{ name: "a", axes, datasets }],
      omero: { channels: [{ label: "GFP" }] },
    };
    expect(metadata.attributes).toEqual({ ome, other: 1 });
  });

  it("multiplies what leads from the levels' system to another", async () => {
    const onward = { input: { name: "intrinsic" }, output: { name: "world" } };
    const coordinateTransformations = [
      { type: "sequence", transformations: [{ type: "identity" }, { type: "scale", scale: [1, 3, 3] }], ...onward },
    ];
    expect((await read({ coordinateTransformations })).levels[1]!.scaleZyx).toEqual([2, 3, 3]);
    // Systems were texts in a draft
    const draft = {
      ...level("s0", 1, 0),
      coordinateTransformations: [{ type: "scale", scale: [2, 1, 1], input: "s0", output: "world" }],
    };
    expect(
      (await read({ datasets: [draft], coordinateSystems: [{ name: "world", axes }] }, "0.6.dev1")).levels,
    ).toHaveLength(1);
  });

  const from = { input: { path: "s0" }, output: { name: "intrinsic" } };
  const only = (transformation: JsonObject) => ({
    datasets: [{ path: "s0", coordinateTransformations: [{ ...from, ...transformation }] }],
  });
  const nested = (depth: number): JsonObject =>
    depth === 0 ? { type: "identity" } : { type: "sequence", transformations: [nested(depth - 1)] };

  const scaled = { type: "scale", scale: [2, 0.5, 0.5] };
  const moved = { type: "translation", translation: [4, 5, 6] };
  const inverse = { type: "identity" };
  // By NumPy: affine([2, 0.5, 0.5]) and then + [4, 5, 6], in whatever words
  it.each<[string, JsonObject]>([
    ["a sequence", only({ type: "sequence", transformations: [scaled, moved] })],
    [
      "a bijection",
      only({ type: "bijection", forward: { type: "sequence", transformations: [scaled, moved] }, inverse }),
    ],
    [
      "transformations by dimension, with numbers of axes",
      only({
        type: "byDimension",
        transformations: [
          {
            transformation: {
              type: "sequence",
              transformations: [
                { type: "scale", scale: [0.5, 0.5] },
                { type: "translation", translation: [6, 5] },
              ],
            },
            input_axes: [2, 1],
            output_axes: [2, 1],
          },
          { transformation: { type: "affine", affine: [[2, 4]] }, input_axes: [0], output_axes: [0] },
        ],
      }),
    ],
    [
      "transformations by dimension, with names of axes",
      only({
        type: "sequence",
        transformations: [
          {
            type: "byDimension",
            transformations: [
              { type: "scale", scale: [0.5], input: ["dim_1"], output: ["y"] },
              { type: "scale", scale: [2, 0.5], input: ["z", "x"], output: ["z", "x"] },
            ],
          },
          moved,
        ],
      }),
    ],
    [
      "axes in their own order",
      only({ type: "sequence", transformations: [{ type: "mapAxis", mapAxis: [0, 1, 2] }, scaled, moved] }),
    ],
    [
      "one after the other in the list",
      {
        datasets: [
          {
            path: "s0",
            coordinateTransformations: [
              { ...scaled, input: { path: "s0" } },
              { ...moved, output: { name: "intrinsic" } },
            ],
          },
        ],
      },
    ],
    [
      "a second one that leads elsewhere",
      {
        datasets: [
          {
            path: "s0",
            coordinateTransformations: [
              { type: "sequence", transformations: [scaled, moved], ...from },
              { type: "scale", scale: [9, 9, 9], input: { path: "s0" }, output: { name: "world" } },
            ],
          },
        ],
      },
    ],
  ])("reads %s as a scale and a translation", async (_, change) => {
    const { levels, attributes } = await read(change);
    expect(levels.map(({ scaleZyx }) => scaleZyx)).toEqual([[2, 0.5, 0.5]]);
    expect(attributes).toMatchObject({
      ome: { multiscales: [{ datasets: [{ coordinateTransformations: [scaled, moved] }] }] },
    });
  });

  it.each<[string, JsonObject, string]>([
    [
      "axes that change places",
      only({ type: "byDimension", transformations: [{ ...scaled, input: ["z", "x", "y"], output: ["z", "y", "x"] }] }),
      "of the type byDimension",
    ],
    [
      "an axis without a transformation",
      only({ type: "byDimension", transformations: [{ type: "identity", input: ["z", "y"], output: ["z", "y"] }] }),
      "of the type byDimension",
    ],
    ["axes in another order", only({ type: "mapAxis", mapAxis: [0, 2, 1] }), "of the type mapAxis"],
    [
      "a bijection that turns",
      only({ type: "bijection", forward: { type: "rotation" }, inverse }),
      "of the type rotation",
    ],
    [
      "a rotation",
      only({ type: "rotation", rotation: [] }),
      "more than a scale and a translation (memory:/a.zarr): found a transformation of the type rotation",
    ],
    ["an affine", only({ type: "affine", affine: [] }), "of the type affine"],
    ["no type", only({}), "found no transformation"],
    ["sequences in sequences without end", only(nested(40)), "of the type sequence"],
    ["too few numbers", only({ type: "scale", scale: [1, 1] }), "unusable scale or translation"],
    ["a system that is not there", { coordinateSystems: [] }, "The resolution levels have no common coordinate system"],
    ["no levels", { datasets: [] }, "no common coordinate system"],
    [
      "a rotation of all levels",
      { coordinateTransformations: [{ type: "rotation", input: { name: "intrinsic" }, output: { name: "world" } }] },
      "of the type rotation",
    ],
  ])("with %s is refused", async (_, change, message) => {
    await expect(read(change)).rejects.toThrow(message);
  });
});

describe("OME-Zarr 0.1 to 0.3", () => {
  async function open(multiscale: JsonObject) {
    const store = new MemoryStore();
    const datasets = [{ path: "0" }, { path: "1" }];
    await writeGroup(store, "a.zarr", {
      multiscales: [{ datasets, ...multiscale }],
      omero: { channels: [{ label: "GFP" }] },
    });
    for (const at of [0, 1]) {
      const shape = [1, 1, 4, 8 >> at, 12 >> at];
      await writeArray(store, `a.zarr/${at}`, {
        shape,
        chunkShape: [1, 1, 2, 4, 4],
        pixels: patternedPixels("uint16", shape, at),
      });
    }
    const notes: string[] = [];
    const { acquisition } = await openAcquisition(store, "a.zarr", { note: (text) => notes.push(text) });
    return { acquisition, notes, metadata: await readImageMetadata(store, "a.zarr") };
  }

  it.each<[string, JsonObject]>([
    ["0.1", { version: "0.1" }],
    ["0.1", {}],
    ["0.2", { version: "0.2" }],
    ["0.3", { version: "0.3", axes: ["t", "c", "z", "y", "x"] }],
  ])("%s is read as 0.4, with pixels of 1 µm", async (version, multiscale) => {
    const { acquisition, notes, metadata } = await open(multiscale);
    expect(acquisition.levels.map(({ shapeCzyx }) => shapeCzyx)).toEqual([
      [1, 4, 8, 12],
      [1, 4, 4, 6],
    ]);
    expect(acquisition.channels.map(({ label }) => label)).toEqual(["GFP"]);
    expect(notes[0]).toBe(
      `The image is OME-Zarr ${version}, without pixel sizes: they count as 1 µm; an output is 0.4 unless another version is asked for`,
    );
    expect(metadata.levels.map(({ scaleZyx }) => scaleZyx)).toEqual([
      [1, 1, 1],
      [1, 2, 2],
    ]);
    expect(metadata.attributes.multiscales).toMatchObject([
      { version: "0.4", axes: [..."tczyx"].map((name) => ({ name })) },
    ]);
  });

  it("keeps sizes where there are any", async () => {
    const scale = (size: number) => [{ type: "scale", scale: [1, 1, 5, size, size] }];
    const datasets = [0, 1].map((at) => ({ path: String(at), coordinateTransformations: scale(2 + 2 * at) }));
    const { acquisition, notes } = await open({ version: "0.3", axes: [..."tczyx"], datasets });
    expect(acquisition.pixelSizeUmZyx).toEqual([5, 2, 2]);
    expect(notes[0]).toContain("The image is OME-Zarr 0.3; an output is 0.4");
  });
});
