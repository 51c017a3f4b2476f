import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { fractalManifest, manifestText, programNames } from "../../src/fractal/manifest.ts";
import { initSchema, unitSchema } from "../../src/fractal/task-arguments.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import { brokenRules, type Json } from "./form-rules.ts";

interface Task {
  readonly name: string;
  readonly [key: string]: unknown;
}

const manifest = fractalManifest((program) => `bin/${program}`);
const tasks = manifest.task_list as Task[];
const schemas = tasks.flatMap((task) =>
  ["args_schema_non_parallel", "args_schema_parallel"].flatMap((key): [string, Json][] =>
    task[key] === undefined ? [] : [[`${task.name}, ${key}`, task[key] as Json]],
  ),
);
const schemaOf = (name: string) => schemas.find(([title]) => title === name)![1];
const namesOf = (schema: Json) => Object.keys(schema.properties as Json);

describe("the manifest", () => {
  it("has for each kind of task what fractal-server asks for", () => {
    expect(manifest).toMatchObject({ manifest_version: "2", has_args_schemas: true });
    expect(new Set(tasks.map(({ name }) => name)).size).toBe(tasks.length);
    for (const task of tasks) {
      const phases = { compound: ["non_parallel", "parallel"], parallel: ["parallel"] }[task.type as "compound"];
      for (const phase of ["non_parallel", "parallel"]) {
        const isThere = phases.includes(phase);
        expect(task[`executable_${phase}`] !== undefined, `${task.name} ${phase}`).toBe(isThere);
        expect(task[`args_schema_${phase}`] !== undefined, `${task.name} ${phase}`).toBe(isThere);
        if (!isThere) expect(task[`meta_${phase}`]).toBeUndefined();
      }
      expect(new Set(task.tags as string[]).size).toBe((task.tags as string[]).length);
    }
  });

  it("starts every program, by commands that fractal-server lets pass", () => {
    const executables = tasks.flatMap((task) => [task.executable_non_parallel, task.executable_parallel]);
    const started = executables.filter((one) => one !== undefined).map(String);
    expect(started.toSorted()).toEqual(programNames.map((name) => `bin/${name}`).toSorted());
    expect(manifestText().match(/"executable_[a-z_]+": "[^"]*[`#$&*()\\|[\]{};<>?!]/)).toBeNull();
  });

  it("has the arguments of the reference task under its names, where it has them", () => {
    expect(namesOf(schemaOf("Correct Flatfield, args_schema_non_parallel"))).toEqual(
      expect.arrayContaining(["FOV_list", "z_levels", "resolution_level", "save_models", "erase_source_image"]),
    );
    const unit = schemaOf("Correct Flatfield, args_schema_parallel");
    expect(namesOf(unit)).toEqual(expect.arrayContaining(["models_folder", "n_zplanes", "basicpy_model_params"]));
    expect(unit.required).toEqual(["zarr_url", "init_args"]);
    expect((unit.properties as Record<string, Json>).n_zplanes).toMatchObject({ type: "integer", default: 200 });
    const basic = (unit.$defs as Record<string, Json>).BaSiCPyModelParams!;
    expect(basic.properties).toMatchObject({
      autosegment: { default: false },
      autosegment_margin: { default: 10 },
      epsilon: { default: 0.1 },
      get_darkfield: { default: true },
      max_workers: { default: null },
      smoothness_darkfield: { default: 1 },
      smoothness_flatfield: { default: 1 },
      working_size: { default: null },
    });
  });

  it("has an argument for every parameter of a correction that has a use in Fractal", () => {
    const without = [
      "image",
      "tileTable",
      "pattern",
      "overlap",
      "pixelSize",
      "stageAxes",
      "output",
      "layout",
      "auto",
      "start",
      "report",
      "timePoints",
      "codec",
    ];
    const keys = Object.keys(correctSchema.shape).filter((key) => !without.includes(key));
    expect([...Object.keys(initSchema.shape), ...Object.keys(unitSchema.shape)]).toEqual(expect.arrayContaining(keys));
  });

  it("names parameters in its texts as forms do", () => {
    const words = JSON.stringify(schemas);
    expect(words).not.toMatch(/--(?!help)[a-z]/);
    expect(words).not.toMatch(/\bfov_list\b/);
  });
});

describe.each(schemas)("the schema of %s", (_, schema) => {
  it("makes a form", () => {
    expect(brokenRules(schema)).toEqual([]);
  });

  it("is JSON Schema 2020-12, strictly, and its defaults are valid", () => {
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
    const properties = schema.properties as Record<string, Json>;
    const defaults = Object.entries(properties).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value]],
    );
    const given = { zarr_url: "/d/a", zarr_urls: ["/d/a"], zarr_dir: "/d", init_args: {} };
    const ofServer = Object.entries(given).filter(([name]) => name in properties);
    expect(validate(Object.fromEntries([...ofServer, ...defaults])), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...Object.fromEntries(ofServer), unknown: 1 })).toBe(false);
  });
});

describe("the rules of forms", () => {
  it.each<[string, Json]>([
    ["E01", { type: "object", properties: { kwargs: { type: "string" } } }],
    ["E02", { type: "object", definitions: {} }],
    ["E03", { type: "string", enum: ["a", 1] }],
    ["E04", { allOf: [{ $ref: "#/$defs/A" }] }],
    ["E10", { anyOf: [{ type: "boolean" }, { type: "null" }], default: null }],
    ["E11", { anyOf: [{ type: "string", enum: ["a"] }, { type: "null" }], default: null }],
    ["E12", { anyOf: [{ type: "string" }, { type: "integer" }] }],
    ["E13", { anyOf: [{ $ref: "#/$defs/A" }, { $ref: "#/$defs/B" }] }],
    ["E20", { type: "array", items: {}, oneOf: [{ $ref: "#/$defs/A" }] }],
    ["E21", { oneOf: [{ $ref: "#/$defs/A" }] }],
    ["E22", { oneOf: [{ type: "string" }], discriminator: {} }],
    ["E30", { type: "array", items: {} }],
    ["boolean without default", { type: "object", properties: { a: { type: "boolean" } } }],
    ["null not second", { anyOf: [{ type: "null" }, { type: "string" }], default: null }],
    ["list of types", { type: ["integer", "null"] }],
    ["tuple without prefixItems", { type: "array", items: { type: "integer" }, minItems: 2, maxItems: 2 }],
    ["unknown keyword x-unit", { type: "integer", "x-unit": "px" }],
  ])("are broken by %s", (rule, schema) => {
    expect(brokenRules(schema).join("\n")).toContain(rule);
  });
});
