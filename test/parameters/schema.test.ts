import { describe, expect, it } from "vitest";
import { basicDefaults } from "../../src/estimate/basic/parameters.ts";
import { basicParameters } from "../../src/parameters/basic-fields.ts";
import { fieldsOf } from "../../src/parameters/field.ts";
import { correctSchema, estimateSchema, fitSchema, inspectSchema } from "../../src/parameters/schema.ts";
import { validate } from "../../src/parameters/validate.ts";

const image = "sample.zarr/raw_image";
const check = (raw: object) => validate(correctSchema, { image, ...raw }, { spelling: "file", file: "flatfield.yaml" });
const basic = (raw: object) => check({ basic: raw }).basic;

describe("defaults", () => {
  it("are those of the reference task where it has them", () => {
    expect(check({})).toEqual({
      image,
      trustPositions: false,
      trustProfiles: false,
      auto: false,
      nZplanes: 200,
      sides: "separate",
      seed: 0,
      start: "basic",
      refine: "off",
      gains: "none",
      basic: basicDefaults,
      background: "auto",
      saveModels: false,
      layout: "mosaic",
      overwrite: false,
      eraseSourceImage: false,
      memory: 2e9,
    });
  });

  it("hold for null and empty lists, which count as not given", () => {
    const empty = {
      fovList: [],
      zLevels: null,
      modelsFolder: null,
      nZplanes: null,
      channels: [],
      basic: { workingSize: [] },
    };
    expect(check(empty)).toEqual(check({}));
    expect(check({ basic: null })).toEqual(check({}));
  });
});

describe("values", () => {
  it("z levels come in either order", () => {
    expect(check({ zLevels: [600, 50] }).zLevels).toEqual([50, 600]);
    expect(check({ zLevels: [0, 0] }).zLevels).toEqual([0, 0]);
  });

  it("a working size is a number, a list of one or rows and columns", () => {
    expect([400, [400], [400, 300]].map((size) => basic({ workingSize: size }).workingSize)).toEqual([
      [400, 400],
      [400, 400],
      [400, 300],
    ]);
    expect(basicParameters(basic({ workingSize: 64, maxWorkers: 3 }))).toEqual({
      ...basicDefaults,
      workingSizeYx: [64, 64],
    });
  });

  it.each([
    ["512MB", 512e6],
    ["2GB", 2e9],
    ["1.5GiB", 1.5 * 2 ** 30],
    ["64 kib", 65536],
    ["3g", 3e9],
    ["1000000", 1e6],
    ["17b", 17],
    [4096, 4096],
  ])("memory %s is %d bytes", (memory, bytes) => expect(check({ memory }).memory).toBe(bytes));

  it("channel labels that look like numbers are labels", () => {
    expect(check({ channels: [488, "MBP"] }).channels).toEqual(["488", "MBP"]);
  });

  it("save_models is a switch or a folder", () => {
    expect([true, "models"].map((saveModels) => check({ saveModels }).saveModels)).toEqual([true, "models"]);
  });
});

const wrongNumbers = {
  nZplanes: [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "200", true, [200]],
  seed: [-1, 0.5, 2 ** 32, Number.NaN, "x"],
  resolutionLevel: [-1, 0.5, Number.NaN, "0"],
  start: ["none", true, 1],
  refine: ["on", true, 1],
  gains: ["all", true, 1, "sides"],
  cameraOffset: [Number.NaN, Number.POSITIVE_INFINITY, "100"],
  fovList: [[0], [-1], [1.5], [1, 1], ["1"], [Number.NaN], 3],
  zLevels: [[5], [1, 2, 3], [-1, 5], [1.5, 2], [Number.NaN, 2], 5, "5,6"],
  timePoints: [[-1], [0.5], [2, 2], ["0"], 0],
  workers: [0, -4, 1.5, Number.NaN, 2000],
  memory: [0, -1, 1.5, Number.NaN, "", "GB", "2 XB", "-2GB", "1e9", "0MB"],
  channels: [["a", "a"], [488, "488"], [""], "a"],
  background: ["", "no", true, 0],
  sides: ["", "left", true, 2],
  layout: ["tile", "Mosaic", 1],
  omeVersion: ["0.3", 0.6, 5],
  shards: [[1, 64, 2048], [0, 64, 64, 64], [1, 2.5, 3, 4], "1,64,64,64", 64],
  codec: ["zstd", "zstd:0", "zstd:10", "blosc", "", 3],
  saveModels: ["", 1, []].slice(0, 2),
  image: ["", 3, ["a"]],
  output: ["", 3],
  modelsFolder: ["", 3],
  channelSettings: ["", 3],
  report: ["", 3, true, "report.txt", "report"],
  rotation: ["90", Number.NaN, Number.POSITIVE_INFINITY, [90]],
  tileTable: ["", 3, true],
  pattern: ["", 3],
  overlap: [-0.1, 1, [0.1, 0.1, 0.1], "0.1"],
  pixelSize: [1, [1, 1], [0, 1, 1], [1, 1, -1]],
  stageAxes: ["", "y", "y,y", "-x,-x", 1],
  auto: ["yes", 1],
  trustPositions: ["no", 1],
  trustProfiles: ["no", 1],
  overwrite: ["yes", 1],
  eraseSourceImage: ["false", 0],
  expendable: [[""], [3], "labels", true],
};

