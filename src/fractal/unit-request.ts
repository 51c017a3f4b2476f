/** From the arguments of the two phases of Correct Flatfield to a correction. */
import { chooseOrEven } from "../advise/take-advice-node.ts";
import { IsoluxError } from "../errors.ts";
import { chooseProfileSource } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { type CorrectParameters, correctSchema } from "../parameters/schema.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import type { CorrectRequest } from "../pipeline/correct-request.ts";
import { locateRequest } from "../pipeline/locate-request-node.ts";
import { type InitParameters, leavesOpen, type UnitParameters, withGivenOffset } from "./task-arguments.ts";

/** Where a correction reads and writes. */
interface UnitPlaces {
  readonly image: string;
  readonly output: string;
}

/**
 * The correction of an image. As in the reference, a models folder wins over tiles and planes. Where arguments name no way
 * to the profile, Isolux chooses; a workflow goes on where no correction is better: with a profile of ones.
 * @param hooks who is told of a choice; without, none is made
 * @throws IsoluxError for places that cannot be
 */
export async function unitRequest(
  places: UnitPlaces,
  { units: _, ...init }: InitParameters,
  { report, ...unit }: UnitParameters,
  hooks?: RunHooks,
): Promise<CorrectRequest> {
  const { fovList, zLevels, ...others } = init;
  const regions = unit.modelsFolder === undefined ? { ...(fovList && { fovList }), ...(zLevels && { zLevels }) } : {};
  const asked: CorrectParameters = {
    ...correctSchema.parse({ image: places.image }),
    ...others,
    ...regions,
    ...withGivenOffset(unit),
    ...places,
    ...(report && { report: reportOf(places.output) }),
    workers: unit.workers ?? availableCores(),
  };
  const isOpen = hooks !== undefined && leavesOpen({ ...unit, ...regions });
  const { parameters, advice } = isOpen ? await chooseOrEven(asked, hooks) : { parameters: asked };
  const located = await locateRequest(parameters, chooseProfileSource(parameters, "reference"));
  // A job that is submitted again replaces what an earlier one said.
  return { ...located, ...(advice && { advice }), replacesReport: true };
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
