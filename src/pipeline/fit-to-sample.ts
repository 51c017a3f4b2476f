/** How BaSiC's parameters go with the planes that there are. */
import type { BasicParameters } from "../estimate/basic/parameters.ts";
import type { SamplePlan } from "../sample/plan-sample.ts";
import type { Yx } from "../shapes.ts";

/** From fewer planes BaSiC cannot tell the light from the tissue. */
const fewPlanesForBasic = 20;

/** Planes smaller than the working size are fitted as they are: enlarging them would add nothing. */
export function fittingParameters(
  parameters: BasicParameters,
  { fieldYx, level }: SamplePlan,
): { readonly parameters: BasicParameters; readonly note: readonly string[] } {
  const { workingSizeYx, ...rest } = parameters;
  if (workingSizeYx?.every((extent, axis) => extent >= fieldYx[axis]!) !== true) {
    if (workingSizeYx?.some((extent, axis) => extent > fieldYx[axis]!) !== true) return { parameters, note: [] };
  }
  const clipped = workingSizeYx!.map((extent, axis) => Math.min(extent, fieldYx[axis]!)) as unknown as Yx;
  const isWhole = clipped.every((extent, axis) => extent === fieldYx[axis]);
  const sizes = `${workingSizeYx!.join(" x ")} is more than the ${fieldYx.join(" x ")} px of a tile at level ${level}`;
  if (isWhole && workingSizeYx!.every((extent, axis) => extent === fieldYx[axis]))
    return { parameters: rest, note: [] };
  const note = [`The working size ${sizes}: ${clipped.join(" x ")} is used.`];
  return { parameters: isWhole ? rest : { ...rest, workingSizeYx: clipped }, note };
}

/** The warning where the planes are too few for a fit. */
export function fewPlanes(samples: readonly SamplePlan[]): string[] {
  const fewest = Math.min(...samples.map((sample) => sample.planes.length));
  if (fewest >= fewPlanesForBasic) return [];
  return [
    `BaSiC has only ${fewest} planes to go by: such a profile can be far off. Empty regions or a measured profile are better.`,
  ];
}
