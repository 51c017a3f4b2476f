import type { Command } from "commander";
import { inspectSchema } from "../parameters/schema.ts";
import { validate } from "../parameters/validate.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { inspectText } from "./inspect-text.ts";
import { addTellingOptions, perform } from "./perform.ts";

const examples = `
Shows the tiles where they lie, with the numbers that --fov-list takes. Medians
and spreads come from a sample of the planes: a tile with a low median and a
small spread in every channel is a candidate for --fov-list. --empty looks
closer: it compares planes of all tiles with each other and proposes empty
regions, or none.

Examples:
  isolux inspect sample.zarr/raw_image
  isolux inspect sample.zarr/raw_image --empty
  isolux inspect sample.zarr/raw_image --json`;

/** Sets up `isolux inspect`. */
export function configure(command: Command, door: Door): void {
  addTellingOptions(addFields(command, inspectSchema))
    .usage("IMAGE [options]")
    .addHelpText("after", examples)
    .action(async () => {
      const parameters = validate(inspectSchema, rawParameters(command, inspectSchema), { spelling: "option" });
      await perform(command, door, {
        run: async (hooks) =>
          (await loadEngine()).inspectImage({ ...parameters, workers: parameters.workers ?? availableCores() }, hooks),
        show: (summary) => inspectText(summary, door.stdout.isTTY === true && process.env.NO_COLOR === undefined),
        whenInterrupted: "Nothing has been written",
      });
    });
}
