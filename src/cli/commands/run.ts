import { createReadStream } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import type * as z from "zod";
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { withUsualMemory } from "../../parameters/environment-node.ts";
import { fieldsOf, nestedObject } from "../../parameters/field.ts";
import { orderOf } from "../../parameters/profile-source.ts";
import { correctSchema } from "../../parameters/schema.ts";
import { referenceObjects, snakeCase, spell, suggest } from "../../parameters/spelling.ts";
import { type RawParameters, validate, withoutNotGiven } from "../../parameters/validate.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { isJsonObject, showJson } from "../../zarr/json.ts";
import { checkSize, isAddress } from "../../zarr/store.ts";
import { definePlainCommand } from "../define-command.ts";
import { reasonOf } from "../errors.ts";
import { correction, correctionPlan } from "./correct.ts";

const examples = `
FILE is what isolux init writes (YAML, or JSON with the same names), or a JSON
with the parameters of the reference task (zarr_url, FOV_list, z_levels,
models_folder, n_zplanes, resolution_level, save_models, erase_source_image,
basicpy_model_params). Relative paths in it start at its folder. Options given
here win over the file.

Examples:
  isolux run flatfield.yaml
  isolux run flatfield.yaml --overwrite --workers 16 --memory 32GB`;

/** Sets up `isolux run`. */
export const configure = definePlainCommand({
  // Parameters that may be changed on the command line.
  fields: correctSchema.pick({ output: true, overwrite: true, workers: true, memory: true }),
  usage: "FILE [options]",
  examples,
  extras: (command) => command.argument("<file>", "The parameter file."),
  work: async (call) => correction(...(await orderOfFile(call))),
  plan: async (call) => correctionPlan(...(await orderOfFile(call))),
});

/** The reference's names that differ from those of our files, with ours. */
const referenceNames: ReadonlyMap<string, string> = new Map([
  ...fieldsOf(correctSchema).flatMap(({ path, info }): [string, string][] =>
    info.referenceName === undefined ? [] : [[info.referenceName, snakeCase(path[0]!)]],
  ),
  ...[...referenceObjects].map(([ours, name]): [string, string] => [name, ours]),
]);

/** What a file and the options ask for, with the warnings of reading it. */
async function orderOfFile({ raw: overrides, operands }: { raw: RawParameters; operands: readonly string[] }) {
  const file = operands[0]!;
  const { parameters: ofTheFile, warnings } = await loadParameterFile(file);
  const raw = withWorkers({ ...ofTheFile, ...overrides });
  const parameters = validate(correctSchema, withUsualMemory(correctSchema, raw), { spelling: "file", file });
  return [orderOf(parameters, raw, "file"), warnings] as const;
}

/**
 * The parameters in a file, their paths made relative to its folder.
 * @throws IsoluxError `not-found`, or `usage` where the file has unknown parameters
 */
export async function loadParameterFile(file: string): Promise<ParameterFile> {
  const { parameters, warnings } = readParameterFile(await parse(await readText(file), file), file);
  const resolve = (path: string) => (isAbsolute(path) || isAddress(path) ? path : join(dirname(file), path));
  return { parameters: withResolvedPaths(parameters, resolve), warnings };
}

async function readText(file: string): Promise<string> {
  try {
    // It may be a pipe, whose size is only known at its end.
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
      length += piece.length;
      checkSize(length, limits.parameters, file);
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString("utf8");
  } catch (cause) {
    if (cause instanceof IsoluxError) throw cause;
    const found = reasonOf(cause);
    throw new IsoluxError({ kind: "not-found", what: "The parameter file cannot be read", where: file, found, cause });
  }
}

/** Parses YAML, or JSON by its own parser: Python's JSON and standard JSON differ from YAML in details. */
async function parse(text: string, file: string): Promise<unknown> {
  const isJson = file.toLowerCase().endsWith(".json");
  try {
    if (isJson) return JSON.parse(text.replace(/^\uFEFF/, ""));
    return await parseYaml(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new IsoluxError({
      kind: "usage",
      what: `The parameter file is not valid ${isJson ? "JSON" : "YAML"}`,
      where: file,
      // The YAML parser's further lines show the position.
      found: (isJson ? message : message.split("\n")[0]!).replace(/[.:]+$/, ""),
      cause,
    });
  }
}

/** The library compares each key with all before it, which takes minutes for a hundred thousand: that check is switched off. */
async function parseYaml(text: string): Promise<unknown> {
  refuseDeepLists(text);
  const { isScalar, LineCounter, parseDocument, visit } = await import("yaml");
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { logLevel: "error", uniqueKeys: false, lineCounter });
  if (document.errors.length > 0) throw document.errors[0];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const { line } = lineCounter.linePos(key.range?.[0] ?? 0);
        if (seen.has(key.value)) throw new Error(`Map keys must be unique at line ${line}`);
        seen.add(key.value);
      }
    },
  });
  return document.toJS();
}

/** The library takes long for lists in lists in lists, and most of that after it has given up. */
function refuseDeepLists(text: string): void {
  let depth = 0;
  for (const [letter] of text.matchAll(/[[{\]}]/g)) {
    depth = "[{".includes(letter) ? depth + 1 : Math.max(0, depth - 1);
    if (depth > 200) throw new Error("more than 200 lists and objects in each other");
  }
}

/** What a parameter file says: parameters keyed like the schema, not yet checked, and what is to be warned of. */
interface ParameterFile {
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

/** Whether an object of parameters uses a name that only the reference has. */
function usesReferenceNames(parameters: RawParameters): boolean {
  return Object.keys(parameters).some((key) => referenceNames.has(key));
}

/**
 * The same parameters under our names, and what is to be warned of. As in the reference, a models folder wins over
 * tiles and planes.
 * @throws IsoluxError `usage` where a parameter stands there under both names
 */
function fromReferenceNames(
  parameters: RawParameters,
  file: string,
): { readonly parameters: RawParameters; readonly warnings: readonly string[] } {
  const ours: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(withoutNotGiven(parameters))) {
    const name = referenceNames.get(key) ?? key;
    if (name in ours) throw givenTwice(name, file);
    ours[name] = value;
  }
  const ignored = ours.models_folder === undefined ? [] : ["fov_list", "z_levels"].filter((name) => name in ours);
  for (const name of ignored) delete ours[name];
  const names = ignored.map((name) => (name === "fov_list" ? "FOV_list" : name)).join(" and ");
  return {
    parameters: ours,
    warnings: ignored.length === 0 ? [] : [`models_folder wins over ${names}, as in the reference task`],
  };
}

function givenTwice(name: string, file: string): IsoluxError {
  const other = [...referenceNames].find(([, ours]) => ours === name)?.[0] ?? name;
  return new IsoluxError({
    kind: "usage",
    what: `${other} and ${name} are the same parameter`,
    where: file,
    found: "both",
    expected: "one of them",
    advice: `Drop ${name}`,
  });
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
