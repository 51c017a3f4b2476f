/**
 * The JSON Schema of a task's arguments, in the shapes of which fractal-web makes forms: what may be left out is
 * `anyOf` of its type and `null`, in this order; tuples have `prefixItems`; no keyword that it does not know.
 * @see https://fractal-analytics-platform.github.io/fractal-task-tools/ (args_schema_version "fractal_schema_v1")
 */
import * as z from "zod";
import { unreachable } from "../errors.ts";
import { type Field, fieldsOf, meaningWithUnit, nestedObject } from "../parameters/field.ts";
import { inReferenceNames } from "../parameters/reference-names.ts";
import { referenceObjects, snakeCase, spell } from "../parameters/spelling.ts";

/** A JSON Schema, or a part of one. */
export type FormSchema = { readonly [keyword: string]: unknown };

/** How the reference task calls the model of a nested object of parameters. */
const modelNames: ReadonlyMap<string, string> = new Map([["basic", "BaSiCPyModelParams"]]);

/**
 * The schema of a task's arguments.
 * @param ofServer the arguments that the server gives: required, and not shown in forms
 */
export function argumentsSchema(
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

/** One argument: nullable where nothing stands for it in the schema of parameters, else with its default. */
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

/** What a form lets people enter: one way to write a value, where the command line and files may take several. */
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

/** The keywords that say something: a largest value that only computers know is none. */
function pick(schema: FormSchema, keywords: readonly string[]): FormSchema {
  const entries = keywords.map((keyword) => [keyword, schema[keyword]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== Number.MAX_SAFE_INTEGER));
}

/** `FOV_list` as a form shows it: `FOV list`. */
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
