/** `isolux estimate`: estimates profiles and saves them. */
import type { Command } from "commander";
import { IsoluxError } from "../../errors.ts";
import { fieldsOf } from "../../parameters/field.ts";
import { orderOf } from "../../parameters/profile-source.ts";
import { correctSchema, estimateSchema } from "../../parameters/schema.ts";
import { spell } from "../../parameters/spelling.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { defineCommand, optionsOf } from "../define-command.ts";
import { loadEngine } from "../perform.ts";
import { estimateText } from "../text/summary.ts";

const examples = `
The profiles are those that isolux correct would use with the same options. A
look at them and at the warnings costs minutes where the correction of a whole
image costs hours.

Examples:
  isolux estimate sample.zarr/raw_image --output profiles --auto
  isolux estimate sample.zarr/raw_image --output profiles --fov-list 1,3
  isolux correct sample.zarr/raw_image --models-folder profiles`;

/** Options of `isolux correct` that an estimation does not have: refused with a reason, not as unknown. */
const onlyForCorrect = fieldsOf(correctSchema).filter(({ path }) => !(path[0]! in estimateSchema.shape));

/** Sets up `isolux estimate`. */
export const configure = defineCommand({
  schema: estimateSchema,
  usage: "IMAGE --output FOLDER [options]",
  examples,
  extras: (command) => {
    for (const option of onlyForCorrect.flatMap(optionsOf)) command.addOption(option.hideHelp());
  },
  given: (raw, command) => {
    refuseOptionsOfCorrect(command);
    return withWorkers(raw);
  },
  work: ({ parameters, raw }) => {
    const order = orderOf(parameters, raw, "option");
    return {
      run: async (hooks) => (await loadEngine()).estimateProfiles(order, hooks),
      show: estimateText,
      whenInterrupted: "Profiles that were not complete have not been written",
      warnings: order.warnings,
    };
  },
  plan: ({ parameters, raw }) => {
    const order = orderOf(parameters, raw, "option");
    return { run: async (hooks) => (await loadEngine()).planEstimation(order, hooks), warnings: order.warnings };
  },
});

function refuseOptionsOfCorrect(command: Command): void {
  const given = onlyForCorrect.find(({ path }) => command.opts()[path[0]!] !== undefined);
  if (given === undefined) return;
  throw new IsoluxError({
    kind: "usage",
    what: `An estimate does not take ${spell(given, "option")}`,
    advice: "It writes profiles and no image: drop the option, or give it to isolux correct",
  });
}
