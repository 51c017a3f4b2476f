import type * as z from "zod";
import { IsoluxError } from "../errors.ts";
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
