/** `isolux prepare`: prepares a correction by several processes. */
import { orderOf } from "../../parameters/profile-source.ts";
import { prepareSchema } from "../../parameters/shared-schemas.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { defineCommand } from "../define-command.ts";
import { loadEngine } from "../perform.ts";
import { prepareText } from "../text/summary.ts";

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

/** Sets up `isolux prepare`. */
export const configure = defineCommand({
  schema: prepareSchema,
  usage: "IMAGE [options]",
  examples,
  given: withWorkers,
  work: ({ parameters, raw }) => {
    const order = orderOf(parameters, raw, "option");
    return {
      run: async (hooks) => (await loadEngine()).prepareCorrection(order, hooks),
      show: prepareText,
      whenInterrupted: "Repeat the same command to resume",
      warnings: order.warnings,
    };
  },
});
