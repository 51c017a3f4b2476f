/** A correction that several processes are to share, as it was asked for: with its places, and what advice decides. */
import { IsoluxError } from "../errors.ts";
import { chooseProfileSource } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { type CorrectParameters, convertSchema, correctSchema } from "../parameters/schema.ts";
import type { PrepareParameters } from "../parameters/shared-schemas.ts";
import { validate } from "../parameters/validate.ts";
import type { CorrectRequest } from "../pipeline/correct-request.ts";
import { locateRequest } from "../pipeline/locate-request-node.ts";
import { locateOutput } from "../pipeline/output-places-node.ts";
import { checkSharable } from "../pipeline/shared-run.ts";
import { takeAdvice } from "./take-advice-node.ts";

const origin = { spelling: "key" } as const;

/** @throws IsoluxError for an output that cannot be shared, places that cannot be, and as finding advice does */
export async function sharedRequest(
  { convert, ...asked }: Omit<PrepareParameters, "units">,
  isOpen: boolean,
  hooks: RunHooks,
): Promise<CorrectRequest> {
  // Before candidates are tried, which may take minutes.
  if (asked.output !== undefined) checkSharable(await locateOutput(asked.output));
  if (convert) return locateRequest(conversionOf(asked), { kind: "none" });
  const { parameters, advice } = await takeAdvice(asked, isOpen, hooks);
  const request = await locateRequest(parameters, chooseProfileSource(parameters, origin.spelling));
  return { ...request, ...(advice && { advice }) };
}

/** What a conversion looks at. @throws IsoluxError `usage` where it does not say where to write, or asks for a report */
function conversionOf(asked: CorrectParameters): CorrectParameters {
  if (asked.output === undefined) {
    const advice = "Give --output: only corrected images have a name that follows from the source's";
    throw new IsoluxError({ kind: "usage", what: "A conversion needs a place to write to", advice });
  }
  if (asked.report !== undefined) {
    const advice = "Leave out --report";
    throw new IsoluxError({
      kind: "usage",
      what: "A conversion leaves pixels as they are: there is no report",
      advice,
    });
  }
  const picked = Object.keys(convertSchema.shape).map((key) => [key, asked[key as keyof CorrectParameters]]);
  return correctSchema.parse(validate(convertSchema, Object.fromEntries(picked), origin));
}
