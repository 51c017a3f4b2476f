import { type Field, fieldsOf, type GroupName, groupTitles } from "./field.ts";
import { checkSchema, correctSchema, estimateSchema, fitSchema } from "./schema.ts";
import { serveSchema } from "./serve-schema.ts";
import { snakeCase, spell } from "./spelling.ts";

const commands = { estimate: estimateSchema, check: checkSchema, fit: fitSchema, serve: serveSchema };

/** The reference page of all parameters, in Markdown. */
export function parametersPage(): string {
  const fields = fieldsOf(correctSchema);
  const groups = Object.keys(groupTitles) as GroupName[];
  return [
    "# Parameters",
    "",
    "<!-- Written by scripts/generate-docs.mjs from src/parameters/schema.ts: change it there. -->",
    "",
    "| | |",
    "| --- | --- |",
    "| command line | `--n-zplanes 200`, `--fov-list 1,3` |",
    "| parameter file (`isolux init`) | `n_zplanes: 200`, `fov_list: [1, 3]`; switches are `true` or `false`; BaSiC's below `basic:` |",
    "| library | `nZplanes: 200`, `fovList: [1, 3]` |",
    "",
    "Empty values count as not given. `isolux COMMAND --help` lists what a command takes.",
    "",
    ...groups.flatMap((group) => groupSection(group, fields)),
    "## Other commands",
    "",
    "What differs in `isolux estimate`, `isolux check`, `isolux fit` and `isolux serve`:",
    "",
    "| Command | Option | Meaning | Default |",
    "| --- | --- | --- | --- |",
    ...otherRows(fields),
    "",
    "## Files with names of the reference task",
    "",
    "`isolux run` also takes a JSON file with the parameters of mesospim-fractal-tasks' `correct_flatfield`; `models_folder`",
    "wins over `FOV_list` and `z_levels`, with a warning. Names that differ:",
    "",
    ...referenceRows(fields),
    "",
  ].join("\n");
}

function groupSection(group: GroupName, all: readonly Field[]): string[] {
  const fields = all.filter(({ info }) => info.group === group);
  if (fields.length === 0) return [];
  const heads = ["| Option | Meaning | Values | Default |", "| --- | --- | --- | --- |"];
  return [`## ${groupTitles[group]}`, "", ...heads, ...fields.map(fieldRow), ""];
}

function fieldRow(field: Field): string {
  const { meaning, unit } = field.info;
  const values = [valuesOf(field), unit].filter((text) => text !== "" && text !== undefined).join(", in ");
  return row(optionText(field), meaning, values, defaultText(field));
}

/** Which values a parameter takes, where its name does not say so. */
function valuesOf({ info: { allowed, form } }: Field): string {
  if (form === "flag" || form === "switch" || /^(the|a) (path|name|pattern)/.test(allowed)) return "";
  return allowed
    .replace(/^a list of .*$/, "list")
    .replace(/^a (whole )?number (of at least|from|above) /, (_, _whole, how) => (how === "above" ? "above " : "from "))
    .replaceAll("whole numbers", "numbers");
}

/** A row of a table; `<folder>` outside of code is kept from being taken for HTML, `|` from ending a cell. */
function row(option: string, ...texts: readonly string[]): string {
  const cells = [
    `\`${option}\``,
    ...texts.map((text) => text.replaceAll(/`[^`]*`|</g, (found) => (found === "<" ? "\\<" : found))),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function defaultText({ info, defaultValue }: Field): string {
  return info.defaultText ?? (defaultValue === undefined ? "must be given" : `\`${defaultValue}\``);
}

function optionText(field: Field): string {
  const name = spell(field, "option");
  const { form, valueName } = field.info;
  if (form === "operand" || form === "flag") return name;
  if (form === "switch") return name.replace("--", "--[no-]");
  return form === "text-or-flag" ? `${name} [${valueName}]` : `${name} <${valueName}>`;
}

/** Fields of other commands that `correct` lacks, or that mean something else there. */
function otherRows(known: readonly Field[]): string[] {
  const meanings = new Set(known.map(({ info }) => info.meaning));
  return Object.entries(commands).flatMap(([command, schema]) =>
    fieldsOf(schema)
      .filter(({ info }) => !meanings.has(info.meaning))
      .map((field) => row(command, `\`${optionText(field)}\``, field.info.meaning, defaultText(field))),
  );
}

function referenceRows(fields: readonly Field[]): string[] {
  const rows = fields.flatMap(({ info, path }) =>
    info.referenceName === undefined ? [] : [`| \`${info.referenceName}\` | \`${snakeCase(path[0]!)}\` |`],
  );
  return ["| reference | here |", "| --- | --- |", ...rows, "| `basicpy_model_params` | `basic` |"];
}
