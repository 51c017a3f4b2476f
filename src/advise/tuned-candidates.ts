/** BaSiC with parameters that overlaps suggest, for who has the time. */

import type { BasicParameters } from "../estimate/basic/parameters.ts";
import { meanOver } from "../estimate/refine/held-out.ts";
import { disagreement } from "../estimate/refine/overlap-data.ts";
import { chooseParameters, rememberFigures } from "../estimate/refine/tune-basic.ts";
import type { Choices, Origin, Recipe } from "./recipe.ts";
import { makeProfile, type Subject } from "./subject.ts";

/** One candidate, or none where no change of the given parameters is clearly better. */
export async function tunedCandidates(
  subjects: readonly Subject[],
  { basic, cameraOffset }: Choices,
  signal: AbortSignal,
): Promise<Recipe[]> {
  const originOf = (parameters: BasicParameters): Origin => ({ kind: "basic", parameters, cameraOffset });
  const figuresOf = rememberFigures(new Map(), (parameters) => figuresOfFits(subjects, originOf(parameters), signal));
  const first = await figuresOf(basic);
  if (first === undefined) return [];
  const pairs = [...first.keys()].filter((pair) => Number.isFinite(first[pair]!));
  if (!Number.isFinite(meanOver(first, pairs))) return [];
  const { parameters } = await chooseParameters(basic, pairs, figuresOf);
  const isNew = ["smoothnessFlatfield", "smoothnessDarkfield"] as const;
  if (isNew.every((key) => parameters[key] === basic[key])) return [];
  return [{ origin: originOf(parameters), refined: true }];
}

/** Figures of all pairs by fits as they are; `undefined` where one cannot be made. */
async function figuresOfFits(
  subjects: readonly Subject[],
  origin: Origin,
  signal: AbortSignal,
): Promise<Float64Array | undefined> {
  const figures: number[] = [];
  for (const subject of subjects) {
    const profile = await makeProfile(subject, origin, signal).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return undefined;
    });
    if (profile === undefined) return undefined;
    figures.push(...disagreement(subject.overlaps, profile));
  }
  return Float64Array.from(figures);
}
