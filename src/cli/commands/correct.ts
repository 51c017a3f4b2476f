/** `isolux correct`: corrects an image. */
import { IsoluxError } from "../../errors.ts";
import { orderOf, type RunOrder } from "../../parameters/profile-source.ts";
import { type CorrectParameters, correctSchema } from "../../parameters/schema.ts";
import type { CorrectSummary } from "../../parameters/summaries.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { defineCommand, type Planning } from "../define-command.ts";
import { loadEngine, type Work } from "../perform.ts";
import { correctText } from "../text/summary.ts";

const examples = `
The profile comes from a folder (--models-folder) or from tiles or planes
without sample (--fov-list, --z-levels). A measured profile is best, empty
regions are next. With none of these Isolux chooses: it compares profiles from
overlaps and from BaSiC on held-out overlaps. If no correction is better, it
writes nothing and exits with code 3. --auto looks for empty regions too. Any
option of BaSiC selects that fit.

Examples:
  isolux correct sample.zarr/raw_image
  isolux correct sample.zarr/raw_image --auto
  isolux correct sample.zarr/raw_image --models-folder measured
  isolux correct sample.zarr/raw_image --fov-list 1,3 --camera-offset 100
  isolux correct sample.zarr/raw_image --z-levels 50,600 --save-models
  isolux correct sample.zarr/raw_image --working-size 256 --memory 16GB
  isolux correct brain.ome.zarr --layout tiles --models-folder measured

Repeat the command to resume a run that was stopped.`;

/** Sets up `isolux correct`. */
export const configure = defineCommand({
  schema: correctSchema,
  usage: "IMAGE [options]",
  examples,
  given: (raw) => {
    if (raw.image === undefined && typeof raw.saveModels === "string") throw swallowedImage(raw.saveModels);
    return withWorkers(raw);
  },
  work: ({ parameters, raw }) => correction(orderOf(parameters, raw, "option")),
  plan: ({ parameters, raw }) => correctionPlan(orderOf(parameters, raw, "option")),
});

/** The work of a correction. @param warnings that were raised before */
export function correction(order: RunOrder<CorrectParameters>, warnings: readonly string[] = []): Work<CorrectSummary> {
  return {
    run: async (hooks) => (await loadEngine()).correctImage(order, hooks),
    show: correctText,
    whenInterrupted: "Repeat the same command to resume",
    warnings: [...warnings, ...order.warnings],
  };
}

/** Planning a correction. @param warnings that were raised before */
export function correctionPlan(order: RunOrder<CorrectParameters>, warnings: readonly string[] = []): Planning {
  return {
    run: async (hooks) => (await loadEngine()).planCorrection(order, hooks),
    warnings: [...warnings, ...order.warnings],
  };
}

function swallowedImage(folder: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "IMAGE is missing",
    advice: `--save-models took ${folder} for its folder: put IMAGE before it, or write --save-models=FOLDER`,
  });
}
