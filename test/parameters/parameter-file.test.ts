import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadParameterFile, readParameterFile, withResolvedPaths } from "../../src/cli/commands/run.ts";
import { chooseProfileSource } from "../../src/parameters/profile-source.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import { validate } from "../../src/parameters/validate.ts";

const file = "run.json";
const read = (content: unknown) => {
  const { parameters, warnings } = readParameterFile(content, file);
  return { parameters: validate(correctSchema, parameters, { spelling: "file", file }), warnings };
};

describe("a file in our names", () => {
  it("gives the parameters", () => {
    const { parameters, warnings } = read({
      $schema: "x",
      image: "a",
      fov_list: [3, 1],
      basic: { get_darkfield: false },
    });
    expect(parameters).toMatchObject({ image: "a", fovList: [3, 1], basic: { getDarkfield: false, epsilon: 0.1 } });
    expect(warnings).toEqual([]);
  });

  it.each([
    [{ fov_lst: [1] }, 'no parameter named "fov_lst" (run.json). Did you mean fov_list?'],
    [{ nZplanes: 3 }, "Did you mean n_zplanes?"],
    [{ "z-levels": [1, 2] }, "Did you mean z_levels?"],
    [{ epsilon: 3 }, "Did you mean basic.epsilon?"],
    [{ basic: { epsilom: 3 } }, 'no parameter named "epsilom" in basic (run.json). Did you mean basic.epsilon?'],
    [{ something: 3 }, "isolux init writes a file with all parameters."],
    [{ basic: 3 }, "Wrong value for basic (run.json): found 3"],
    [{ basic: [1] }, "Wrong value for basic (run.json): found [1]"],
  ])("refuses %j", (content, message) => {
    expect(() => read({ image: "a", ...content })).toThrow(message);
    expect(() => read({ image: "a", ...content })).toThrow(expect.objectContaining({ kind: "usage" }));
  });

  it.each([[null], [[1]], [3], ["image"]])("refuses %j as a whole", (content) => {
    expect(() => read(content)).toThrow("expected parameters with their names");
  });
});

/** As the reference task's own template for local runs gives them; there the empty list and the list of one fail. */
const referenceTemplate = {
  zarr_url: "/data/sample.zarr/raw_image",
  n_zplanes: 200,
  resolution_level: 4,
  z_levels: null,
  FOV_list: [],
  models_folder: null,
  save_models: false,
  basicpy_model_params: {
    max_workers: 4,
    get_darkfield: true,
    smoothness_darkfield: 1,
    smoothness_flatfield: 1,
    working_size: [400],
  },
  erase_source_image: false,
};

describe("a file in the reference task's names", () => {
  it("gives the same parameters", () => {
    const { parameters, warnings } = read(referenceTemplate);
    expect(parameters).toMatchObject({ image: "/data/sample.zarr/raw_image", resolutionLevel: 4, nZplanes: 200 });
    expect(parameters.basic).toMatchObject({ maxWorkers: 4, workingSize: [400, 400] });
    expect(chooseProfileSource(parameters).kind).toBe("basic");
    expect(warnings).toEqual([]);
  });

  it("takes null for not given, also for whole groups", () => {
    const { parameters } = read({ zarr_url: "a", FOV_list: null, basicpy_model_params: null, resolution_level: null });
    expect(parameters).toEqual(read({ image: "a" }).parameters);
  });

  it("lets the models folder win, with a warning", () => {
    const { parameters, warnings } = read({
      ...referenceTemplate,
      models_folder: "m",
      FOV_list: [1],
      z_levels: [50, 600],
    });
    expect(chooseProfileSource(parameters)).toEqual({ kind: "given", modelsFolder: "m" });
    expect(warnings).toEqual(["models_folder wins over FOV_list and z_levels, as in the reference task"]);
  });

  it("may use parameters that only we have", () => {
    expect(read({ ...referenceTemplate, seed: 7, overwrite: true }).parameters).toMatchObject({
      seed: 7,
      overwrite: true,
    });
  });

  it("refuses what is unknown, and a parameter under both names", () => {
    expect(() => read({ ...referenceTemplate, FOV_lists: [1] })).toThrow("FOV_lists");
    expect(() => read({ zarr_url: "a", basicpy_model_params: { fitting_mode: "ladmap" } })).toThrow(
      '"fitting_mode" in basic',
    );
    expect(() => read({ zarr_url: "a", FOV_list: [1], fov_list: [2] })).toThrow(
      "FOV_list and fov_list are the same parameter",
    );
  });
});

it("paths are made relative to another folder, other texts are not", () => {
  const raw = {
    image: "a",
    modelsFolder: "m",
    output: "o",
    saveModels: true,
    background: "keep",
    channels: ["c"],
    memory: "2GB",
  };
  expect(withResolvedPaths(raw, (path) => `in/${path}`)).toEqual({
    ...raw,
    image: "in/a",
    modelsFolder: "in/m",
    output: "in/o",
  });
  expect(withResolvedPaths({ saveModels: "s" }, (path) => `in/${path}`)).toEqual({ saveModels: "in/s" });
});

it.each(["[", "{a: ", "- [[[[["])(
  "lists and objects that lie too deep are refused before they are read: %j",
  async (piece) => {
    const folder = mkdtempSync(join(tmpdir(), "isolux-deep-"));
    try {
      const deep = join(folder, "deep.yaml");
      writeFileSync(deep, piece.repeat(20_000));
      const found = "more than 200 lists and objects in each other";
      await expect(loadParameterFile(deep)).rejects.toMatchObject({ kind: "usage", found });
      writeFileSync(deep, `image: "${"[".repeat(150)}"\n`);
      expect((await loadParameterFile(deep)).parameters).toMatchObject({ image: expect.stringContaining("[[[") });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
