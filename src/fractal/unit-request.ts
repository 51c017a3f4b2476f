/** From the arguments of the two phases of Correct Flatfield to a correction. */
import { IsoluxError } from "../errors.ts";
import { chooseProfileSource } from "../parameters/profile-source.ts";
import { type CorrectParameters, correctSchema } from "../parameters/schema.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import type { CorrectRequest } from "../pipeline/correct-request.ts";
import { locateRequest } from "../pipeline/locate-request-node.ts";
import { type InitParameters, type UnitParameters, withGivenOffset } from "./task-arguments.ts";

/** Where a correction reads and writes. */
interface UnitPlaces {
  readonly image: string;
  readonly output: string;
}

/**
 * The correction of an image. As in the reference, a models folder wins over tiles and planes.
 * @throws IsoluxError for places that cannot be
 */
export async function unitRequest(
  places: UnitPlaces,
  { units: _, ...init }: InitParameters,
  { report, ...unit }: UnitParameters,
): Promise<CorrectRequest> {
  const { fovList, zLevels, ...others } = init;
  const regions = unit.modelsFolder === undefined ? { ...(fovList && { fovList }), ...(zLevels && { zLevels }) } : {};
  const parameters: CorrectParameters = {
    ...correctSchema.parse({ image: places.image }),
    ...others,
    ...regions,
    ...withGivenOffset(unit),
    ...places,
    ...(report && { report: reportOf(places.output) }),
    workers: unit.workers ?? availableCores(),
  };
  const located = await locateRequest(parameters, chooseProfileSource(parameters, "reference"));
  // A job that is submitted again replaces what an earlier one said.
  return { ...located, replacesReport: true };
}

/** Where the report on a corrected image lies. */
export function reportOf(output: string): string {
  return `${output}.report.html`;
}

/** Refuses images that units on several machines cannot share. @throws IsoluxError `unsupported` */
export function checkLocal(image: string): void {
  if (image.startsWith("/")) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "In Fractal, Isolux corrects images in folders only",
    found: image,
    expected: "an absolute path that all machines see",
    advice: "For buckets use the command isolux correct",
  });
}
