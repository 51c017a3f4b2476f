import { IsoluxError } from "../errors.ts";
import type { BasicParameters } from "../estimate/basic/parameters.ts";
import { type BasicSettings, basicParameters } from "./basic-fields.ts";
import { type Field, fieldsOf } from "./field.ts";
import { convertSchema, correctSchema } from "./schema.ts";
import { type Spelling, spell } from "./spelling.ts";
import { type RawParameters, valueAt, withoutNotGiven } from "./validate.ts";

/** Tiles or planes without sample, as parameters name them; the corner tiles where only planes are given. */
export interface EmptyRegions {
  readonly fovList?: readonly number[];
  readonly zLevels?: readonly [below: number, above: number];
}

/** Where the profiles of a run come from. */
export type ProfileSource =
  /** Profiles that were measured or estimated before. */
  | { readonly kind: "given"; readonly modelsFolder: string }
  | ({ readonly kind: "empty" } & EmptyRegions)
  /** BaSiC on planes of all tiles. */
  | { readonly kind: "basic"; readonly parameters: BasicParameters; readonly maxWorkers?: number }
  /** Even light, which overlaps refine where that is asked for; a profile of ones else. */
  | { readonly kind: "even" }
  /** From nowhere: the image is only converted. Never chosen by parameters of a correction. */
  | { readonly kind: "none" };

/** The parameters that decide it. */
export interface SourceParameters extends EmptyRegions {
  readonly modelsFolder?: string;
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
  const { modelsFolder, start, basic } = parameters;
  const empty = regionsOf(parameters);
  const isEmpty = namesRegions(parameters);
  if (modelsFolder !== undefined && isEmpty) throw contradiction(empty, spelling);
  if (modelsFolder !== undefined) return { kind: "given", modelsFolder };
  if (isEmpty) return { kind: "empty", ...empty };
  if (start === "even") return { kind: "even" };
  const threads = basic.maxWorkers === undefined ? {} : { maxWorkers: basic.maxWorkers };
  return { kind: "basic", parameters: basicParameters(basic), ...threads };
}

/** The regions without sample among parameters or in a proposal of them. */
export function regionsOf({ fovList, zLevels }: EmptyRegions): EmptyRegions {
  return { fovList, zLevels };
}

/** Whether tiles or planes without sample are named. */
export function namesRegions({ fovList, zLevels }: EmptyRegions): boolean {
  return fovList !== undefined || zLevels !== undefined;
}

/** Parameters without those that name regions without sample. */
export function withoutRegions<Given extends object>(parameters: Given): Omit<Given, keyof EmptyRegions> {
  const { fovList: _, zLevels: __, ...others } = parameters as Given & EmptyRegions;
  return others;
}

/** Regions in the terms of a sample: numbers of tiles, and planes at full resolution. */
export function sampledRegions({ fovList: tileNumbers, zLevels }: EmptyRegions) {
  return { tileNumbers, zLevels };
}

/** Regions under the names of the reference task; null stands for not given. */
export function regionsOfReference({ fovList, zLevels }: EmptyRegions) {
  return { FOV_list: fovList ?? null, z_levels: zLevels ?? null };
}

/** Regions in words, such as `tiles 1, 3`. */
export function regionWords({ fovList, zLevels }: EmptyRegions): string[] {
  const tiles = fovList === undefined ? [] : [`tiles ${fovList.join(", ")}`];
  return zLevels === undefined ? tiles : [...tiles, `planes before ${zLevels[0]} and after ${zLevels[1]}`];
}

/** A run's checked parameters, with what is only known from their raw form. */
export interface RunOrder<Parameters> {
  readonly parameters: Parameters;
  /** Whether no parameter was given that decides how the profile is found. */
  readonly isOpen: boolean;
  /** What was given without an effect, in a sentence; empty where there is nothing to say. */
  readonly warnings: readonly string[];
}

/**
 * An order from checked parameters and what was given of them. Where Isolux chooses the profile, every parameter is a
 * starting point of the candidates, so that none is without effect.
 * @throws IsoluxError `usage` where two parameters contradict each other
 */
export function orderOf<Parameters extends SourceParameters & { readonly auto: boolean; readonly convert?: boolean }>(
  parameters: Parameters,
  raw: RawParameters,
  spelling: Spelling,
): RunOrder<Parameters> {
  const { auto, convert = false } = parameters;
  const isOpen = !convert && leavesProfileOpen(raw);
  if (!convert && (auto || isOpen)) return { parameters, isOpen, warnings: [] };
  const source: ProfileSource = convert ? { kind: "none" } : chooseProfileSource(parameters, spelling);
  const unused = warnOfUnused(raw, source, spelling);
  return { parameters, isOpen, warnings: unused === undefined ? [] : [unused] };
}

/** Parameters that name a way to the profile. */
const namingKeys = ["modelsFolder", "fovList", "zLevels", "start", "refine"] as const;

/** Whether the given parameters leave it to Isolux how the profile is found: none of them decides it. */
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

function contradiction(empty: EmptyRegions, spelling: Spelling): IsoluxError {
  const folder = nameOf("modelsFolder", spelling);
  const given = Object.entries(empty).filter(([, value]) => value !== undefined);
  const regions = given.map(([key]) => nameOf(key, spelling)).join(" and ");
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

/** Scripts may set the seed for every source; that it has no effect on a given profile is expected. */
function matters({ info, path }: Field, source: ProfileSource): boolean {
  if (source.kind === "none") return path[0]! in convertSchema.shape || path[0] === "seed";
  if (info.group === "basic") return source.kind === "basic";
  if (path[0] === "start") return source.kind === "basic" || source.kind === "even";
  // Whether given profiles have their own dark-field is only known, and noted, when they are read.
  if (path[0] === "sides" || path[0] === "gains" || path[0] === "cameraOffset") return true;
  if (path[0] === "saveModels" || (info.group === "sampling" && path[0] !== "seed")) return source.kind !== "given";
  return true;
}

/** How a user names the output: a conversion's is an operand. */
export function outputSpelling({ kind }: ProfileSource): "OUTPUT" | "--output" {
  return kind === "none" ? "OUTPUT" : "--output";
}
