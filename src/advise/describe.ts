/** Candidates in words and as the parameters of a run. */
import { basicSchema } from "../parameters/basic-fields.ts";
import type { Recipe } from "./recipe.ts";

/** What candidates of a run have in common. */
export interface RunFacts {
  /** Different parts of the sample that the planes show: tiles, and depths as far apart as a quarter of the field. */
  readonly independentViews: number;
  readonly level: number;
  readonly nZplanes: number;
  readonly modelsFolder?: string;
  readonly fovList?: readonly number[];
  readonly zLevels?: readonly [number, number];
  /** As it was asked for; not there where it was not given. */
  readonly cameraOffset?: number;
}

/** A candidate's parameters as a run takes them in place of `auto`, as far as they differ from the defaults. */
export function parametersOf({ origin, refined }: Recipe, facts: RunFacts): Record<string, unknown> {
  const { level, nZplanes, modelsFolder, fovList, zLevels } = facts;
  const estimate = { nZplanes, resolutionLevel: level, ...(refined && { refine: "auto" }) };
  switch (origin.kind) {
    case "none":
      return {};
    case "given":
      return { modelsFolder, ...(facts.cameraOffset !== undefined && { cameraOffset: facts.cameraOffset }) };
    case "even":
      return { start: "even", ...offsetOf(origin, facts), ...estimate };
    case "empty":
      return { ...(fovList && { fovList }), ...(zLevels && { zLevels }), ...offsetOf(origin, facts), ...estimate };
    case "basic": {
      const basic = changedOfBasic(origin.parameters as unknown as Record<string, unknown>);
      return { ...offsetOf(origin, facts), ...(Object.keys(basic).length > 0 && { basic }), ...estimate };
    }
  }
}

/** An offset of 0 is told where it was given: it then stays so. */
function offsetOf({ cameraOffset }: { readonly cameraOffset: number }, asked: RunFacts) {
  return cameraOffset === 0 && asked.cameraOffset === undefined ? {} : { cameraOffset };
}

function changedOfBasic({ workingSizeYx, ...parameters }: Record<string, unknown>): Record<string, unknown> {
  const defaults = basicSchema.parse({}) as Record<string, unknown>;
  const changed = Object.entries(parameters).filter(([key, value]) => value !== defaults[key]);
  return { ...Object.fromEntries(changed), ...(workingSizeYx !== undefined && { workingSize: workingSizeYx }) };
}

/** A candidate in words. */
export function nameOf({ origin, refined }: Recipe, { fovList, zLevels }: Partial<RunFacts>): string {
  const suffix = refined ? ", refined by overlaps" : "";
  switch (origin.kind) {
    case "none":
      return "no correction";
    case "given":
      return "the given profile";
    case "even":
      return ["overlaps alone", ...offsetWords(origin).map((text) => `(${text})`)].join(" ");
    case "empty": {
      const tiles = fovList && `tiles ${fovList.join(", ")}`;
      const planes = zLevels && `planes before ${zLevels[0]} and after ${zLevels[1]}`;
      const details = [tiles, planes, ...offsetWords(origin)].filter((text) => text !== undefined).join("; ");
      return `empty regions (${details})${suffix}`;
    }
    case "basic": {
      const changed = Object.entries(changedOfBasic(origin.parameters as unknown as Record<string, unknown>));
      const details = [...offsetWords(origin), ...changed.map(settingOf)];
      return details.length === 0 ? `BaSiC${suffix}` : `BaSiC (${details.join(", ")})${suffix}`;
    }
  }
}

function offsetWords({ cameraOffset }: { readonly cameraOffset: number }): string[] {
  return cameraOffset === 0 ? [] : [`camera offset ${cameraOffset}`];
}

const settingWords: Readonly<Record<string, string>> = {
  sortIntensity: "sorted",
  smoothnessFlatfield: "smoothness of the flat-field",
  smoothnessDarkfield: "smoothness of the dark-field",
  getDarkfield: "dark-field",
  autosegment: "autosegmented",
  workingSize: "working size",
};

function settingOf([key, value]: [string, unknown]): string {
  const word = settingWords[key] ?? key;
  if (value === true) return word;
  if (value === false) return `no ${word}`;
  return `${word} ${typeof value === "number" ? Number(value.toPrecision(3)) : String(value)}`;
}
