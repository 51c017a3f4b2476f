/** How BaSiC's parameters go with the planes that there are. */
import type { BasicParameters } from "../estimate/basic/parameters.ts";
import type { SamplePlan } from "../sample/plan-sample.ts";
import { formatShape, isSameShape, mapAxes } from "../shapes.ts";

/** From fewer planes BaSiC cannot tell the light from the tissue. */
const fewPlanesForBasic = 20;

/** Planes smaller than the working size are fitted as they are: enlarging them would add nothing. */
export function fittingParameters(
  parameters: BasicParameters,
  { fieldYx, level }: SamplePlan,
): { readonly parameters: BasicParameters; readonly note: readonly string[] } {
  const { workingSizeYx, ...rest } = parameters;
  if (workingSizeYx === undefined) return { parameters, note: [] };
  const clipped = mapAxes(workingSizeYx, (extent, axis) => Math.min(extent, fieldYx[axis]!));
  const fitting = isSameShape(clipped, fieldYx) ? rest : { ...rest, workingSizeYx: clipped };
  if (isSameShape(clipped, workingSizeYx)) return { parameters: fitting, note: [] };
  const sizes = `${formatShape(workingSizeYx)} is more than the ${formatShape(fieldYx)} px of a tile at level ${level}`;
  return { parameters: fitting, note: [`The working size ${sizes}: ${formatShape(clipped)} is used.`] };
}

/** The warning where the planes are too few for a fit. */
export function fewPlanes(counts: readonly number[]): string[] {
  const fewest = Math.min(...counts);
  if (fewest >= fewPlanesForBasic) return [];
  return [
    `BaSiC has only ${fewest} planes to go by: such a profile can be far off. Empty regions or a measured profile are better.`,
  ];
}
