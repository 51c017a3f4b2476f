/**
 * Defines commands: their parameters, help and work, all in the same way.
 *
 * `export const configure = defineCommand({ schema, usage, examples, work: (call) => ... })`
 */
import type { Command } from "commander";
import type * as z from "zod";
import { withUsualMemory } from "../parameters/usual-memory-node.ts";
import { type RawParameters, validate } from "../parameters/validate.ts";
import type { CliContext } from "./context.ts";
import { addDryRun, isDryRun, type Planning, planningWork } from "./dry-run.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { addTellingOptions, perform, type Work } from "./perform.ts";

/** A call of a command. */
interface Call<Parameters> {
  /** The parameters, checked once; empty for a command without a schema. */
  readonly parameters: Parameters;
  /** The same, before the check. */
  readonly raw: RawParameters;
  /** Arguments that are not options, in their order. */
  readonly operands: readonly string[];
  /** The values of options that no schema describes. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly door: CliContext;
  /** The command, and by its parent the program with all others. */
  readonly command: Command;
}

/** The definition of a command. `Parameters` are those of its schema, checked and complete. */
interface CommandDefinition<Parameters, Summary extends object> {
  /** The text after the command's name in its help. */
  readonly usage: string;
  /** The text below the options in its help. */
  readonly examples: string;
  /** Adds arguments and options that are not in the schema; they come before those of the schema. */
  readonly extras?: (command: Command) => void;
  /** Adds the options on messages, where they differ from `--json`, `--quiet` and `--verbose`. */
  readonly messages?: (command: Command) => void;
  /** Completes the given parameters, or refuses them. */
  readonly given?: (raw: RawParameters, command: Command) => RawParameters;
  /** The work; progress, result and interruption are reported in the common way. */
  readonly work?: (call: Call<Parameters>) => Work<Summary> | Promise<Work<Summary>>;
  /** What `--dry-run` does in place of the work; commands without it have no such option. */
  readonly plan?: (call: Call<Parameters>) => Planning | Promise<Planning>;
  /** Does everything itself, for commands that report in another way. */
  readonly act?: (call: Call<Parameters>) => Promise<void>;
}

/** Adds a command's options when it is called. */
type Configure = (command: Command, door: CliContext) => void;

/** A command whose parameters a schema describes. They are checked only here. */
export function defineCommand<Schema extends z.ZodObject, Summary extends object>(
  definition: CommandDefinition<z.output<Schema>, Summary> & { readonly schema: Schema },
): Configure {
  const { schema, given = (raw) => raw } = definition;
  return configureWith(definition, schema, (command) => {
    const raw = given(rawParameters(command, schema), command);
    return { raw, parameters: validate(schema, withUsualMemory(schema, raw), { spelling: "option" }) };
  });
}

/**
 * A command whose arguments and options are not the parameters of a run.
 * @param definition its `fields` are parameters of other commands, which are checked together with the rest
 */
export function definePlainCommand<Summary extends object>(
  definition: CommandDefinition<RawParameters, Summary> & { readonly fields?: z.ZodObject },
): Configure {
  const { fields } = definition;
  return configureWith(definition, fields, (command) => {
    const raw = fields === undefined ? {} : rawParameters(command, fields);
    return { raw, parameters: raw };
  });
}

function configureWith<Parameters, Summary extends object>(
  { usage, examples, extras, messages = addTellingOptions, work, plan, act }: CommandDefinition<Parameters, Summary>,
  fields: z.ZodObject | undefined,
  read: (command: Command) => Pick<Call<Parameters>, "raw" | "parameters">,
): Configure {
  return (command, door) => {
    extras?.(command);
    if (fields !== undefined) addFields(command, fields);
    if (plan !== undefined) addDryRun(command);
    messages(command);
    command
      .usage(usage)
      .addHelpText("after", examples)
      .action(async () => {
        const call = { ...read(command), operands: command.args, options: command.opts(), door, command };
        await act?.(call);
        if (plan !== undefined && isDryRun(call.options)) await perform(command, door, planningWork(await plan(call)));
        else if (work !== undefined) await perform(command, door, await work(call));
      });
  };
}
