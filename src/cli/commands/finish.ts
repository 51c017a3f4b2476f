/** `isolux finish`: finishes an output that several processes made. */

import { finishSchema } from "../../parameters/shared-schemas.ts";
import type { CorrectSummary } from "../../parameters/summaries.ts";
import { defineCommand } from "../define-command.ts";
import { loadEngine } from "../perform.ts";
import { convertText, correctText } from "../text/summary.ts";

const examples = `
Makes what no unit has made, writes tables, attributes and what was done, puts
the output in its place and, where that was asked for, erases the source. Waits
for units that are still being made. An output that is complete stays as it is.

Example:
  isolux finish sample.zarr/raw_image_flatfield_corr`;

/** The result of finishing an output: what was done, or that nothing was left. */
export type FinishResult = CorrectSummary | { readonly output: string; readonly alreadyComplete: true };

function finishText(result: FinishResult): string {
  if ("alreadyComplete" in result) return `The output is complete: ${result.output}\n`;
  return result.channels.every(({ source }) => source === "none") ? convertText(result) : correctText(result);
}

/** Sets up `isolux finish`. */
export const configure = defineCommand({
  schema: finishSchema,
  usage: "OUTPUT [options]",
  examples,
  work: ({ parameters }) => ({
    run: async (hooks): Promise<FinishResult> => {
      const summary = await (await loadEngine()).finishCorrection(parameters, hooks);
      return summary ?? { output: parameters.output, alreadyComplete: true };
    },
    show: finishText,
    whenInterrupted: "Repeat the same command to resume",
  }),
});
