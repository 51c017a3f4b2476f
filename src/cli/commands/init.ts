/** `isolux init`: writes a parameter file to be edited. */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import * as z from "zod";
import { IsoluxError } from "../../errors.ts";
import {
  defaultWords,
  type Field,
  type FieldInfo,
  fieldInfo,
  fieldsOf,
  type GroupName,
  groupTitles,
  meaningWithUnit,
} from "../../parameters/field.ts";
import { namesProfile } from "../../parameters/profile-source.ts";
import { correctSchema } from "../../parameters/schema.ts";
import { snakeCase } from "../../parameters/spelling.ts";
import { shellWord } from "../../plain-text.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { isAddress } from "../../zarr/store.ts";
import { definePlainCommand } from "../define-command.ts";

const examples = `
Editors that know YAML (VS Code with the YAML extension, say) check and complete
the file by the JSON Schema that is written beside it.

Examples:
  isolux init
  isolux init sample.zarr/raw_image --output sample.yaml`;

/** Sets up `isolux init`. */
export const configure = definePlainCommand({
  usage: "[IMAGE] [options]",
  examples,
  extras: (command) =>
    command
      .argument("[image]", "The image to fill in.")
      .option("--output <file>", "Where to write it.", "flatfield.yaml")
      .option("--overwrite", "Replace existing files."),
  work: ({ operands: [image], options }) => {
    const { output, overwrite = false } = options as { output: string; overwrite?: boolean };
    if (output === "") throw new IsoluxError({ kind: "usage", what: "--output is empty" });
    return {
      run: () => writeTemplate(output, image, overwrite),
      show: initText,
      whenInterrupted: "One of the files may be missing",
    };
  },
});

/** The files that were written. */
export interface InitSummary {
  readonly parameterFile: string;
  /** The JSON Schema of the parameter file. */
  readonly schemaFile: string;
  /** Absent where it is to be filled in. */
  readonly image?: string;
}

async function writeTemplate(output: string, image: string | undefined, overwrite: boolean): Promise<InitSummary> {
  const files = templateFiles(output, image);
  for (const file of files) await refuseExisting(file, overwrite);
  const store = new DirectoryStore(dirname(output));
  for (const { path, text } of files) await store.keep(basename(path), new TextEncoder().encode(text));
  return { parameterFile: files[0].path, schemaFile: files[1].path, image };
}

function initText({ parameterFile, schemaFile, image }: InitSummary): string {
  const next = image === undefined ? "Fill in image, then" : "Look through it, then";
  return `Wrote ${parameterFile} and ${schemaFile}.\n${next}:\n  isolux run ${shellWord(parameterFile)}\n`;
}

interface TextFile {
  readonly path: string;
  readonly text: string;
}

function templateFiles(path: string, image: string | undefined): readonly [TextFile, TextFile] {
  return [
    { path, text: yamlTemplate(image && fromFolder(dirname(path), image)) },
    { path: join(dirname(path), schemaFileName), text: `${JSON.stringify(parameterFileSchema(), null, 2)}\n` },
  ];
}

/** The path of the image relative to the file's folder. */
function fromFolder(folder: string, image: string): string {
  return isAbsolute(image) || isAddress(image) ? image : relative(resolve(folder), resolve(image));
}

/** Refuses to replace files. All parameter files of a folder share one schema: an equal one may stay. */
async function refuseExisting({ path, text }: TextFile, overwrite: boolean): Promise<void> {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    throw new IsoluxError({ kind: "output", what: "A folder is in the place of the file", where: path });
  }
  if (overwrite) return;
  if (path.endsWith(schemaFileName) && (await readFile(path, "utf8")) === text) return;
  throw new IsoluxError({
    kind: "output",
    what: "The file already exists",
    where: path,
    advice: "Give --overwrite to replace it, or another name with --output",
  });
}

/** The file name of the JSON Schema that a template refers to. */
const schemaFileName = "flatfield.schema.json";

const width = 100;

/**
 * A commented parameter file with every parameter: those with a default set to it, the others commented out.
 * @param image path of the image; where it is not given its entry is left to be filled in
 */
export function yamlTemplate(image?: string): string {
  const groups = Object.keys(groupTitles) as GroupName[];
  const fields = fieldsOf(correctSchema);
  const sections = groups.map((group) => {
    const members = fields.filter(({ info }) => info.group === group);
    return members.length === 0 ? [] : section(group, members, image);
  });
  return [
    `# yaml-language-server: $schema=./${schemaFileName}`,
    "#",
    ...comment(
      "Flat-field correction with Isolux: fill in what applies to your image, then: isolux run flatfield.yaml. " +
        "Every parameter is here; those behind a # stay unset. Where none is given that decides how the profile is found, " +
        "Isolux chooses. Relative paths start at this file's folder.",
    ),
    "",
    ...sections.flat(),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function section(group: GroupName, fields: readonly Field[], image: string | undefined): string[] {
  const parent = fields[0]?.path.slice(0, -1) ?? [];
  const indent = "  ".repeat(parent.length);
  // With nothing set below it, a heading would be set to nothing.
  const isUnset = fields.every((field) => field.defaultValue === undefined || namesProfile(field));
  const heading = [
    `# ---- ${groupTitles[group]} ----`,
    "",
    ...parent.map((key) => `${isUnset ? "# " : ""}${snakeCase(key)}:`),
  ];
  return [...heading, ...fields.flatMap((field) => [...entry(field, indent, image), ""])];
}

function entry(field: Field, indent: string, image: string | undefined): string[] {
  const { info, path } = field;
  const unit = info.unit === undefined ? "" : ` (${info.unit})`;
  const fallback = info.form === "operand" ? "" : ` Default: ${defaultWords(field)}.`;
  const words = comment(info.meaning, indent);
  const facts = comment(`Expected: ${info.allowed}${unit}.${fallback}`, indent);
  return [...words, ...facts, assignment(indent, snakeCase(path.at(-1)!), field, image)];
}

function assignment(indent: string, name: string, field: Field, image: string | undefined): string {
  const { info, defaultValue } = field;
  const names = namesProfile(field);
  if (info.form === "operand")
    return image === undefined ? `${name}: # such as ${info.example}` : `${name}: ${JSON.stringify(image)}`;
  if (defaultValue !== undefined) return `${names ? "# " : ""}${indent}${name}: ${defaultValue}`;
  return `# ${indent}${name}: ${Array.isArray(info.example) ? flowList(info.example) : info.example}`;
}

function flowList(items: readonly (string | number)[]): string {
  return `[${items.map((item) => JSON.stringify(item)).join(", ")}]`;
}

function comment(text: string, indent = ""): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** The JSON Schema (draft 7, which editors know best) of parameter files. */
export function parameterFileSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(correctSchema, {
    io: "input",
    target: "draft-07",
    override({ zodSchema, jsonSchema }) {
      const info = fieldInfo.get(zodSchema);
      if (info !== undefined) jsonSchema.description = describe(info);
      if (info?.referenceName === "FOV_list" || info?.form === "texts") jsonSchema.uniqueItems = true;
      if (jsonSchema.properties !== undefined) jsonSchema.properties = inSnakeCase(jsonSchema.properties);
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return { ...schema, title: "Parameters of a flat-field correction with Isolux" };
}

/** A parameter's meaning with its unit and, where it is found out at run time, its default. */
function describe(info: FieldInfo): string {
  return `${meaningWithUnit(info)}${info.defaultText === undefined ? "" : ` Default: ${info.defaultText}.`}`;
}

function inSnakeCase<Value>(properties: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [snakeCase(key), value]));
}
