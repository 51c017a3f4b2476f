import type * as z from "zod";
import { IsoluxError } from "../errors.ts";
import { isJsonObject, showJson } from "../zarr/json.ts";
import { isAddress } from "../zarr/store.ts";
import { fieldsOf, nestedObject } from "./field.ts";
import { fromReferenceNames, referenceNames, usesReferenceNames } from "./reference-names.ts";
import { correctSchema } from "./schema.ts";
import { snakeCase, spell, suggest } from "./spelling.ts";
import type { RawParameters } from "./validate.ts";

/** What a parameter file says: parameters keyed like the schema, not yet checked, and what is to be warned of. */
export interface ParameterFile {
  readonly parameters: RawParameters;
  readonly warnings: readonly string[];
}

/**
 * Reads the parsed content of a parameter file, in our names or in those of the reference task.
 * @throws IsoluxError `usage` for anything but an object of known parameters
 */
export function readParameterFile(content: unknown, file: string): ParameterFile {
  if (!isJsonObject(content)) {
    const found = content === null || content === undefined ? "nothing" : Array.isArray(content) ? "a list" : "a value";
    throw new IsoluxError({
      kind: "usage",
      what: "The parameter file cannot be used",
      where: file,
      found,
      expected: "parameters with their names, such as image: sample.zarr/raw_image",
    });
  }
  const { $schema: _, ...named } = content;
  const { parameters, warnings } = usesReferenceNames(named)
    ? fromReferenceNames(named, file)
    : { parameters: named, warnings: [] };
  return { parameters: keyedLikeSchema(correctSchema, parameters, file), warnings };
}

const fields = fieldsOf(correctSchema);

/** Renames `snake_case` keys to those of the schema, refusing what is unknown. */
function keyedLikeSchema(schema: z.ZodObject, parameters: RawParameters, file: string, parent?: string): RawParameters {
  const keys = new Map(Object.keys(schema.shape).map((key) => [snakeCase(key), key]));
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const key = keys.get(name);
      if (key === undefined) throw unknownName(name, parent, file);
      const nested = nestedObject(schema.shape[key]!);
      if (nested === undefined || value === null) return [key, value];
      if (!isJsonObject(value)) throw notNested(name, value, file);
      return [key, keyedLikeSchema(nested, value, file, name)];
    }),
  );
}

function notNested(name: string, value: unknown, file: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: `Wrong value for ${name}`,
    where: file,
    found: showJson(value),
    expected: "parameters with their names, indented below it",
  });
}

function unknownName(name: string, parent: string | undefined, file: string): IsoluxError {
  const known = [...fields.map((field) => spell(field, "file")), ...referenceNames.keys()];
  const meant = suggest(name, known);
  const place = parent === undefined ? "" : ` in ${parent}`;
  return new IsoluxError({
    kind: "usage",
    what: `There is no parameter named ${JSON.stringify(name)}${place}`,
    where: file,
    advice: meant === undefined ? "isolux init writes a file with all parameters" : `Did you mean ${meant}?`,
  });
}

/** `https://...`, `s3://...`: where such a file lies does not depend on where the parameters lie. */

/** The parameters with their paths passed through `resolve`, which makes them relative to the right folder. */
export function withResolvedPaths(parameters: RawParameters, resolve: (path: string) => string): RawParameters {
  const isPath = new Set(fields.filter(({ info }) => info.isPath).map(({ path }) => path[0]!));
  const resolved = (key: string, value: unknown) =>
    isPath.has(key) && typeof value === "string" && value !== "" && !isAddress(value) ? resolve(value) : value;
  return Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, resolved(key, value)]));
}
