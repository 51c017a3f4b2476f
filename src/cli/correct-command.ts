import type { Command } from "commander";
import { IsoluxError } from "../errors.ts";
import { chooseProfileSource, leavesProfileOpen, warnOfUnused } from "../parameters/profile-source.ts";
import { type CorrectParameters, correctSchema } from "../parameters/schema.ts";
import type { CorrectSummary } from "../parameters/summaries.ts";
import { type Origin, type RawParameters, validate } from "../parameters/validate.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { addTellingOptions, perform, type Work } from "./perform.ts";
import { correctText } from "./summary-text.ts";

const examples = `
The profile comes from a folder (--models-folder) or from tiles or planes
without sample (--fov-list, --z-levels). A measured profile is best, empty
regions are next. With none of these Isolux chooses: it compares what overlaps
of tiles and BaSiC tell, by overlaps that had no part in it, and ends with exit
code 3, nothing written, where no correction is better. --auto looks for empty
regions too. Any option of BaSiC names that fit: it is done as named.

Examples:
  isolux correct sample.zarr/raw_image
  isolux correct sample.zarr/raw_image --auto
  isolux correct sample.zarr/raw_image --models-folder measured
  isolux correct sample.zarr/raw_image --fov-list 1,3 --camera-offset 100
  isolux correct sample.zarr/raw_image --z-levels 50,600 --save-models
  isolux correct sample.zarr/raw_image --working-size 256 --memory 16GB
  isolux correct brain.ome.zarr --layout tiles --models-folder measured

A run that was stopped goes on where it stopped when the same command is given
again.`;

/** Sets up `isolux correct`. */
export function configure(command: Command, door: Door): void {
  addTellingOptions(addFields(command, correctSchema))
    .usage("IMAGE [options]")
    .addHelpText("after", examples)
    .action(async () => {
      const raw = rawParameters(command, correctSchema);
      if (raw.image === undefined && typeof raw.saveModels === "string") throw swallowedImage(raw.saveModels);
      await perform(command, door, correction(raw, { spelling: "option" }));
    });
}

/**
 * The work of a correction with these parameters.
 * @throws IsoluxError `usage` where a parameter is wrong or two contradict each other
 */
export function correction(raw: RawParameters, origin: Origin, warnings: readonly string[] = []): Work<CorrectSummary> {
  const parameters = validate(correctSchema, raw, origin);
  const unused = unusedIn(raw, parameters, origin);
  return {
    run: async (hooks) => {
      const input: RawParameters = { ...raw, workers: parameters.workers ?? availableCores() };
      return (await loadEngine()).correctImage(input, hooks);
    },
    show: correctText,
    whenInterrupted: "The same command goes on where this one stopped",
    warnings: unused === undefined ? warnings : [...warnings, unused],
  };
}

/** Where Isolux chooses, every parameter is a starting point of the candidates. */
function unusedIn(raw: RawParameters, parameters: CorrectParameters, { spelling }: Origin): string | undefined {
  if (parameters.auto || leavesProfileOpen(raw)) return undefined;
  return warnOfUnused(raw, chooseProfileSource(parameters, spelling), spelling);
}

function swallowedImage(folder: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "IMAGE is missing",
    advice: `--save-models took ${folder} for its folder: put IMAGE before it, or write --save-models=FOLDER`,
  });
}
