import { describe, expect, it } from "vitest";
import {
  estimateTaskSchema,
  initSchema,
  readArguments,
  takeText,
  takeTexts,
  unitSchema,
  withGivenOffset,
} from "../../src/fractal/task-arguments.ts";

const wrong = (what: () => unknown) => {
  try {
    what();
  } catch (error) {
    return String((error as Error).message);
  }
  return "nothing thrown";
};

describe("arguments that may be left out", () => {
  const forms = [undefined, null, "", [], {}] as const;
  const some = ["FOV_list", "z_levels", "resolution_level", "units", "channels", "shards"];

  it("are missing, null and empty to the same effect, in all combinations", () => {
    const defaults = readArguments(initSchema, {});
    const count = forms.length ** some.length;
    for (let code = 0; code < count; code += 7) {
      const given = some.flatMap((name, place): [string, unknown][] => {
        const value = forms[Math.floor(code / forms.length ** place) % forms.length];
        return value === undefined ? [] : [[name, value]];
      });
      expect(readArguments(initSchema, Object.fromEntries(given)), JSON.stringify(given)).toEqual(defaults);
    }
  });

  it.each([
    ["init", initSchema],
    ["unit", unitSchema],
    ["estimate", estimateTaskSchema],
  ])("of %s all may be null or empty at once", (_, schema) => {
    const names = Object.keys(schema.shape).map((key) => {
      return (
        { fovList: "FOV_list", basic: "basicpy_model_params" }[key] ??
        key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
      );
    });
    for (const form of [null, "", [], {}]) {
      expect(readArguments(schema, Object.fromEntries(names.map((name) => [name, form])))).toEqual(
        readArguments(schema, {}),
      );
    }
  });

  it("of BaSiC too", () => {
    const given = { basicpy_model_params: { working_size: [], max_workers: null, epsilon: null } };
    expect(readArguments(unitSchema, given)).toEqual(readArguments(unitSchema, {}));
  });
});

describe("the arguments of a workflow of the reference task", () => {
  it("are taken as they are", () => {
    const init = { FOV_list: [1, 3], z_levels: [600, 50], resolution_level: 0, save_models: true };
    expect(readArguments(initSchema, init)).toMatchObject({
      fovList: [1, 3],
      zLevels: [50, 600],
      resolutionLevel: 0,
      saveModels: true,
    });
    const basic = { autosegment: true, max_workers: 2, working_size: [400], smoothness_flatfield: 2.5 };
    expect(
      readArguments(unitSchema, { n_zplanes: 150, models_folder: "/m", basicpy_model_params: basic }),
    ).toMatchObject({
      nZplanes: 150,
      modelsFolder: "/m",
      basic: { autosegment: true, maxWorkers: 2, workingSize: [400, 400] },
    });
  });
});

describe("wrong arguments", () => {
  it.each([
    [initSchema, { FOV_lst: [1] }, 'There is no argument named "FOV_lst". Did you mean FOV_list?'],
    [unitSchema, { xyz: 1 }, 'There is no argument named "xyz". These are known: models_folder,'],
    [unitSchema, { basicpy_model_params: { rho: 1 } }, 'There is no argument named "rho" in basicpy_model_params.'],
    [initSchema, { FOV_list: [0] }, "Wrong value for FOV_list: found [0], expected a list of tile numbers"],
    [initSchema, { z_levels: [1] }, "Wrong value for z_levels: found [1], expected two whole numbers"],
    [initSchema, { units: 0 }, "Wrong value for units: found 0"],
    [initSchema, { save_models: "folder" }, 'Wrong value for save_models: found "folder", expected true or false'],
    [unitSchema, { basicpy_model_params: { epsilon: -1 } }, "Wrong value for basicpy_model_params.epsilon: found -1"],
    [unitSchema, { basicpy_model_params: [1] }, "Wrong value for basicpy_model_params: found [1], expected an object"],
    [unitSchema, { n_zplanes: "200" }, 'Wrong value for n_zplanes: found "200"'],
  ])("are refused by name", (schema, given, message) => {
    expect(wrong(() => readArguments(schema, given))).toContain(message);
  });

  it("of the server too", () => {
    expect(wrong(() => takeText({}, "zarr_url"))).toBe("zarr_url is missing: expected a path.");
    expect(wrong(() => takeTexts({ zarr_urls: "a" }, "zarr_urls"))).toContain("Wrong value for zarr_urls");
  });
});

it("a camera offset of 0, which forms fill in, counts as not given", () => {
  const read = (given: object) => withGivenOffset(readArguments(estimateTaskSchema, { ...given }));
  expect(read({})).not.toHaveProperty("cameraOffset");
  expect(read({ camera_offset: 0 })).not.toHaveProperty("cameraOffset");
  expect(read({ camera_offset: 100 })).toHaveProperty("cameraOffset", 100);
});
