/** The arguments of the tasks: selected from the one schema of parameters, with the reference task's names; and read. */

import * as z from "zod";
import { IsoluxError } from "../errors.ts";
import { basicSchema } from "../parameters/basic-fields.ts";
import { fieldInfo, fieldsOf, nestedObject } from "../parameters/field.ts";
import { type EmptyRegions, namesRegions } from "../parameters/profile-source.ts";
import { type CorrectParameters, checkSchema, correctSchema, estimateSchema } from "../parameters/schema.ts";
import { prepareSchema } from "../parameters/shared-schemas.ts";
import { layoutKeys } from "../parameters/source-fields.ts";
import { referenceObjects, snakeCase, spell, suggest } from "../parameters/spelling.ts";
import { type RawParameters, validate } from "../parameters/validate.ts";
import { someText } from "../parameters/value-types.ts";
import { isJsonObject, showJson } from "../zarr/json.ts";

const saveModels = z.boolean().default(false).register(fieldInfo, {
  meaning:
    "Keep the estimated profiles too, beside the image: in IllumModels (empty regions) or BaSiCPyModels (BaSiC).",
  allowed: "true or false",
  group: "output",
  form: "flag",
});

const { units } = prepareSchema.shape;

const { fovList, zLevels, resolutionLevel, eraseSourceImage, ...ofTheOutput } = correctSchema.pick({
  fovList: true,
  zLevels: true,
  resolutionLevel: true,
  eraseSourceImage: true,
  expendable: true,
  overwrite: true,
  channels: true,
  channelSettings: true,
  rotation: true,
  trustPositions: true,
  omeVersion: true,
  shards: true,
}).shape;

/** The arguments of the initialisation of Correct Flatfield: those of the reference, then ours. */
export const initSchema = z.strictObject({
  fovList,
  zLevels,
  resolutionLevel,
  saveModels,
  eraseSourceImage,
  units,
  ...ofTheOutput,
});

/** Forms fill in the default, so 0 means not given: see {@link withGivenOffset}. */
const cameraOffset = z
  .number()
  .nonnegative()
  .default(0)
  .register(fieldInfo, fieldInfo.get(correctSchema.shape.cameraOffset)!);

/** The parameters of arguments: without a camera offset where it is 0. */
export function withGivenOffset<Parameters extends { readonly cameraOffset: number }>({
  cameraOffset,
  ...others
}: Parameters) {
  return { ...others, ...(cameraOffset > 0 && { cameraOffset }) };
}

/**
 * Whether the choice of a way to the profile is left to Isolux. Forms fill in all defaults, so only other values choose
 * a way.
 */
export function leavesOpen(
  parameters: Partial<Pick<CorrectParameters, "modelsFolder" | "basic" | "refine">> & EmptyRegions,
) {
  const { modelsFolder, basic: asked = {}, refine = "off" } = parameters;
  if (modelsFolder !== undefined || namesRegions(parameters) || refine !== "off") return false;
  const defaults: Readonly<Record<string, unknown>> = basicSchema.parse({});
  return Object.entries(asked).every(([key, value]) => key === "maxWorkers" || value === defaults[key]);
}

const { modelsFolder, nZplanes, basic, ...ofTheUnit } = correctSchema.pick({
  modelsFolder: true,
  trustProfiles: true,
  nZplanes: true,
  basic: true,
  refine: true,
  gains: true,
  background: true,
  sides: true,
  cameraOffset: true,
  seed: true,
  workers: true,
  memory: true,
}).shape;

const report = z
  .boolean()
  .default(true)
  .register(fieldInfo, {
    meaning:
      "Write a report beside the corrected image: a page with the verdict and pictures before and after, " +
      "NAME.report.html, and its figures, NAME.report.json.",
    allowed: "true or false",
    group: "report",
    form: "switch",
  });

/** The arguments of each unit of Correct Flatfield: those of the reference, then ours. */
export const unitSchema = z.strictObject({ modelsFolder, nZplanes, basic, ...ofTheUnit, cameraOffset, report });

const ofTheEstimate = estimateSchema.omit({
  image: true,
  tileTable: true,
  ...layoutKeys,
  output: true,
  auto: true,
  start: true,
  timePoints: true,
}).shape;

/** The arguments of Estimate Flatfield. */
export const estimateTaskSchema = z.strictObject({
  ...ofTheEstimate,
  cameraOffset,
  output: someText().optional().register(fieldInfo, {
    meaning: "The folder for the profiles: FOLDER/CHANNEL LABEL/profiles.npz, as models_folder takes them.",
    allowed: "the path of a folder",
    group: "output",
    form: "text",
    valueName: "folder",
    defaultText: "beside the image, in IllumModels (empty regions) or BaSiCPyModels (BaSiC)",
    isPath: true,
  }),
});

const ofTheCheck = checkSchema.omit({ image: true, tileTable: true, ...layoutKeys, corrected: true }).shape;

/** The arguments of Check Flatfield. */
export const checkTaskSchema = z.strictObject({
  source: someText().optional().register(fieldInfo, {
    meaning: "The image before the correction.",
    allowed: "the path of an image",
    group: "image",
    form: "text",
    valueName: "image",
    defaultText: "the image beside it that it says it was made of",
    isPath: true,
  }),
  ...ofTheCheck,
});

/** Default number of cores of a unit. */
export const unitCores = 4;

/** The arguments of the initialisation, checked and complete. */
export type InitParameters = z.output<typeof initSchema>;

/** What the initialisation passes to each unit, as JSON. */
export interface UnitOrder {
  /** Index of the unit, from 0. */
  readonly unit: number;
  readonly units: number;
  /** The place of the corrected image. */
  readonly output: string;
  /** The stamp of the image that was there before the job, which differs from that of the job's own image. */
  readonly output_before: string | null;
  /** Digest of the source when the job began. */
  readonly source: string;
  /** The arguments of the initialisation, as they were given. */
  readonly arguments: { readonly [name: string]: unknown };
}

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
