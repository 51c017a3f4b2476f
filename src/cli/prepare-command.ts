import type { Command } from "commander";
import {
  chooseProfileSource,
  leavesProfileOpen,
  type ProfileSource,
  warnOfUnused,
} from "../parameters/profile-source.ts";
import { type PrepareParameters, prepareSchema } from "../parameters/shared-schemas.ts";
import { type RawParameters, validate } from "../parameters/validate.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { addTellingOptions, perform } from "./perform.ts";
import { prepareText } from "./shared-text.ts";

const examples = `
The first of three steps in which several processes correct an image, on one
machine or on many that see the same disk. isolux slurm writes a job script
with all three.

Examples:
  isolux prepare sample.zarr/raw_image --units 4       checks, profiles
  isolux work sample.zarr/raw_image_flatfield_corr --unit 0/4    pixels;
      ... --unit 1/4, 2/4, 3/4               each anywhere, at any time
  isolux finish sample.zarr/raw_image_flatfield_corr   the rest, metadata
  isolux status sample.zarr/raw_image_flatfield_corr   how far is it?`;

function sourceOf(parameters: PrepareParameters): ProfileSource {
  return parameters.convert ? { kind: "none" } : chooseProfileSource(parameters, "option");
}

/** Sets up `isolux prepare`. */
export function configure(command: Command, door: Door): void {
  addTellingOptions(addFields(command, prepareSchema))
    .usage("IMAGE [options]")
    .addHelpText("after", examples)
    .action(async () => {
      const raw = rawParameters(command, prepareSchema);
      const parameters = validate(prepareSchema, raw, { spelling: "option" });
      const isOpen = !parameters.convert && (parameters.auto || leavesProfileOpen(raw));
      const unused = isOpen ? undefined : warnOfUnused(raw, sourceOf(parameters), "option");
      await perform(command, door, {
        run: async (hooks) => {
          const { workers = availableCores() } = parameters;
          const input: RawParameters = { ...raw, workers };
          return (await loadEngine()).prepareCorrection(input, hooks);
        },
        show: prepareText,
        whenInterrupted: "The same command goes on where this one stopped",
        warnings: unused === undefined ? [] : [unused],
      });
    });
}
