import { dirname, join } from "node:path";
import { IsoluxError } from "../errors.ts";
import { estimateProfiles } from "../node.ts";
import { chooseProfileSource, warnOfUnused } from "../parameters/profile-source.ts";
import type { EstimateParameters } from "../parameters/schema.ts";
import type { RawParameters } from "../parameters/validate.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import { savedModelsName } from "../pipeline/output-places-node.ts";
import { rawArguments, readArguments, takeText } from "./read-arguments.ts";
import type { TaskProgram } from "./run-task.ts";
import { estimateTaskSchema, leavesOpen, withGivenOffset } from "./task-arguments.ts";

/** Parameters without those that name a way to the profile: forms fill these in. */
function unnamed({ basic, refine: _, ...others }: Omit<EstimateParameters, "start">): RawParameters {
  const maxWorkers = basic?.maxWorkers;
  return { ...others, ...(maxWorkers !== undefined && { basic: { maxWorkers } }) };
}

/** Estimates the profiles of an image and writes only them; the list of images stays as it is. */
export const estimateFlatfield: TaskProgram = async ({ zarr_url, ...given }, hooks) => {
  const image = takeText({ zarr_url }, "zarr_url");
  const { output, ...parameters } = withGivenOffset(readArguments(estimateTaskSchema, given));
  const isOpen = leavesOpen(parameters);
  const source = chooseProfileSource(parameters, "reference");
  const unused = warnOfUnused(rawArguments(estimateTaskSchema, given), source, "reference");
  if (unused !== undefined && !isOpen) hooks.report({ kind: "note", text: unused });
  const folder = output ?? join(dirname(image), savedModelsName(source));
  const workers = parameters.workers ?? availableCores();
  const order = { ...parameters, auto: false, workers, image, output: folder };
  const summary = await estimateProfiles(isOpen ? unnamed(order) : order, hooks).catch((error: unknown) => {
    if (!(error instanceof IsoluxError && error.kind === "no-gain")) throw error;
    hooks.report({ kind: "warning", text: "No correction is better than the source: the profile is one of ones" });
    return estimateProfiles({ ...order, start: "even", refine: "off" }, hooks);
  });
  const channels = summary.channels.map(({ label, flatfield: { min, max } }) => {
    return `${label} ${min.toPrecision(3)} - ${max.toPrecision(3)}`;
  });
  const isNew = summary.kept < summary.channels.length;
  const told = `flat-fields of ${image} ${isNew ? "written to" : "are there already, in"} ${summary.output}`;
  const verdict = summary.verdict === undefined ? "" : `. ${summary.verdict.text}`;
  return { output: { image_list_updates: [] }, told: `${told} (${channels.join(", ")})${verdict}` };
};
