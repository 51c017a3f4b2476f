import type { Command } from "commander";
import { leavesProfileOpen } from "../parameters/profile-source.ts";
import { fitSchema } from "../parameters/schema.ts";
import { validate } from "../parameters/validate.ts";
import type { Door } from "./door.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { addTellingOptions, perform } from "./perform.ts";
import { fitText } from "./summary-text.ts";

const examples = `
For planes from elsewhere: any microscope, any program. The profile is a .npz
with flatfield, darkfield and baseline; put it at FOLDER/CHANNEL/profiles.npz
to use it with isolux correct --models-folder FOLDER.

Examples:
  isolux fit planes.npy
  isolux fit planes.npz --key stack --output models/488 --working-size 128
  isolux fit planes.tif --no-get-darkfield --camera-offset 100`;

/** Sets up `isolux fit`. */
export function configure(command: Command, door: Door): void {
  addTellingOptions(addFields(command, fitSchema))
    .usage("STACK [options]")
    .addHelpText("after", examples)
    .action(async () => {
      const raw = rawParameters(command, fitSchema);
      const parameters = validate(fitSchema, raw, { spelling: "option" });
      const isNamed = !leavesProfileOpen(raw);
      await perform(command, door, {
        run: async (hooks) => (await import("./fit-stack.ts")).fitStack(parameters, hooks, isNamed),
        show: fitText,
        whenInterrupted: "Nothing has been written",
      });
    });
}
