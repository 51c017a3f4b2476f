/** `isolux status`: reports how much is done of an output that several processes make. */

import { existsSync } from "node:fs";
import { unreachable } from "../../errors.ts";
import { statusSchema } from "../../parameters/shared-schemas.ts";
import type { StatusSummary } from "../../parameters/summaries.ts";
import { defineCommand } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { loadEngine } from "../perform.ts";
import { statusText } from "../text/shared.ts";
import { defaultScript } from "./slurm-script.ts";

const examples = `
Shows how far an output is that isolux prepare has begun: blocks, rate, time
left, processes that died, and the command that goes on.

Exit codes: 0 complete, 5 being worked on, 6 waiting for the command shown,
1 nothing there.`;

/** Sets up `isolux status`. */
export const configure = defineCommand({
  schema: statusSchema,
  usage: "OUTPUT",
  examples,
  work: ({ parameters, door }) => ({
    run: async (): Promise<StatusSummary> => {
      const status = await (await loadEngine()).correctionStatus(parameters);
      door.endWith?.(exitCodeFor(status));
      return status;
    },
    show: (status) => statusText(status, existsSync(defaultScript(status.output))),
    whenInterrupted: "Nothing was changed",
  }),
});

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
