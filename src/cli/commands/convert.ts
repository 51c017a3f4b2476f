/** `isolux convert`: writes an image as OME-Zarr with its pixels unchanged. */

import { convertSchema } from "../../parameters/schema.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { defineCommand } from "../define-command.ts";
import { loadEngine } from "../perform.ts";
import { convertText } from "../text/summary.ts";

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
export const configure = defineCommand({
  schema: convertSchema,
  usage: "IMAGE OUTPUT [options]",
  examples,
  given: withWorkers,
  work: ({ parameters }) => ({
    run: async (hooks) => (await loadEngine()).convertImage(parameters, hooks),
    show: convertText,
    whenInterrupted: "Repeat the same command to resume",
  }),
  plan: ({ parameters }) => ({ run: async (hooks) => (await loadEngine()).planConversion(parameters, hooks) }),
});
