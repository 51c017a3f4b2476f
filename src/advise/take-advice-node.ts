/** Finds advice before a run, and puts it in place of `auto`. Loads the code for that only when needed. */

import { IsoluxError } from "../errors.ts";
import { fitThreads } from "../estimate/basic/fit-threads-node.ts";
import { loadKernels } from "../kernels/load-kernels.ts";
import type { Advice } from "../parameters/advice.ts";
import { usualMemory } from "../parameters/environment-node.ts";
import { chooseProfileSource, type RunOrder, withoutRegions } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { type CorrectParameters, convertSchema, correctSchema, type EstimateParameters } from "../parameters/schema.ts";
import type { PrepareParameters } from "../parameters/shared-schemas.ts";
import { locateImage, locateModels, locatePool } from "../pipeline/places/find-places-node.ts";
import { locateCorrection, locateRequest, readSettings } from "../pipeline/places/locate-request-node.ts";
import { locateOutput } from "../pipeline/places/output-places-node.ts";
import type { CorrectRequest } from "../pipeline/places/request.ts";
import { FoundEstimates } from "../pipeline/profiles/found-estimates.ts";
import { Workspace } from "../pipeline/record/workspace.ts";
import { checkPlace } from "../pipeline/run/check-outputs.ts";
import { checkSharable } from "../pipeline/shared/shared-run.ts";
import { reportsOf } from "../pipeline/threads/platform.ts";
import { withWorkers } from "../pipeline/threads/platform-node.ts";
import { reportingPlatform } from "../report/report-file-node.ts";
import type { AdviceRequest } from "./advise-image.ts";

/** The parameters of a run, and how they were found where that was left to Isolux. */
export interface Advised<Parameters> {
  readonly parameters: Parameters;
  readonly advice?: Advice;
  /** Estimates that were made while the advice was found. */
  readonly found?: FoundEstimates;
}

type AskedFor<Parameters> = Pick<RunOrder<Parameters>, "parameters" | "isOpen">;

/**
 * The parameters of a correction completed by advice: with `auto`, and where they leave the profile open.
 * @param check what is refused before candidates are tried
 * @throws IsoluxError `no-gain` where no correction is better, and as finding advice does
 */
export async function takeAdvice(
  { parameters, isOpen }: AskedFor<CorrectParameters>,
  hooks: RunHooks,
  check: (parameters: CorrectParameters) => Promise<void> = checkOutput,
): Promise<Advised<CorrectParameters>> {
  if (!parameters.auto && !isOpen) return { parameters };
  await check(parameters);
  const found = new FoundEstimates();
  const advice = await advise({ kind: "correct", parameters }, hooks, found);
  return { parameters: await decided(parameters, advice), advice, found };
}

/** Advice for a correction that goes on in any case: with a profile of ones where no correction is better. */
export async function adviseOrEven(parameters: CorrectParameters, hooks: RunHooks): Promise<Advice> {
  const advice = await advise({ kind: "correct", parameters }, hooks);
  if (advice.candidates[advice.chosen]!.source === "none") {
    const text =
      "No correction is better than the source: the image is written unchanged, with a flat-field of 1 everywhere";
    hooks.report({ kind: "warning", text });
  }
  return advice;
}

/** The parameters of such a correction. */
export async function decidedOrEven(parameters: CorrectParameters, advice: Advice): Promise<CorrectParameters> {
  if (advice.candidates[advice.chosen]!.source !== "none") return await decided(parameters, advice);
  return { ...parameters, start: "even", refine: "off" };
}

/** The same for an estimation. @throws IsoluxError `no-gain` where no correction is better */
export async function takeEstimateAdvice(
  { parameters, isOpen }: AskedFor<EstimateParameters>,
  hooks: RunHooks,
): Promise<Advised<EstimateParameters>> {
  if (!parameters.auto && !isOpen) return { parameters };
  const found = new FoundEstimates();
  const advice = await advise({ kind: "estimate", parameters }, hooks, found);
  return { parameters: await decided(parameters, advice), advice, found };
}

