import type { Command } from "commander";
import { IsoluxError } from "../errors.ts";
import { fieldsOf } from "../parameters/field.ts";
import { chooseProfileSource, leavesProfileOpen, warnOfUnused } from "../parameters/profile-source.ts";
import { correctSchema, estimateSchema } from "../parameters/schema.ts";
import { spell } from "../parameters/spelling.ts";
import { type RawParameters, validate } from "../parameters/validate.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { addFields, optionsOf, rawParameters } from "./field-options.ts";
import { addTellingOptions, perform } from "./perform.ts";
import { estimateText } from "./summary-text.ts";

const examples = `
The profiles are those that isolux correct would use with the same options. A
look at them and at the warnings costs minutes where the correction of a whole
image costs hours.

Examples:
  isolux estimate sample.zarr/raw_image --output profiles --auto
  isolux estimate sample.zarr/raw_image --output profiles --fov-list 1,3
  isolux correct sample.zarr/raw_image --models-folder profiles`;

/** Options of `isolux correct` that an estimation has no use for: refused with a reason, not as unknown. */
const onlyForCorrect = fieldsOf(correctSchema).filter(({ path }) => !(path[0]! in estimateSchema.shape));

/** Sets up `isolux estimate`. */
export function configure(command: Command, door: Door): void {
  for (const option of onlyForCorrect.flatMap(optionsOf)) command.addOption(option.hideHelp());
  addTellingOptions(addFields(command, estimateSchema))
    .usage("IMAGE --output FOLDER [options]")
    .addHelpText("after", examples)
    .action(async () => {
      refuseOptionsOfCorrect(command);
      const raw = rawParameters(command, estimateSchema);
      const parameters = validate(estimateSchema, raw, { spelling: "option" });
      const isOpen = parameters.auto || leavesProfileOpen(raw);
      const unused = isOpen ? undefined : warnOfUnused(raw, chooseProfileSource(parameters), "option");
      await perform(command, door, {
        run: async (hooks) => {
          const input: RawParameters = { ...raw, workers: parameters.workers ?? availableCores() };
          return (await loadEngine()).estimateProfiles(input, hooks);
        },
        show: estimateText,
        whenInterrupted: "Profiles that were not complete have not been written",
        warnings: unused === undefined ? [] : [unused],
      });
    });
}

function refuseOptionsOfCorrect(command: Command): void {
  const given = onlyForCorrect.find(({ path }) => command.opts()[path[0]!] !== undefined);
  if (given === undefined) return;
  throw new IsoluxError({
    kind: "usage",
    what: `An estimate does not take ${spell(given, "option")}`,
    advice: "It writes profiles and no image: drop the option, or give it to isolux correct",
  });
}
