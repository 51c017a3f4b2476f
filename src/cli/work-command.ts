import type { Command } from "commander";
import { workSchema } from "../parameters/shared-schemas.ts";
import { type RawParameters, validate } from "../parameters/validate.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { addTellingOptions, perform } from "./perform.ts";
import { unitText } from "./shared-text.ts";

const examples = `
Makes those blocks of its unit that no process has made. Any number of
processes may work at a time. When it is to stop (SIGTERM, Ctrl-C) it ends the
blocks that it has begun if that takes no more than 20 seconds.

Examples:
  isolux work sample.zarr/raw_image_flatfield_corr --unit 3/20
  isolux work sample.zarr/raw_image_flatfield_corr       in a SLURM array: the
                                       task's unit; elsewhere all that is left`;

/** Sets up `isolux work`. */
export function configure(command: Command, door: Door): void {
  addTellingOptions(addFields(command, workSchema))
    .usage("OUTPUT [options]")
    .addHelpText("after", examples)
    .action(async () => {
      const raw = withArrayTask(rawParameters(command, workSchema), process.env.SLURM_ARRAY_TASK_ID);
      validate(workSchema, raw, { spelling: "option" });
      await perform(command, door, {
        run: async (hooks) => (await loadEngine()).workOnCorrection(raw, hooks),
        show: unitText,
        whenInterrupted: "The same command goes on where this one stopped",
      });
    });
}

/** In an array of jobs each task makes the unit of its number. */
export function withArrayTask(raw: RawParameters, task: string | undefined): RawParameters {
  return raw.unit !== undefined || task === undefined || task === "" ? raw : { ...raw, unit: task };
}
