/** Advice before a run: what it decides takes the place of `auto`. Loads the adviser when it is asked for advice. */
import { fitThreads } from "../estimate/basic/fit-threads-node.ts";
import type { Advice } from "../parameters/advice.ts";
import { chooseProfileSource } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectParameters, EstimateParameters } from "../parameters/schema.ts";
import { checkPlace } from "../pipeline/check-outputs.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import { FoundEstimates } from "../pipeline/found-estimates.ts";
import { locateCorrection } from "../pipeline/locate-correction-node.ts";
import { readSettings } from "../pipeline/locate-request-node.ts";
import { reportsOf } from "../pipeline/platform.ts";
import { prepareKernels } from "../pipeline/prepare-kernels.ts";
import { locateImage, locateModels, locatePool } from "../pipeline/source-places-node.ts";
import { Workspace } from "../pipeline/workspace.ts";
import { reportingPlatform } from "../report/report-file-node.ts";
import type { AdviceRequest } from "./advise-image.ts";

/** The parameters that a run goes on with, and how they were found where that was left to Isolux. */
export interface Advised<Parameters> {
  readonly parameters: Parameters;
  readonly advice?: Advice;
  /** Estimates that were made on the way. */
  readonly found?: FoundEstimates;
}

/**
 * The parameters of a correction with what advice decides: with `auto`, and where they leave the profile open.
 * @param isOpen whether nothing was given that tells how the profile is found
 * @throws IsoluxError `no-gain` where no correction is better, and as finding advice does
 */
export async function takeAdvice(
  parameters: CorrectParameters,
  isOpen: boolean,
  hooks: RunHooks,
): Promise<Advised<CorrectParameters>> {
  if (!parameters.auto && !isOpen) return { parameters };
  await checkOutput(parameters);
  const found = new FoundEstimates();
  const advice = await advise({ kind: "correct", parameters }, hooks, found);
  return { parameters: await decided(parameters, advice), advice, found };
}

/** Like {@link takeAdvice} for what is left open, but with a profile of ones where no correction is better. */
export async function chooseOrEven(
  parameters: CorrectParameters,
  hooks: RunHooks,
): Promise<Advised<CorrectParameters>> {
  const advice = await advise({ kind: "correct", parameters }, hooks);
  if (advice.candidates[advice.chosen]!.source !== "none") {
    return { parameters: await decided(parameters, advice), advice };
  }
  const text = "No correction is better than the source: the image is written with a profile of ones";
  hooks.report({ kind: "warning", text });
  return { parameters: { ...parameters, start: "even", refine: "off" }, advice };
}

/** The same for an estimation. @throws IsoluxError `no-gain` where no correction is better */
export async function takeEstimateAdvice(
  parameters: EstimateParameters,
  isOpen: boolean,
  hooks: RunHooks,
): Promise<Advised<EstimateParameters>> {
  if (!parameters.auto && !isOpen) return { parameters };
  const found = new FoundEstimates();
  const advice = await advise({ kind: "estimate", parameters }, hooks, found);
  return { parameters: await decided(parameters, advice), advice, found };
}

/** Finds advice for a run and tells it. @throws IsoluxError as opening, planning and reading do */
export async function advise(task: AdviceRequest["task"], hooks: RunHooks, found?: FoundEstimates): Promise<Advice> {
  const { parameters } = task;
  const { modelsFolder } = parameters as Partial<CorrectParameters>;
  const [{ adviseImage }, { adviceLines }] = await Promise.all([
    import("./advise-image.ts"),
    import("./tell-advice.ts"),
  ]);
  await prepareKernels(hooks);
  const advice = await adviseImage(
    {
      source: await (task.kind === "estimate" ? locatePool : locateImage)(parameters),
      task,
      ...(found && { found }),
      threads: fitThreads(parameters.basic.maxWorkers ?? parameters.workers ?? availableCores()),
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
  const { noBetter, withAdvice } = await import("./advise-image.ts");
  if (advice.candidates[advice.chosen]!.source === "none") throw noBetter(advice, parameters.image);
  return withAdvice(parameters, advice.parameters);
}

/** An output that is there already is told before the candidates are tried. */
async function checkOutput(parameters: CorrectParameters): Promise<void> {
  const { fovList: _, zLevels: __, ...others } = parameters;
  const profileSource = chooseProfileSource(others);
  const places = await locateCorrection(parameters, profileSource);
  const request = { places, parameters, profileSource };
  const platform = reportingPlatform(availableCores());
  const workspace = new Workspace(places.output, platform);
  await checkPlace(request, workspace);
  if (!(await workspace.documents.exist())) await reportsOf(platform).check(request);
}
