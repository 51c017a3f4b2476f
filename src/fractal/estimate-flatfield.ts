import { dirname, join } from "node:path";
import { estimateProfiles } from "../node.ts";
import { chooseProfileSource, warnOfUnused } from "../parameters/profile-source.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import { savedModelsName } from "../pipeline/output-places-node.ts";
import { rawArguments, readArguments, takeText } from "./read-arguments.ts";
import type { TaskProgram } from "./run-task.ts";
import { estimateTaskSchema } from "./task-arguments.ts";

/** Estimates the profiles of an image and writes only them; the list of images stays as it is. */
export const estimateFlatfield: TaskProgram = async ({ zarr_url, ...given }, hooks) => {
  const image = takeText({ zarr_url }, "zarr_url");
  const { output, ...parameters } = readArguments(estimateTaskSchema, given);
  const source = chooseProfileSource(parameters, "reference");
  const unused = warnOfUnused(rawArguments(estimateTaskSchema, given), source, "reference");
  if (unused !== undefined) hooks.report({ kind: "note", text: unused });
  const folder = output ?? join(dirname(image), savedModelsName(source));
  const workers = parameters.workers ?? availableCores();
  const summary = await estimateProfiles({ ...parameters, auto: false, workers, image, output: folder }, hooks);
  const channels = summary.channels.map(({ label, flatfield: { min, max } }) => {
    return `${label} ${min.toPrecision(3)} - ${max.toPrecision(3)}`;
  });
  const isNew = summary.kept < summary.channels.length;
  const told = `flat-fields of ${image} ${isNew ? "written to" : "are there already, in"} ${summary.output}`;
  const verdict = summary.verdict === undefined ? "" : `. ${summary.verdict.text}`;
  return { output: { image_list_updates: [] }, told: `${told} (${channels.join(", ")})${verdict}` };
};
