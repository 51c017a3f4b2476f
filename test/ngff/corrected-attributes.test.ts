import { describe, expect, it } from "vitest";
import { type AttributeChanges, correctedAttributes } from "../../src/ngff/corrected-attributes.ts";
import type { JsonObject } from "../../src/zarr/json.ts";

const channel = (label: string, more: JsonObject = {}) => ({
  active: true,
  label,
  wavelength_id: "488",
  color: "4FC3F7",
  index: 0,
  window: { min: 0, max: 1690, start: 136, end: 169, family: "linear" },
  ...more,
});

/** Attributes as the mesoSPIM converter writes them, with a level whose z scale is wrong, and things it does not know. */
const source = {
  multiscales: [
    {
      version: "0.4",
      name: "raw_image",
      axes: [{ name: "c", type: "channel" }, { name: "z" }, { name: "y" }, { name: "x" }],
      datasets: [
        { path: "0", coordinateTransformations: [{ type: "scale", scale: [1, 5, 1.1, 1.1] }] },
        {
          path: "1",
          coordinateTransformations: [
            { type: "scale", scale: [1, 10, 2.2, 2.2] },
            { type: "translation", translation: [0, 0, 0.55, 0.55] },
          ],
        },
        { path: "2", coordinateTransformations: [{ type: "scale", scale: [1, 10, 4.4, 4.400000000000001] }] },
      ],
      metadata: { method: "gaussian", kept: true },
    },
    { version: "0.4", name: "other", axes: [], datasets: [] },
  ],
  omero: {
    id: 1,
    version: "0.4",
    name: "raw_image",
    rdefs: { model: "color" },
    channels: [channel("MBP"), channel("Lectin")],
  },
  acquisition_metadata: { channels: [{ label: "MBP", shutter: "left" }] },
  fractal_tasks: { mesospim_to_omezarr: { version: "0.4.1" }, correct_flatfield: { version: "old" } },
  "x-lab": [1, null],
};

const changes: AttributeChanges = {
  name: "raw_image_flatfield_corr",
  writer: { name: "isolux", version: "1" },
  levelFactorsZyx: [
    [1, 1, 1],
    [1, 2, 2],
    [2, 4, 4],
  ],
  planeCount: 11,
  windows: [undefined, { min: 0, max: 500, start: 20, end: 50 }],
  fractalTask: { version: "1" },
  provenance: { version: "1", profiles: [] },
};

describe("correctedAttributes", () => {
  it("changes name, wrong scales, windows and how levels were made, adds provenance and keeps everything else", () => {
    const before = structuredClone(source);
    const after = correctedAttributes(source, changes);
    const wanted = structuredClone(source) as typeof source & { isolux?: unknown };
    wanted.multiscales[0]!.name = "raw_image_flatfield_corr";
    wanted.multiscales[0]!.datasets![1]!.coordinateTransformations[0]!.scale![1] = 5;
    Object.assign(wanted.multiscales[0]!, {
      type: "mean",
      metadata: { kept: true, description: expect.stringMatching(/Means over blocks/), method: "isolux", version: "1" },
    });
    wanted.omero.channels[1]!.window = { min: 0, max: 500, start: 20, end: 50, family: "linear" };
    Object.assign(wanted.omero.rdefs, { defaultT: 0, defaultZ: 5 });
    wanted.fractal_tasks.correct_flatfield = { version: "1" };
    wanted.isolux = { version: "1", profiles: [] };
    expect(after).toEqual(wanted);
    expect(source).toEqual(before);
  });

  it("leaves a scale that is right but for its last digits", () => {
    const datasets = (correctedAttributes(source, changes).multiscales as typeof source.multiscales)[0]!.datasets!;
    expect(datasets[2]!.coordinateTransformations[0]!.scale).toEqual([1, 10, 4.4, 4.400000000000001]);
  });

  it("manages without omero, without a window, without earlier tasks, without channels", () => {
    const datasets = [{ path: "0", coordinateTransformations: [{ type: "scale", scale: [5, 2, 2] }] }];
    const bare: JsonObject = { multiscales: [{ axes: [], datasets }] };
    const single = { ...changes, levelFactorsZyx: [[1, 1, 1]] as const };
    expect(correctedAttributes(bare, single)).toEqual({
      multiscales: [
        { axes: [], datasets, name: "raw_image_flatfield_corr", type: "mean", metadata: expect.anything() },
      ],
      fractal_tasks: { correct_flatfield: { version: "1" } },
      isolux: { version: "1", profiles: [] },
    });
    const windowless = { ...bare, omero: { channels: [{ label: "a" }, { label: "b" }] } };
    expect(correctedAttributes(windowless, single).omero).toEqual({
      channels: [{ label: "a" }, { label: "b", window: { min: 0, max: 500, start: 20, end: 50 } }],
      rdefs: { defaultT: 0, defaultZ: 5, model: "color" },
    });
    const chosen = { ...bare, omero: { channels: [], rdefs: { defaultZ: 2, model: "greyscale" } } };
    expect(correctedAttributes(chosen, single).omero).toMatchObject({ rdefs: { defaultZ: 2, model: "greyscale" } });
  });
});