/** Finds advice for a run and reports it. @throws IsoluxError as opening, planning and reading do */
export async function advise(task: AdviceRequest["task"], hooks: RunHooks, found?: FoundEstimates): Promise<Advice> {
  const { parameters } = task;
  const { modelsFolder } = parameters as Partial<CorrectParameters>;
  const [{ adviseImage }, { adviceLines }] = await Promise.all([
    import("./advise-image.ts"),
    import("./tell-advice.ts"),
  ]);
  await loadKernels();
  const advice = await adviseImage(
    {
      source: await (task.kind === "estimate" ? locatePool : locateImage)(parameters),
      task,
      usual: usualMemory(),
      verdicts: reportingPlatform().verdicts,
      found,
      threads: fitThreads(withWorkers({ workers: parameters.basic.maxWorkers ?? parameters.workers }).workers),
      ...(modelsFolder !== undefined && { models: locateModels(modelsFolder) }),
      ...(await readSettings(parameters)),
    },
    hooks,
  );
  for (const text of adviceLines(advice)) hooks.report({ kind: "note", text });
  for (const { channels, text } of advice.flags) {
    if (channels.length === 0) hooks.report({ kind: "warning", text });
    else hooks.report({ kind: "warning", text: `${channels.join("; ")}: ${text}` });
  }
  if (advice.unchangedChannels.length > 0) {
    const text = `No correction is better for ${advice.unchangedChannels.join(", ")}: left as it is.`;
    hooks.report({ kind: "warning", text });
  }
  if (advice.command !== undefined) hooks.report({ kind: "note", text: `The same by name: ${advice.command}` });
  return advice;
}

async function decided<Asked extends CorrectParameters | EstimateParameters>(
  parameters: Asked,
  advice: Advice,
): Promise<Asked> {
  const [{ withAdvice }, { noBetter }] = await Promise.all([import("./advise-image.ts"), import("./tell-advice.ts")]);
  if (advice.candidates[advice.chosen]!.source === "none") throw noBetter(advice, parameters.image);
  return withAdvice(parameters, advice.parameters);
}

/** Refuses an existing output before the candidates are tried. */
async function checkOutput(parameters: CorrectParameters): Promise<void> {
  const profileSource = chooseProfileSource(withoutRegions(parameters));
  const places = await locateCorrection(parameters, profileSource);
  const request = { places, parameters, profileSource };
  const platform = reportingPlatform();
  const workspace = new Workspace(places.output, platform);
  await checkPlace(request, workspace);
  if (!(await workspace.documents.exist())) await reportsOf(platform).check(request);
}

// A correction by several processes: its request with places, completed by advice.

const origin = { spelling: "key" } as const;

/** @throws IsoluxError for an output that cannot be shared, impossible places, and as finding advice does */
export async function sharedRequest(
  { parameters: { convert, ...asked }, isOpen }: AskedFor<Omit<PrepareParameters, "units">>,
  hooks: RunHooks,
): Promise<CorrectRequest> {
  // Checked before candidates are tried, which may take minutes.
  if (asked.output !== undefined) checkSharable(await locateOutput(asked.output));
  if (convert) return locateRequest(conversionOf(asked), { kind: "none" });
  const { parameters, advice } = await takeAdvice({ parameters: asked, isOpen }, hooks);
  const request = await locateRequest(parameters, chooseProfileSource(parameters, origin.spelling));
  return { ...request, advice };
}

/**
 * The parameters of a conversion. @throws IsoluxError `usage` where it does not name an output, or asks for a report
 */
function conversionOf(asked: CorrectParameters): CorrectParameters {
  if (asked.output === undefined) {
    throw new IsoluxError({
      kind: "usage",
      what: "A conversion needs an output",
      advice: "Give --output with the path of the new image",
    });
  }
  if (asked.report !== undefined) {
    throw new IsoluxError({
      kind: "usage",
      what: "A conversion changes no pixels, so it has no report",
      advice: "Leave out --report",
    });
  }
  const picked = Object.keys(convertSchema.shape).map((key) => [key, asked[key as keyof CorrectParameters]]);
  return correctSchema.parse(Object.fromEntries(picked));
}
