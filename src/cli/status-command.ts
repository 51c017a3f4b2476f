import { existsSync } from "node:fs";
import type { Command } from "commander";
import { unreachable } from "../errors.ts";
import { statusSchema } from "../parameters/shared-schemas.ts";
import type { StatusSummary } from "../parameters/summaries.ts";
import { validate } from "../parameters/validate.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { exitCodes } from "./errors.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { addTellingOptions, perform } from "./perform.ts";
import { statusText } from "./shared-text.ts";
import { defaultScript } from "./slurm-script.ts";

const examples = `
Shows how far an output is that isolux prepare has begun: blocks, rate, time
left, processes that died, and the command that goes on.

Exit codes: 0 complete, 5 being worked on, 6 waiting for the command shown,
1 nothing there.`;

/** Sets up `isolux status`. */
export function configure(command: Command, door: Door): void {
  addTellingOptions(addFields(command, statusSchema))
    .usage("OUTPUT")
    .addHelpText("after", examples)
    .action(async () => {
      const { output } = validate(statusSchema, rawParameters(command, statusSchema), { spelling: "option" });
      await perform(command, door, {
        run: async () => {
          const status = await (await loadEngine()).correctionStatus({ output });
          door.endWith?.(exitCodeFor(status));
          return status;
        },
        show: (status) => statusText(status, existsSync(defaultScript(status.output))),
        whenInterrupted: "Nothing was changed",
      });
    });
}

function exitCodeFor({ state }: StatusSummary): number {
  switch (state) {
    case "complete":
      return exitCodes.done;
    case "working":
      return exitCodes.atWork;
    case "waiting":
    case "finishable":
      return exitCodes.waiting;
    case "absent":
      return exitCodes.failed;
    default:
      return unreachable(state);
  }
}
