import type * as z from "zod";
import { shellWord } from "../plain-text.ts";
import { fieldsOf } from "./field.ts";
import { spell } from "./spelling.ts";
import { valueAt } from "./validate.ts";

/**
 * The command that a set of parameters stands for: operands, then the options that differ from their defaults.
 * @param command such as `correct`
 * @param usual defaults that depend on the machine
 */
export function commandLine(command: string, schema: z.ZodObject, parameters: object, usual: object = {}): string {
  const fields = fieldsOf(schema);
  const operands = fields.filter(({ info }) => info.form === "operand");
  const missing = schema.safeParse({}).error?.issues.map(({ path }) => String(path[0])) ?? [];
  const placeholders = Object.fromEntries(missing.map((key) => [key, "x"]));
  const required = schema.safeParse(placeholders);
  const defaults: unknown = { ...(required.success ? required.data : {}), ...usual };
  const named = fields.filter((field) => !operands.includes(field));
  const words = [...operands, ...named].flatMap((field): string[] => {
    const value = valueAt(parameters, field.path);
    if (value === undefined) return [];
    if (field.info.form === "operand") return [shellWord(String(value))];
    if (JSON.stringify(value) === JSON.stringify(valueAt(defaults, field.path))) return [];
    const option = spell(field, "option");
    if (value === true) return [option];
    if (value === false) return [option.replace("--", "--no-")];
    const text = shellWord(Array.isArray(value) ? value.join(",") : String(value));
    return field.info.form === "text-or-flag" ? [`${option}=${text}`] : [option, text];
  });
  return ["isolux", command, ...words].join(" ");
}