const wrongBasic = {
  autosegment: ["true", 1],
  autosegmentMargin: [-1, 0.5, 1001, Number.NaN],
  epsilon: [0, -0.1, Number.NaN, Number.POSITIVE_INFINITY, "0.1"],
  getDarkfield: ["false", 0],
  maxWorkers: [0, -1, 1.5],
  smoothnessDarkfield: [-1, Number.NaN, Number.POSITIVE_INFINITY],
  smoothnessFlatfield: [-1, Number.NaN, Number.POSITIVE_INFINITY],
  workingSize: [0, 1, -5, 2.5, Number.NaN, [1, 2, 3], [10, 0], "400"],
  sortIntensity: ["true"],
  solver: ["exact", "", true],
};

describe("wrong values", () => {
  it("are tried for every parameter", () => {
    const tried = [...Object.keys(wrongNumbers), ...Object.keys(wrongBasic)].sort();
    expect(tried).toEqual(
      fieldsOf(correctSchema)
        .map(({ path }) => path.at(-1))
        .sort(),
    );
  });

  const cases = [
    ...Object.entries(wrongNumbers).flatMap(([key, values]) => values.map((value) => ({ key, raw: { [key]: value } }))),
    ...Object.entries(wrongBasic).flatMap(([key, values]) =>
      values.map((value) => ({ key, raw: { basic: { [key]: value } } })),
    ),
  ];
  it.each(cases)("$raw", ({ key, raw }) => {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(() => check(raw)).toThrow(
      new RegExp(`^Wrong value for (basic\\.)?${name} \\(flatfield\\.yaml\\): found .+, expected .+\\.$`),
    );
  });

  it("are named as the command line writes them", () => {
    const options = (raw: object) => () => validate(correctSchema, { image, ...raw }, { spelling: "option" });
    expect(options({ nZplanes: 0 })).toThrow(
      "Wrong value for --n-zplanes: found 0, expected a whole number of at least 1.",
    );
    expect(options({ fovList: [2, 2] })).toThrow("--fov-list: found [2,2], expected each tile number once.");
    expect(options({ basic: { epsilon: Number.NaN } })).toThrow("--epsilon: found NaN, expected a number above 0.");
  });

  it("a missing image or output says what it should be", () => {
    const option = { spelling: "option" } as const;
    expect(() => validate(correctSchema, {}, option)).toThrow(
      "IMAGE is missing: expected the path or address of an image.",
    );
    expect(() => validate(estimateSchema, { image }, option)).toThrow(
      "--output is missing: expected the path of a folder.",
    );
    expect(() => validate(fitSchema, {}, option)).toThrow("STACK is missing");
  });

  it("unknown keys are refused", () => {
    expect(() => check({ fov: 1 })).toThrow("cannot be used");
  });
});

describe("descriptions", () => {
  const schemas = { correctSchema, estimateSchema, inspectSchema, fitSchema };
  it.each(Object.entries(schemas))("of %s say what every parameter does", (_, schema) => {
    for (const { info, path } of fieldsOf(schema)) {
      expect(info.meaning, path.join(".")).toMatch(/^[A-Z].{20,}\.$/);
      expect(info.allowed, path.join(".")).toMatch(/^[a-z].*[^.]$/);
    }
  });

  it("name a default for every optional parameter", () => {
    const silent = fieldsOf(correctSchema).filter(
      ({ info, defaultValue }) => (info.defaultText ?? defaultValue) === undefined,
    );
    expect(silent.map(({ path }) => path[0])).toEqual(["image"]);
  });
});
