/** Generates the manifest by which Fractal knows the tasks and their arguments. */

import * as z from "zod";
import { unreachable } from "../errors.ts";
import { type Field, fieldsOf, meaningWithUnit, nestedObject } from "../parameters/field.ts";
import { inReferenceNames, referenceObjects, snakeCase, spell } from "../parameters/spelling.ts";
import { checkTaskSchema, estimateTaskSchema, initSchema, unitCores, unitSchema } from "./task-arguments.ts";

/** The names of the programs that tasks consist of. */
export const programNames = [
  "init-correct-flatfield",
  "correct-flatfield",
  "estimate-flatfield",
  "check-flatfield",
] as const;

/** The name of a program of a task. */
export type ProgramName = (typeof programNames)[number];

const ofInit = {
  zarr_urls: {
    type: "array",
    items: { type: "string" },
    title: "Zarr URLs",
    description: "Paths of the images to correct, given by the server.",
  },
  zarr_dir: { type: "string", title: "Zarr dir", description: "The folder of the dataset, given by the server." },
};
const zarrUrl = {
  zarr_url: { type: "string", title: "Zarr URL", description: "Path of the image, given by the server." },
};
const ofUnit = {
  ...zarrUrl,
  init_args: { type: "object", title: "Init args", description: "What the initialisation hands to each unit." },
};

const common = {
  category: "Image Processing",
  modality: "lightsheet",
} as const;

/**
 * The manifest of the tasks.
 * @param executableOf the command of a program, relative to the package
 * @see https://fractal-analytics-platform.github.io/fractal-task-tools/usage/manifest/
 */
export function fractalManifest(executableOf: (program: ProgramName) => string): FormSchema {
  return {
    manifest_version: "2",
    has_args_schemas: true,
    args_schema_version: "fractal_schema_v1",
    task_list: [
      {
        name: "Correct Flatfield",
        type: "compound",
        ...common,
        input_types: { flatfield_corrected: false },
        output_types: { flatfield_corrected: true },
        tags: ["BaSiC", "Illumination", "Correction", "Flatfield", "Darkfield"],
        executable_non_parallel: executableOf("init-correct-flatfield"),
        executable_parallel: executableOf("correct-flatfield"),
        meta_non_parallel: { cpus_per_task: 1, mem: 2000 },
        meta_parallel: { cpus_per_task: unitCores, mem: 4000 },
        args_schema_non_parallel: argumentsSchema("InitCorrectFlatfield", ofInit, initSchema),
        args_schema_parallel: argumentsSchema("CorrectFlatfield", ofUnit, unitSchema),
        docs_info: correctText,
      },
      {
        name: "Estimate Flatfield",
        type: "parallel",
        ...common,
        input_types: { flatfield_corrected: false },
        output_types: {},
        tags: ["BaSiC", "Illumination", "Flatfield", "Darkfield", "Profiles"],
        executable_parallel: executableOf("estimate-flatfield"),
        meta_parallel: { cpus_per_task: unitCores, mem: 4000 },
        args_schema_parallel: argumentsSchema("EstimateFlatfield", zarrUrl, estimateTaskSchema),
        docs_info: estimateText,
      },
      {
        name: "Check Flatfield",
        type: "parallel",
        ...common,
        category: "Measurement",
        input_types: { flatfield_corrected: true },
        output_types: {},
        tags: ["Illumination", "Flatfield", "Quality", "Seams"],
        executable_parallel: executableOf("check-flatfield"),
        meta_parallel: { cpus_per_task: 1, mem: 4000 },
        args_schema_parallel: argumentsSchema("CheckFlatfield", zarrUrl, checkTaskSchema),
        docs_info: checkText,
      },
    ],
  };
}

/** The content of this package's manifest file, in which Node runs the programs. */
export function manifestText(): string {
  return `${JSON.stringify(
    fractalManifest((program) => `dist/fractal/main.js ${program}`),
    undefined,
    2,
  )}\n`;
}

const correctText = `### Correct Flatfield

Corrects uneven illumination of tiled light-sheet images, before stitching. Next to each image \`NAME\` appears
\`NAME_flatfield_corr\`, complete or not at all, with its pyramid, tables and display windows. Several jobs share the work
on an image; a job that failed or was stopped may be submitted again and repeats nothing that is done.

The profile comes from

1. a folder of measured profiles (\`models_folder\`): best;
2. tiles or planes without sample (\`FOV_list\`, \`z_levels\`);
3. BaSiC on planes of all tiles, without any of these.
`;

const estimateText = `### Estimate Flatfield

Finds the profiles of an image's channels and writes only them, as \`CHANNEL/profiles.npz\` in a folder that
\`models_folder\` of Correct Flatfield takes. An estimate takes minutes, a correction hours: look at the profiles first.
`;

const checkText = `### Check Flatfield

Tells whether a corrected image is better than it was: \`improved\`, \`no-gain\` or \`worse\`, from planes of both images
where neighbouring tiles show the same tissue. The verdict becomes the attribute \`flatfield_verdict\` of the image; a
page with pictures, \`NAME.check.html\`, and its figures, \`NAME.check.json\`, go beside it. The source must still be there.
`;

