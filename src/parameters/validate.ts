import type * as z from "zod";
import { IsoluxError } from "../errors.ts";
import { shellWord } from "../plain-text.ts";
import { isJsonObject, showJson } from "../zarr/json.ts";
import { type Field, fieldsOf } from "./field.ts";
import { type Spelling, spell } from "./spelling.ts";

/** Parameters as they were given, keyed like the schema, not yet checked. */
export type RawParameters = { readonly [key: string]: unknown };

/** Where raw parameters come from, for the words of an error. */
interface Origin {
  readonly spelling: Spelling;
  /** The file they were read from. */
  readonly file?: string;
}

/** The raw parameters without those that are null, undefined or an empty list: these count as not given. */
export function withoutNotGiven(raw: RawParameters): RawParameters {
  const entries = Object.entries(raw).map(([key, value]) => [
    key,
    isJsonObject(value) ? withoutNotGiven(value) : value,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => !isNotGiven(value)));
}

function isNotGiven(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

/**
 * Checked parameters with all defaults.
 * @throws IsoluxError `usage` that names the first parameter that is missing or wrong, as the user wrote it
 */
export function validate<Schema extends z.ZodObject>(
  schema: Schema,
  raw: RawParameters,
  origin: Origin,
): z.output<Schema> {
  const given = withoutNotGiven(raw);
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw faultOf(result.error.issues[0]!, given, fieldsOf(schema), origin);
}

function faultOf(issue: z.core.$ZodIssue, raw: RawParameters, fields: readonly Field[], origin: Origin): IsoluxError {
  const where = origin.file === undefined ? {} : { where: origin.file };
  const field = fields.find(({ path }) => path.every((key, depth) => issue.path[depth] === key));
  if (field === undefined) {
    const what = issue.path.length === 0 ? "The parameters cannot be used" : `Wrong value for ${issue.path.join(".")}`;
    return new IsoluxError({ kind: "usage", what, ...where, expected: "parameters with their names" });
  }
  const name = spell(field, origin.spelling);
  const expected = issue.code === "custom" ? issue.message : field.info.allowed;
  const value = valueAt(raw, field.path);
  if (value === undefined) return new IsoluxError({ kind: "usage", what: `${name} is missing`, ...where, expected });
  return new IsoluxError({
    kind: "usage",
    what: `Wrong value for ${name}`,
    ...where,
    found: showJson(value),
    expected,
  });
}

/** The value of a parameter among all; `undefined` where it is not given. */
export function valueAt(parameters: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (isJsonObject(value) ? value[key] : undefined), parameters);
}

/**
 * The command that a set of parameters stands for: operands, then the options that differ from their defaults.
 * @param command such as `correct`
 * @param usual defaults that depend on the machine
 */
export function commandLine(command: string, schema: z.ZodObject, parameters: object, usual: object = {}): string {
  const fields = fieldsOf(schema);
  const operands = fields.filter(({ info }) => info.form === "operand");
  const missing = schema.safeParse({}).error?.issues.map(({ path }) => String(path[0])) ?? [];
  const placeholders = Object.fromEntries(missing.map((key) => [key, "x"]));
  const required = schema.safeParse(placeholders);
  const defaults: unknown = { ...(required.success ? required.data : {}), ...usual };
  const named = fields.filter((field) => !operands.includes(field));
  const words = [...operands, ...named].flatMap((field): string[] => {
    const value = valueAt(parameters, field.path);
    if (value === undefined) return [];
    if (field.info.form === "operand") return [shellWord(String(value))];
    if (JSON.stringify(value) === JSON.stringify(valueAt(defaults, field.path))) return [];
    const option = spell(field, "option");
    if (value === true) return [option];
    if (value === false) return [option.replace("--", "--no-")];
    const text = shellWord(Array.isArray(value) ? value.join(",") : String(value));
    return field.info.form === "text-or-flag" ? [`${option}=${text}`] : [option, text];
  });
  return ["isolux", command, ...words].join(" ");
}
