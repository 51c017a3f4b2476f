import { type Field, fieldsOf, type GroupName, groupTitles } from "./field.ts";
import { checkSchema, correctSchema, estimateSchema, fitSchema, inspectSchema } from "./schema.ts";
import { serveSchema } from "./serve-schema.ts";
import { snakeCase, spell } from "./spelling.ts";

const commands = {
  correct: correctSchema,
  estimate: estimateSchema,
  check: checkSchema,
  inspect: inspectSchema,
  fit: fitSchema,
  serve: serveSchema,
};

/** The reference page of all parameters, in Markdown. */
export function parametersPage(): string {
  const fields = fieldsOf(correctSchema);
  const groups = Object.keys(groupTitles) as GroupName[];
  return [
    "# Parameters",
    "",
    "<!-- Written by scripts/generate-docs.mjs from src/parameters/schema.ts: change it there. -->",
    "",
    "The same parameters are options of the command line (`--n-zplanes 200`), entries of a parameter file",
    "(`n_zplanes: 200`, see `isolux init`) and, in camelCase, fields of the library's parameter objects. Those of BaSiC",
    "stand below `basic:` in a file. Options take lists with commas (`--fov-list 1,3`), files in brackets (`[1, 3]`).",
    "A file's empty values and empty lists count as not given, and its relative paths start at its folder.",
    "",
    ...groups.flatMap((group) => groupSection(group, fields)),
    "## What differs in `isolux estimate`, `isolux check`, `isolux fit` and `isolux serve`",
    "",
    ...otherFields(fields),
    "",
    "## Files with the reference task's names",
    "",
    "`isolux run` also takes a JSON file with the parameters of mesospim-fractal-tasks' `correct_flatfield`; null counts as",
    "not given there too, and `models_folder` wins over `FOV_list` and `z_levels`, with a warning. Names that differ:",
    "",
    ...referenceRows(fields),
    "",
  ].join("\n");
}

function groupSection(group: GroupName, all: readonly Field[]): string[] {
  const fields = all.filter(({ info }) => info.group === group);
  if (fields.length === 0) return [];
  return [`## ${groupTitles[group]}`, "", ...fields.flatMap((field) => fieldEntry(field, commandsWith(field)))];
}

function fieldEntry(field: Field, where: readonly string[]): string[] {
  const { info } = field;
  const facts = [
    `- Expected: ${info.allowed}${info.unit === undefined ? "" : `, in ${info.unit}`}`,
    `- Default: ${defaultText(field)}`,
    `- In: ${where.map((name) => `\`${name}\``).join(", ")}`,
  ];
  return [`### \`${optionText(field)}\`, \`${spell(field, "file")}\``, "", plain(info.meaning), "", ...facts, ""];
}

function defaultText({ info, defaultValue }: Field): string {
  if (defaultValue !== undefined) return `\`${defaultValue}\``;
  return plain(info.defaultText ?? "none: it must be given");
}

function optionText(field: Field): string {
  const name = spell(field, "option");
  const { form, valueName } = field.info;
  if (form === "operand" || form === "flag") return name;
  if (form === "switch") return name.replace("--", "--[no-]");
  return form === "text-or-flag" ? `${name} [${valueName}]` : `${name} <${valueName}>`;
}

function commandsWith(field: Field): string[] {
  const names = Object.entries(commands).filter(([, schema]) =>
    fieldsOf(schema).some(({ path }) => path.join(".") === field.path.join(".")),
  );
  return [...names.map(([name]) => name), "run"];
}

/** Fields of other commands that `correct` lacks, or that mean something else there. */
function otherFields(known: readonly Field[]): string[] {
  const meanings = new Set(known.map(({ info }) => info.meaning));
  return (["estimate", "check", "fit", "serve"] as const).flatMap((command) =>
    fieldsOf(commands[command])
      .filter(({ info }) => !meanings.has(info.meaning))
      .map(
        (field) =>
          `- \`${command}\`: \`${optionText(field)}\`: ${plain(field.info.meaning)} Default: ${defaultText(field)}.`,
      ),
  );
}

function referenceRows(fields: readonly Field[]): string[] {
  const rows = fields.flatMap(({ info, path }) =>
    info.referenceName === undefined ? [] : [`| \`${info.referenceName}\` | \`${snakeCase(path[0]!)}\` |`],
  );
  return ["| reference | here |", "|---|---|", ...rows, "| `basicpy_model_params` | `basic` |"];
}

/** Keeps `<folder>` from being taken for HTML. */
function plain(text: string): string {
  return text.replaceAll("<", "\\<");
}
