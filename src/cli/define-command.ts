/**
 * Defines commands: their parameters, help and work, all in the same way.
 *
 * `export const configure = defineCommand({ schema, usage, examples, work: (call) => ... })`
 */
import { type Command, Option } from "commander";
import type * as z from "zod";
import { withUsualMemory } from "../parameters/environment-node.ts";
import {
  defaultWords,
  type Field,
  type FieldForm,
  fieldsOf,
  groupTitles,
  meaningWithUnit,
} from "../parameters/field.ts";
import type { CorrectPlanSummary, EstimatePlanSummary } from "../parameters/plan-summaries.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { spell } from "../parameters/spelling.ts";
import { type RawParameters, validate } from "../parameters/validate.ts";
import type { CliContext } from "./context.ts";
import { perform, type Work } from "./perform.ts";
import { planText } from "./text/plan.ts";

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
  readonly context: CliContext;
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
type Configure = (command: Command, context: CliContext) => void;

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
  return (command, context) => {
    extras?.(command);
    if (fields !== undefined) addFields(command, fields);
    if (plan !== undefined) addDryRun(command);
    messages(command);
    command
      .usage(usage)
      .addHelpText("after", examples)
      .action(async () => {
        const call = { ...read(command), operands: command.args, options: command.opts(), context, command };
        await act?.(call);
        if (plan !== undefined && isDryRun(call.options))
          await perform(command, context, planningWork(await plan(call)));
        else if (work !== undefined) await perform(command, context, await work(call));
      });
  };
}

/** Adds the options on how a command reports. */
function addTellingOptions(command: Command): Command {
  return command
    .optionsGroup("Messages:")
    .option("--json", "Print the result, or the error, as one JSON document; all else goes to stderr.")
    .addOption(
      new Option("--progress <form>", "How progress is shown: text, or json for one JSON object a line on stderr.")
        .choices(["text", "json"])
        .default("text"),
    )
    .option("--quiet", "Say nothing but warnings and errors.")
    .option("--verbose", "Say what Isolux runs on and, with an error, where in the program it arose.")
    .helpOption("-h, --help", "Show this help.");
}

// `--dry-run`: the option, and the work that only plans.

type Plan = CorrectPlanSummary | EstimatePlanSummary;

/** Finds out what a run would do. */
export interface Planning {
  readonly run: (hooks: RunHooks) => Promise<Plan>;
  /** Warnings that were raised before. */
  readonly warnings?: readonly string[];
}

/** Adds the option. */
function addDryRun(command: Command): Command {
  const meaning = "Check and plan everything, show what would be done, and write nothing.";
  return command.addOption(new Option("--dry-run", meaning).helpGroup("Output:"));
}

/** Whether only a plan is wanted. */
function isDryRun({ dryRun }: Readonly<Record<string, unknown>>): boolean {
  return dryRun === true;
}

/** The work of planning a run. */
function planningWork(planning: Planning): Work<Plan> {
  return { ...planning, show: planText, whenInterrupted: "Nothing has been written", format: "plan" };
}

// Makes command-line options from a schema of parameters, and reads their values.

/** Adds the arguments and options of a schema to a command. */
export function addFields(command: Command, schema: z.ZodObject): Command {
  for (const field of fieldsOf(schema)) {
    if (field.info.form === "operand") command.argument(`[${field.path[0]}]`, meaningWithUnit(field.info));
    else for (const option of optionsOf(field)) command.addOption(option);
  }
  return command;
}

/** The option of a parameter; a switch has two. */
export function optionsOf(field: Field): Option[] {
  const name = spell(field, "option");
  const { form, group, valueName } = field.info;
  const value =
    form === "text-or-flag" ? ` [${valueName}]` : form === "flag" || form === "switch" ? "" : ` <${valueName}>`;
  const option = new Option(name + value, descriptionOf(field)).helpGroup(`${groupTitles[group]}:`);
  if (form !== "switch") return [option];
  const opposite = new Option(name.replace("--", "--no-"), `The opposite of ${name}.`);
  return [option, opposite.helpGroup(`${groupTitles[group]}:`)];
}

function descriptionOf(field: Field): string {
  const words = defaultWords(field);
  const fallback = words === undefined || field.defaultValue === false ? "" : ` Default: ${words}.`;
  return meaningWithUnit(field.info) + fallback;
}

/** The parameters that a command line gives, keyed like the schema, not yet checked. */
export function rawParameters(command: Command, schema: z.ZodObject): RawParameters {
  const options = command.opts();
  const raw: Record<string, unknown> = {};
  const operands = [...command.args];
  for (const { path, info } of fieldsOf(schema)) {
    const [key = "", nestedKey] = path;
    const text: unknown = info.form === "operand" ? operands.shift() : options[nestedKey ?? key];
    if (text === undefined) continue;
    const value = typeof text === "string" ? readText(info.form, text) : text;
    if (nestedKey === undefined) raw[key] = value;
    else raw[key] = { ...(raw[key] as object | undefined), [nestedKey]: value };
  }
  return raw;
}

function readText(form: FieldForm, text: string): unknown {
  switch (form) {
    case "number":
      return readNumber(text);
    case "numbers":
      return listOf(text).map(readNumber);
    case "texts":
      return listOf(text);
    default:
      return text;
  }
}

function listOf(text: string): string[] {
  const items = text.trim().replace(/^\[(.*)\]$/, "$1");
  return items.trim() === "" ? [] : items.split(",").map((item) => item.trim());
}

/** A number, or the text itself where it is none, which the schema then refuses with the user's words. */
function readNumber(text: string): number | string {
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim());
  return isNumber && Number.isFinite(Number(text)) ? Number(text) : text;
}
