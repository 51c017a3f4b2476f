/** Makes command-line options from a schema of parameters, and reads their values. */

import { type Command, Option } from "commander";
import type * as z from "zod";
import {
  defaultWords,
  type Field,
  type FieldForm,
  fieldsOf,
  groupTitles,
  meaningWithUnit,
} from "../parameters/field.ts";
import { spell } from "../parameters/spelling.ts";
import type { RawParameters } from "../parameters/validate.ts";

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
