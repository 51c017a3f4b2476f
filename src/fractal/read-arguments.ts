/** Reads the arguments of a task, by their names in Fractal. */

import type * as z from "zod";
import { IsoluxError } from "../errors.ts";
import { fieldsOf, nestedObject } from "../parameters/field.ts";
import { referenceObjects, snakeCase, spell, suggest } from "../parameters/spelling.ts";
import { type RawParameters, validate } from "../parameters/validate.ts";
import { isJsonObject, showJson } from "../zarr/json.ts";

/**
 * The arguments of a task with the names of the schema, checked and complete. Missing, null and empty arguments get
 * their default: the server fills none in, and forms store all three.
 * @throws IsoluxError `usage` for unknown arguments and wrong values, by their names in Fractal
 */
export function readArguments<Schema extends z.ZodObject>(schema: Schema, given: RawParameters): z.output<Schema> {
  return validate(schema, rawArguments(schema, given), { spelling: "reference" });
}

/** The arguments as they were given, with the names of the schema. @throws IsoluxError `usage` for unknown ones */
export function rawArguments(schema: z.ZodObject, given: RawParameters, parent?: string): RawParameters {
  const keys = keysByName(schema);
  const named = Object.entries(given).map(([name, value]): [string, unknown] => {
    const key = keys.get(name);
    if (key === undefined) throw unknownArgument(name, parent, [...keys.keys()]);
    const nested = nestedObject(schema.shape[key]!);
    if (nested === undefined || isNothing(value)) return [key, value];
    if (!isJsonObject(value)) throw wrongValue(name, value, "an object of parameters");
    return [key, rawArguments(nested, value, name)];
  });
  return Object.fromEntries(named.filter(([, value]) => !isNothing(value)));
}

function keysByName(schema: z.ZodObject): Map<string, string> {
  const fields = fieldsOf(schema);
  return new Map(
    Object.keys(schema.shape).map((key) => {
      const field = fields.find(({ path }) => path.length === 1 && path[0] === key);
      return [field === undefined ? (referenceObjects.get(key) ?? snakeCase(key)) : spell(field, "reference"), key];
    }),
  );
}

/** Missing, null and empty are the same: forms store all three. */
function isNothing(value: unknown): boolean {
  if (typeof value === "string") return value.trim() === "";
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return true;
  return isJsonObject(value) && Object.keys(value).length === 0;
}

function unknownArgument(name: string, parent: string | undefined, known: readonly string[]): IsoluxError {
  const meant = suggest(name, known);
  return new IsoluxError({
    kind: "usage",
    what: `There is no argument named ${JSON.stringify(name)}${parent === undefined ? "" : ` in ${parent}`}`,
    advice: meant === undefined ? `These are known: ${known.join(", ")}` : `Did you mean ${meant}?`,
  });
}

/** Removes an argument of the server and returns it. @throws IsoluxError `usage` where it is missing or no text */
export function takeText(given: RawParameters, name: string): string {
  const value = given[name];
  if (typeof value === "string" && value !== "") return value;
  throw wrongValue(name, value, "a path");
}

/** The same for a list of texts. @throws IsoluxError `usage` where it is missing or no such list */
export function takeTexts(given: RawParameters, name: string): readonly string[] {
  const value = given[name];
  if (Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "")) return value;
  throw wrongValue(name, value, "a list of paths");
}

function wrongValue(name: string, value: unknown, expected: string): IsoluxError {
  if (value === undefined) return new IsoluxError({ kind: "usage", what: `${name} is missing`, expected });
  return new IsoluxError({ kind: "usage", what: `Wrong value for ${name}`, found: showJson(value), expected });
}
