/** `isolux init`: writes a parameter file to be edited. */

import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { parameterFileSchema, schemaFileName, yamlTemplate } from "../../parameters/yaml-template.ts";
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
    if (output === "") throw new IsoluxError({ kind: "usage", what: "Wrong value for --output", found: '""' });
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
  return { parameterFile: files[0].path, schemaFile: files[1].path, ...(image !== undefined && { image }) };
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
