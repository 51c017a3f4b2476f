import type { Command } from "commander";
import { finishSchema } from "../parameters/shared-schemas.ts";
import type { CorrectSummary } from "../parameters/summaries.ts";
import { validate } from "../parameters/validate.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { addTellingOptions, perform } from "./perform.ts";
import { convertText, correctText } from "./summary-text.ts";

const examples = `
Makes what no unit has made, writes tables, attributes and what was done, puts
the output in its place and, where that was asked for, erases the source. Waits
for units that are still being made. An output that is complete stays as it is.

Example:
  isolux finish sample.zarr/raw_image_flatfield_corr`;

/** What finishing an output says: what was done, or that nothing was left. */
type FinishResult = CorrectSummary | { readonly output: string; readonly alreadyComplete: true };

function finishText(result: FinishResult): string {
  if ("alreadyComplete" in result) return `The output is complete: ${result.output}\n`;
  return result.channels.every(({ source }) => source === "none") ? convertText(result) : correctText(result);
}

/** Sets up `isolux finish`. */
export function configure(command: Command, door: Door): void {
  addTellingOptions(addFields(command, finishSchema))
    .usage("OUTPUT [options]")
    .addHelpText("after", examples)
    .action(async () => {
      const parameters = validate(finishSchema, rawParameters(command, finishSchema), { spelling: "option" });
      await perform(command, door, {
        run: async (hooks): Promise<FinishResult> => {
          const summary = await (await loadEngine()).finishCorrection(parameters, hooks);
          return summary ?? { output: parameters.output, alreadyComplete: true };
        },
        show: finishText,
        whenInterrupted: "The same command goes on where this one stopped",
      });
    });
}