// The JSON Schema of a task's arguments, in the forms that fractal-web supports: an optional value is `anyOf` of its
// type and `null`, in this order; tuples have `prefixItems`; no unknown keywords. @see
// https://fractal-analytics-platform.github.io/fractal-task-tools/ (args_schema_version "fractal_schema_v1")

/** A JSON Schema, or a part of one. */
type FormSchema = { readonly [keyword: string]: unknown };

/** The reference task's names of the models of nested parameters. */
const modelNames: ReadonlyMap<string, string> = new Map([["basic", "BaSiCPyModelParams"]]);

/**
 * The schema of a task's arguments.
 * @param ofServer the arguments that the server provides: required, and not shown in forms
 */
function argumentsSchema(
  title: string,
  ofServer: Readonly<Record<string, FormSchema>>,
  schema: z.ZodObject,
): FormSchema {
  const definitions: Record<string, FormSchema> = {};
  const properties: Record<string, FormSchema> = { ...ofServer };
  for (const [key, child] of Object.entries(schema.shape)) {
    const nested = nestedObject(child);
    if (nested === undefined) {
      const field = fieldsOf(z.strictObject({ [key]: child }))[0]!;
      properties[spell(field, "reference")] = fieldSchema(field);
      continue;
    }
    const model = modelNames.get(key)!;
    definitions[model] = modelSchema(model, nested);
    const description = "Parameters of BaSiC, for profiles that are estimated by it.";
    properties[referenceObjects.get(key)!] = {
      ...nullable({ $ref: `#/$defs/${model}` }),
      title: "BaSiC parameters",
      description,
    };
  }
  return {
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
    title,
    type: "object",
    properties,
    required: Object.keys(ofServer),
    additionalProperties: false,
  };
}

function modelSchema(title: string, schema: z.ZodObject): FormSchema {
  const fields = fieldsOf(schema).map((field) => [spell(field, "reference"), fieldSchema(field)]);
  return { title, type: "object", properties: Object.fromEntries(fields), additionalProperties: false };
}

/** One argument: nullable where the schema of parameters has no default, else with the default. */
function fieldSchema(field: Field): FormSchema {
  const { defaultValue } = field;
  const value = valueSchema(field);
  const schema = defaultValue === undefined ? nullable(value) : { ...value, default: defaultValue };
  return { ...schema, title: titleOf(field), description: description(field, "enum" in value) };
}

/** `null` must stand second for the form to show a switch. */
function nullable(schema: FormSchema): FormSchema {
  return { anyOf: [schema, { type: "null" }], default: null };
}

/** The values that a form accepts: one notation, where the command line and files may accept several. */
function valueSchema({ schema, info }: Field): FormSchema {
  const whole = z.toJSONSchema(schema, { io: "input" });
  switch (info.form) {
    case "flag":
    case "switch":
    case "text-or-flag":
      return { type: "boolean" };
    case "number":
      return pick(whole, ["type", "minimum", "maximum", "exclusiveMinimum"]);
    case "numbers":
      return listSchema(whole);
    case "texts":
      return { type: "array", items: { type: "string" } };
    case "text":
    case "operand":
      return { type: "string", ...pick(whole, ["enum"]) };
    default:
      return unreachable(info.form);
  }
}

/** A list, or a tuple where the number of entries is fixed. */
function listSchema(whole: FormSchema): FormSchema {
  const { prefixItems, items } = whole;
  if (Array.isArray(prefixItems)) {
    const entries = prefixItems.map(numberSchema);
    return { type: "array", minItems: entries.length, maxItems: entries.length, prefixItems: entries };
  }
  const alternatives = Array.isArray(whole.anyOf) ? (whole.anyOf as FormSchema[]) : [];
  const number = alternatives.find(({ type }) => type === "integer") ?? items;
  return { type: "array", items: numberSchema(number as FormSchema) };
}

function numberSchema(schema: FormSchema): FormSchema {
  return pick(schema, ["type", "minimum", "maximum"]);
}

/** The keywords that matter: a largest value that is only the limit of a number type is omitted. */
function pick(schema: FormSchema, keywords: readonly string[]): FormSchema {
  const entries = keywords.map((keyword) => [keyword, schema[keyword]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== Number.MAX_SAFE_INTEGER));
}

/** The title of `FOV_list` in a form: `FOV list`. */
function titleOf({ path, info }: Field): string {
  const words = (info.referenceName ?? snakeCase(path.at(-1)!)).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Forms show it as Markdown, where angle brackets would vanish. */
function description({ info, defaultValue }: Field, isEnum: boolean): string {
  const otherwise = defaultValue === undefined ? info.defaultText : undefined;
  const isFree = (info.form === "text" || info.form === "numbers") && !isEnum;
  const text = [
    meaningWithUnit(info),
    ...(isFree ? [`Takes ${info.allowed}.`] : []),
    ...(otherwise === undefined ? [] : [`Default: ${otherwise}.`]),
  ].join(" ");
  return inReferenceNames(text).replaceAll("<", "\\<");
}
