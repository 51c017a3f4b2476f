import type { Command } from "commander";
import { convertSchema } from "../parameters/schema.ts";
import { validate } from "../parameters/validate.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { addTellingOptions, perform } from "./perform.ts";
import { convertText } from "./summary-text.ts";

const examples = `
Reads whatever isolux correct reads and writes it with its pixels as they are:
the tiles of a microscope as a mosaic, or mosaics and tiles in another version
of OME-Zarr.

Examples:
  isolux convert brain_Mag2x_Ch488.ome.zarr brain.zarr
  isolux convert brain_Mag2x_Ch488_bdv.h5 brain.zarr --ome-version 0.5
  isolux convert old.zarr new.zarr --ome-version 0.5 --shards 1,64,1024,1024
  isolux convert old.ome.zarr new.ome.zarr --layout tiles --ome-version 0.5

A run that was stopped goes on where it stopped when the same command is given
again.`;

/** Sets up `isolux convert`. */
export function configure(command: Command, door: Door): void {
  addTellingOptions(addFields(command, convertSchema))
    .usage("IMAGE OUTPUT [options]")
    .addHelpText("after", examples)
    .action(async () => {
      const parameters = validate(convertSchema, rawParameters(command, convertSchema), { spelling: "option" });
      await perform(command, door, {
        run: async (hooks) =>
          (await loadEngine()).convertImage({ ...parameters, workers: parameters.workers ?? availableCores() }, hooks),
        show: convertText,
        whenInterrupted: "The same command goes on where this one stopped",
      });
    });
}
