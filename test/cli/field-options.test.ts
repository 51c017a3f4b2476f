import { Command } from "commander";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readParameterFile } from "../../src/cli/commands/run.ts";
import { addFields, rawParameters } from "../../src/cli/define-command.ts";
import { type Field, fieldsOf } from "../../src/parameters/field.ts";
import { correctSchema, estimateSchema, fitSchema, inspectSchema } from "../../src/parameters/schema.ts";
import {
  finishSchema,
  prepareSchema,
  slurmSchema,
  statusSchema,
  workSchema,
} from "../../src/parameters/shared-schemas.ts";
import { spell } from "../../src/parameters/spelling.ts";
import { validate } from "../../src/parameters/validate.ts";

function parse(args: readonly string[]) {
  const command = addFields(new Command().exitOverride(), correctSchema).action(() => {});
  command.parse(args, { from: "user" });
  return rawParameters(command, correctSchema);
}

describe("options", () => {
  it("are there for every parameter, and no others", () => {
    const shared = [prepareSchema, workSchema, finishSchema, statusSchema, slurmSchema];
    for (const schema of [correctSchema, estimateSchema, fitSchema, inspectSchema, ...shared]) {
      const command = addFields(new Command(), schema);
      const fields = fieldsOf(schema);
      const operands = fields.filter(({ info }) => info.form === "operand");
      expect(command.registeredArguments.map((argument) => argument.name())).toEqual(
        operands.map(({ path }) => path[0]),
      );
      const names = command.options.map(({ long }) => long).filter((name) => name !== "--no-get-darkfield");
      expect(names).toEqual(fields.filter((field) => !operands.includes(field)).map((field) => spell(field, "option")));
    }
  });

  it("are those that are promised", () => {
    const promised =
      "--auto --models-folder --fov-list --z-levels --n-zplanes --time-points --sides --resolution-level --seed --start --refine --gains --camera-offset --background " +
      "--autosegment --autosegment-margin --epsilon --get-darkfield --no-get-darkfield --max-workers " +
      "--smoothness-darkfield --smoothness-flatfield --working-size --sort-intensity --solver --save-models --rotation --tile-table --pattern --overlap --pixel-size --stage-axes --trust-positions --trust-profiles --channel-settings --channels --output --layout --ome-version --shards --report " +
      "--codec --overwrite --erase-source-image --expendable --workers --memory";
    const names = addFields(new Command(), correctSchema).options.map(({ long }) => long);
    expect(names.sort()).toEqual(promised.split(" ").sort());
  });

  it("are not given unless they are", () => {
    expect(parse([])).toEqual({});
    expect(parse(["a"])).toEqual({ image: "a" });
  });

  it("take lists with commas, with or without brackets and blanks", () => {
    expect(parse(["--fov-list", "1, 3", "--z-levels", "[50,600]", "--working-size", "400"])).toEqual({
      fovList: [1, 3],
      zLevels: [50, 600],
      basic: { workingSize: [400] },
    });
    expect(parse(["--fov-list", "", "--channels", "MBP,488"])).toEqual({ fovList: [], channels: ["MBP", "488"] });
  });

  it("leave what is no number to be refused", () => {
    expect(parse(["--fov-list", "1,,3", "--n-zplanes", "0x10", "--seed", "", "--epsilon", "1e-2"])).toEqual({
      fovList: [1, "", 3],
      nZplanes: "0x10",
      seed: "",
      basic: { epsilon: 0.01 },
    });
  });

  it("switch on and off", () => {
    expect(parse(["--get-darkfield"])).toEqual({ basic: { getDarkfield: true } });
    expect(parse(["--no-get-darkfield"])).toEqual({ basic: { getDarkfield: false } });
    expect(parse(["a", "--save-models"])).toEqual({ image: "a", saveModels: true });
    expect(parse(["--save-models=m", "a"])).toEqual({ image: "a", saveModels: "m" });
  });
});

const whole = (min: number, max: number) => fc.integer({ min, max });
const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const text = fc.stringMatching(/^[a-z0-9][a-z0-9_./ é]{0,12}$/).filter((value) => value.trim() === value);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Values as files give them, for every parameter. */
const anyParameters = fc.record({
  image: text,
  channels: optional(
    fc.uniqueArray(
      text.filter((value) => !value.includes(",")),
      { minLength: 1, maxLength: 3 },
    ),
  ),
  models_folder: optional(text),
  fov_list: optional(fc.uniqueArray(whole(1, 99), { minLength: 1, maxLength: 4 })),
  z_levels: optional(fc.tuple(whole(0, 999), whole(0, 999))),
  n_zplanes: optional(whole(1, 9999)),
  resolution_level: optional(whole(0, 9)),
  rotation: optional(fc.constantFrom(-90, 0, 45.5, 180)),
  trust_positions: optional(fc.constant(true)),
  channel_settings: optional(text),
  layout: optional(fc.constantFrom("mosaic", "tiles")),
  ome_version: optional(fc.constantFrom("0.4", "0.5")),
  shards: optional(fc.tuple(whole(1, 4), whole(1, 99), whole(1, 999), whole(1, 999))),
  sides: optional(fc.constantFrom("separate", "joint")),
  seed: optional(whole(0, 2 ** 31)),
  camera_offset: optional(positive),
  background: optional(fc.constantFrom("auto", "keep", "subtract")),
  save_models: optional(fc.oneof(fc.constant(true), text)),
  output: optional(text),
  overwrite: optional(fc.constant(true)),
  erase_source_image: optional(fc.constant(true)),
  workers: optional(whole(1, 64)),
  memory: optional(fc.constantFrom("1GB", "512MiB", "123456789")),
  basic: fc.record({
    autosegment: optional(fc.constant(true)),
    autosegment_margin: optional(whole(0, 1000)),
    epsilon: optional(positive),
    get_darkfield: optional(fc.boolean()),
    max_workers: optional(whole(1, 64)),
    smoothness_darkfield: optional(positive),
    smoothness_flatfield: optional(positive),
    working_size: optional(fc.oneof(fc.tuple(whole(2, 999)), fc.tuple(whole(2, 999), whole(2, 999)))),
    sort_intensity: optional(fc.constant(true)),
    solver: optional(fc.constantFrom("fast", "faithful")),
  }),
});

function asArguments(field: Field, value: unknown): string[] {
  const name = spell(field, "option");
  if (field.info.form === "operand") return [String(value)];
  if (value === true) return [name];
  if (value === false) return [name.replace("--", "--no-")];
  return field.info.form === "text-or-flag" ? [`${name}=${value}`] : [name, String(value)];
}

it("a command line and a file with the same parameters mean the same", () => {
  fc.assert(
    fc.property(anyParameters, (content) => {
      const flat: Record<string, unknown> = { ...content, ...content.basic };
      const args = fieldsOf(correctSchema).flatMap((field) => {
        const value = flat[spell(field, "file").replace("basic.", "")];
        return value === undefined ? [] : asArguments(field, value);
      });
      const fromFile = readParameterFile(content, "f").parameters;
      const fromOptions = validate(correctSchema, parse(args), { spelling: "option" });
      expect(fromOptions).toEqual(validate(correctSchema, fromFile, { spelling: "file" }));
    }),
    { numRuns: 200 },
  );
});
