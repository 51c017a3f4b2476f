/** Makes the request for a correction from the arguments of the two phases of Correct Flatfield. */
import type * as z from "zod";
import { adviseOrEven, decidedOrEven } from "../advise/take-advice-node.ts";
import { IsoluxError } from "../errors.ts";
import type { Advice } from "../parameters/advice.ts";
import { chooseProfileSource, withoutRegions } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { type CorrectParameters, correctSchema } from "../parameters/schema.ts";
import { locateRequest } from "../pipeline/places/locate-request-node.ts";
import type { CorrectRequest, OpenRequest } from "../pipeline/places/request.ts";
import { withWorkers } from "../pipeline/threads/platform-node.ts";
import { type InitParameters, leavesOpen, type unitSchema, withGivenOffset } from "./task-arguments.ts";

/** Where a correction reads and writes. */
interface UnitPlaces {
  readonly image: string;
  readonly output: string;
}

/** The arguments of a unit, checked and complete. */
type UnitParameters = z.output<typeof unitSchema>;

/**
 * The request for the correction of an image. As in the reference, a models folder has priority over tiles and planes.
 * Where arguments choose no way to the profile, Isolux does; a workflow continues where no correction is better: with a
 * profile of ones.
 * @param hooks receive the choice
 * @throws IsoluxError for impossible places
 */
export async function unitRequest(
  places: UnitPlaces,
  { units: _, ...init }: InitParameters,
  { report, ...unit }: UnitParameters,
  hooks: RunHooks,
): Promise<OpenRequest> {
  const ofTheImage = unit.modelsFolder === undefined ? init : withoutRegions(init);
  const asked: CorrectParameters = {
    ...correctSchema.parse({ image: places.image }),
    ...ofTheImage,
    ...withWorkers(withGivenOffset(unit)),
    ...places,
    ...(report && { report: reportOf(places.output) }),
  };
  const request = await requestWith(asked);
  if (!leavesOpen({ ...ofTheImage, ...unit })) return { request };
  const make = () => adviseOrEven(asked, hooks);
  const apply = async (advice: Advice) => requestWith(await decidedOrEven(asked, advice), advice);
  return { request, choice: { make, apply } };
}

/** The request of some parameters. A job that is submitted again replaces the report of an earlier one. */
async function requestWith(parameters: CorrectParameters, advice?: Advice): Promise<CorrectRequest> {
  const located = await locateRequest(parameters, chooseProfileSource(parameters, "reference"));
  return { ...located, advice, replacesReport: true };
}

/** The path of the report on a corrected image. */
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
