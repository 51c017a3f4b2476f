/** The ways to a profile that are compared with each other. */
import type { BasicParameters } from "../estimate/basic/parameters.ts";
import type { CandidateScore } from "../parameters/advice.ts";
import { basicSchema } from "../parameters/basic-fields.ts";
import { type EmptyRegions, regionsOf, regionWords } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";

/** What a profile is made from. */
export type Origin =
  | { readonly kind: "none" }
  | { readonly kind: "given" }
  /** Even light, which overlaps alone correct. */
  | { readonly kind: "even"; readonly cameraOffset: number }
  | { readonly kind: "empty"; readonly cameraOffset: number }
  | { readonly kind: "basic"; readonly parameters: BasicParameters; readonly cameraOffset: number };

/** A way to a profile: what it is made from, and whether overlaps refine it. */
export interface Recipe {
  readonly origin: Origin;
  readonly refined: boolean;
}

/** What the candidates are composed of. */
export interface Choices {
  readonly hasGiven: boolean;
  /** Camera offsets to try with regions without sample; none where there are no such regions. */
  readonly emptyOffsets: readonly number[];
  /** Common parameters of all fits of BaSiC. */
  readonly basic: BasicParameters;
  /** The camera offset that was given, in counts; 0 where none was. */
  readonly cameraOffset: number;
}

// Candidates as text and as the parameters of a run.

/** Common properties of the candidates of a run. */
export interface RunFacts extends EmptyRegions {
  /**
   * Number of different parts of the sample in the planes: tiles, and depths as far apart as a quarter of the field.
   */
  readonly independentViews: number;
  readonly level: number;
  readonly nZplanes: number;
  readonly modelsFolder?: string;
  /** As it was given; absent where it was not. */
  readonly cameraOffset?: number;
}

/** A candidate's parameters in place of `auto`, where they differ from the defaults. */
export function parametersOf({ origin, refined }: Recipe, facts: RunFacts): Record<string, unknown> {
  const { level, nZplanes, modelsFolder } = facts;
  const estimate = { nZplanes, resolutionLevel: level, ...(refined && { refine: "auto" }) };
  switch (origin.kind) {
    case "none":
      return {};
    case "given":
      return { modelsFolder, cameraOffset: facts.cameraOffset };
    case "even":
      return { start: "even", ...offsetOf(origin, facts), ...estimate };
    case "empty":
      return { ...regionsOf(facts), ...offsetOf(origin, facts), ...estimate };
    case "basic": {
      const basic = changedOfBasic(origin.parameters as unknown as Record<string, unknown>);
      return { ...offsetOf(origin, facts), ...(Object.keys(basic).length > 0 && { basic }), ...estimate };
    }
  }
}

/** An offset of 0 is kept where it was given, so that none is estimated. */
function offsetOf({ cameraOffset }: { readonly cameraOffset: number }, asked: RunFacts) {
  return cameraOffset === 0 && asked.cameraOffset === undefined ? {} : { cameraOffset };
}

function changedOfBasic({
  workingSizeYx: workingSize,
  ...parameters
}: Record<string, unknown>): Record<string, unknown> {
  const defaults = basicSchema.parse({}) as Record<string, unknown>;
  const all = Object.entries({ ...parameters, workingSize });
  return Object.fromEntries(all.filter(([key, value]) => value !== defaults[key]));
}

/** A candidate as text. */
export function nameOf({ origin, refined }: Recipe, regions: EmptyRegions): string {
  const suffix = refined ? ", refined by overlaps" : "";
  switch (origin.kind) {
    case "none":
      return "no correction";
    case "given":
      return "the given profile";
    case "even":
      return ["overlaps alone", ...offsetWords(origin).map((text) => `(${text})`)].join(" ");
    case "empty":
      return `empty regions (${[...regionWords(regions), ...offsetWords(origin)].join("; ")})${suffix}`;
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

/** Reports one step of `total` with each call. */
export function stepsOf({ report }: RunHooks, total: number): () => void {
  let done = 0;
  return () => {
    done = Math.min(total, done + 1);
    report({ kind: "progress", stage: "Trying the ways to a profile", done, total });
  };
}

/** What is reported of a candidate. */
export function scoreOf(recipe: Recipe, facts: RunFacts, figure: number): CandidateScore {
  const parameters = parametersOf(recipe, facts);
  return { name: nameOf(recipe, facts), source: recipe.origin.kind, refined: recipe.refined, parameters, figure };
}
