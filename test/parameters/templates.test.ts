import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parameterFileSchema, yamlTemplate } from "../../src/cli/commands/init.ts";
import { readParameterFile } from "../../src/cli/commands/run.ts";
import { manifestText } from "../../src/fractal/manifest.ts";
import { fieldsOf } from "../../src/parameters/field.ts";
import { parametersPage } from "../../src/parameters/parameters-page.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import { spell } from "../../src/parameters/spelling.ts";
import { type RawParameters, validate } from "../../src/parameters/validate.ts";

const origin = { spelling: "file", file: "flatfield.yaml" } as const;
const parametersIn = (text: string): RawParameters => readParameterFile(parse(text), "flatfield.yaml").parameters;

describe("the parameter file that init writes", () => {
  it("lacks nothing but the image", () => {
    expect(() => validate(correctSchema, parametersIn(yamlTemplate()), origin)).toThrow(
      "image is missing (flatfield.yaml)",
    );
  });

  it("has no heading with nothing below it", () => {
    expect(yamlTemplate()).not.toMatch(/# ----[^\n]*\n\n?($|# ----)/);
  });

  it("gives the defaults", () => {
    const read = validate(correctSchema, parametersIn(yamlTemplate('a "b"\\c: #1.zarr/raw')), origin);
    expect(read).toEqual(validate(correctSchema, { image: 'a "b"\\c: #1.zarr/raw' }, origin));
  });

  it("is still valid with all its examples, but for the two sources that exclude each other", () => {
    const names = fieldsOf(correctSchema).map((field) => spell(field, "file").replace("basic.", ""));
    const uncommented = yamlTemplate("a").replace(new RegExp(`^# ( *(${names.join("|")}|basic):( \\S|$))`, "gm"), "$1");
    const parameters = validate(correctSchema, parametersIn(uncommented), origin);
    expect(parameters).toMatchObject({
      fovList: [1, 3],
      zLevels: [50, 600],
      workers: 8,
      basic: { workingSize: [400, 400] },
    });
    for (const { path } of fieldsOf(correctSchema)) expect(parameters).toHaveProperty([...path]);
  });

  it("explains every parameter in lines of at most 100 letters", () => {
    const template = yamlTemplate();
    expect(template.split("\n")[0]).toBe("# yaml-language-server: $schema=./flatfield.schema.json");
    expect(Math.max(...template.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    const words = template.replaceAll(/\n *# /g, " ");
    for (const { info } of fieldsOf(correctSchema)) expect(words).toContain(info.meaning);
  });
});

describe("the JSON Schema for editors", () => {
  const check = new Ajv({ strict: false }).compile(parameterFileSchema());
  const isValid = (content: unknown) => check(content);

  it("takes the template once the image is filled in", () => {
    expect(isValid(parse(yamlTemplate("a")))).toBe(true);
    expect(isValid(parse(yamlTemplate()))).toBe(false);
  });

  it.each([
    [{ n_zplanes: 0 }],
    [{ fov_list: [1, 1] }],
    [{ z_levels: [1] }],
    [{ nZplanes: 3 }],
    [{ basic: { epsilon: 0 } }],
    [{ basic: { epsilom: 1 } }],
    [{ background: "no" }],
  ])("refuses %j", (wrong) => expect(isValid({ image: "a", ...wrong })).toBe(false));

  it("describes every parameter", () => {
    const schema = JSON.stringify(parameterFileSchema());
    for (const { info } of fieldsOf(correctSchema)) expect(schema).toContain(JSON.stringify(info.meaning).slice(1, -1));
  });
});

describe("__FRACTAL_MANIFEST__.json", () => {
  it("is up to date: npm run docs writes it", () => {
    const file = readFileSync(new URL("../../__FRACTAL_MANIFEST__.json", import.meta.url), "utf8");
    expect(file === manifestText()).toBe(true);
  });
});

describe("docs/parameters.md", () => {
  it("is up to date: node scripts/generate-docs.mjs writes it", () => {
    const page = readFileSync(new URL("../../docs/parameters.md", import.meta.url), "utf8");
    expect(page).toBe(parametersPage());
  });

  it("names every option", () => {
    for (const field of fieldsOf(correctSchema)) {
      const option = spell(field, "option").replace("--get-darkfield", "--[no-]get-darkfield");
      expect(parametersPage()).toMatch(new RegExp(`^\\| \`${option.replaceAll(/[[\]]/g, "\\$&")}[\` ]`, "m"));
    }
  });
});
