/** `isolux fit`: fits a profile to the planes in a file. */

import { leavesProfileOpen } from "../../parameters/profile-source.ts";
import { fitSchema } from "../../parameters/schema.ts";
import { defineCommand } from "../define-command.ts";
import { fitText } from "../text/summary.ts";

const examples = `
For planes from elsewhere: any microscope, any program. The profile is a .npz
with flatfield, darkfield and baseline; put it at FOLDER/CHANNEL/profiles.npz
to use it with isolux correct --models-folder FOLDER.

Examples:
  isolux fit planes.npy
  isolux fit planes.npz --key stack --output models/488 --working-size 128
  isolux fit planes.tif --no-get-darkfield --camera-offset 100
  isolux fit cycle1.ome.tif --output cycle1-ffp.tif   every channel of a scan`;

/** Sets up `isolux fit`. */
export const configure = defineCommand({
  schema: fitSchema,
  usage: "STACK [options]",
  examples,
  work: ({ parameters, raw }) => ({
    run: async (hooks) => (await import("../fit/fit-stack.ts")).fitStack(parameters, hooks, !leavesProfileOpen(raw)),
    show: fitText,
    whenInterrupted: "Nothing has been written",
  }),
});
