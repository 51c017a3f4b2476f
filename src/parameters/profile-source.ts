import { IsoluxError } from "../errors.ts";
import type { BasicParameters } from "../estimate/basic/parameters.ts";
import { type BasicSettings, basicParameters } from "./basic-fields.ts";
import { type Field, fieldsOf } from "./field.ts";
import { convertSchema, correctSchema } from "./schema.ts";
import { type Spelling, spell } from "./spelling.ts";
import { type RawParameters, valueAt, withoutNotGiven } from "./validate.ts";

/** Where the profiles of a run come from. */
export type ProfileSource =
  /** Profiles that were measured or estimated before. */
  | { readonly kind: "given"; readonly modelsFolder: string }
  /** Tiles or planes without sample; the corner tiles where only planes are given. */
  | {
      readonly kind: "empty";
      readonly fovList?: readonly number[];
      readonly zLevels?: readonly [below: number, above: number];
    }
  /** BaSiC on planes of all tiles. */
  | { readonly kind: "basic"; readonly parameters: BasicParameters; readonly maxWorkers?: number }
  /** Even light, which overlaps refine where that is asked for; a profile of ones else. */
  | { readonly kind: "even" }
  /** From nowhere: the image is only converted. Never chosen by parameters of a correction. */
  | { readonly kind: "none" };

/** The parameters that decide it. */
export interface SourceParameters {
  readonly modelsFolder?: string;
  readonly fovList?: readonly number[];
  readonly zLevels?: readonly [below: number, above: number];
  readonly start?: "basic" | "even";
  readonly basic: BasicSettings;
}

/**
 * Which source of profiles applies: the one place that decides it.
 * @throws IsoluxError `usage` where a models folder and empty regions are given together
 */
export function chooseProfileSource(
  parameters: SourceParameters,
  spelling: Spelling = "option",
): Exclude<ProfileSource, { kind: "none" }> {
  const { modelsFolder, fovList, zLevels, start, basic } = parameters;
  const empty = { ...(fovList && { fovList }), ...(zLevels && { zLevels }) };
  const isEmpty = fovList !== undefined || zLevels !== undefined;
  if (modelsFolder !== undefined && isEmpty) throw contradiction(Object.keys(empty), spelling);
  if (modelsFolder !== undefined) return { kind: "given", modelsFolder };
  if (isEmpty) return { kind: "empty", ...empty };
  if (start === "even") return { kind: "even" };
  const threads = basic.maxWorkers === undefined ? {} : { maxWorkers: basic.maxWorkers };
  return { kind: "basic", parameters: basicParameters(basic), ...threads };
}

/** Parameters that name a way to the profile. */
const namingKeys = ["modelsFolder", "fovList", "zLevels", "start", "refine"] as const;

/** Whether parameters, as they were given, leave it to Isolux how the profile is found: none that tells is there. */
export function leavesProfileOpen(raw: RawParameters): boolean {
  const { basic, ...given } = withoutNotGiven(raw);
  const { maxWorkers: _, ...ofBasic } = (basic ?? {}) as RawParameters;
  return Object.keys(ofBasic).length === 0 && namingKeys.every((key) => given[key] === undefined);
}

/** Whether a parameter names a way to the profile, alone or with others. */
export function namesProfile({ path, info }: Field): boolean {
  if (info.group === "basic") return path.at(-1) !== "maxWorkers";
  return namingKeys.some((key) => key === path[0]);
}

function contradiction(emptyKeys: readonly string[], spelling: Spelling): IsoluxError {
  const folder = nameOf("modelsFolder", spelling);
  const regions = emptyKeys.map((key) => nameOf(key, spelling)).join(" and ");
  return new IsoluxError({
    kind: "usage",
    what: `${folder} contradicts ${regions}`,
    found: "two sources of the profile",
    expected: "one",
    advice: `Drop ${regions} to use the profiles in the folder, or drop ${folder} to estimate them from empty regions`,
  });
}

function nameOf(key: string, spelling: Spelling): string {
  return spell(fieldsOf(correctSchema).find(({ path }) => path[0] === key)!, spelling);
}

/** A warning where parameters were given, other than their defaults, that the chosen source does not look at. */
export function warnOfUnused(raw: RawParameters, source: ProfileSource, spelling: Spelling): string | undefined {
  const fields = fieldsOf(correctSchema);
  // Gains are found with given profiles too, at a level.
  const asksForGains = fields.some((field) => field.path[0] === "gains" && isChanged(raw, field));
  const forGains = asksForGains && source.kind !== "none" ? ["resolutionLevel"] : [];
  const unused = fields.filter((field) => {
    return isChanged(raw, field) && !matters(field, source) && !forGains.includes(field.path[0]!);
  });
  if (unused.length === 0) return undefined;
  const names = unused.map((field) => spell(field, spelling)).join(", ");
  const uses = {
    given: "profiles come from a folder",
    empty: "profiles are estimated from empty regions",
    basic: "profiles come from BaSiC",
    even: "profiles begin with even light",
    none: "the image is only converted",
  };
  return `${names}: without effect where ${uses[source.kind]}`;
}

function isChanged(raw: RawParameters, { path, defaultValue }: Field): boolean {
  const value = valueAt(withoutNotGiven(raw), path);
  return value !== undefined && value !== defaultValue;
}

/** The seed may stand in scripts for any source; that it has no effect on a given profile surprises nobody. */
function matters({ info, path }: Field, source: ProfileSource): boolean {
  if (source.kind === "none") return path[0]! in convertSchema.shape || path[0] === "seed";
  if (info.group === "basic") return source.kind === "basic";
  if (path[0] === "start") return source.kind === "basic" || source.kind === "even";
  // Given profiles say themselves whether they have a dark-field of their own: a note tells when they are read.
  if (path[0] === "sides" || path[0] === "gains" || path[0] === "cameraOffset") return true;
  if (path[0] === "saveModels" || (info.group === "sampling" && path[0] !== "seed")) return source.kind !== "given";
  return true;
}

/** How a user names the output: a conversion's is an operand. */
export function outputSpelling({ kind }: ProfileSource): "OUTPUT" | "--output" {
  return kind === "none" ? "OUTPUT" : "--output";
}
