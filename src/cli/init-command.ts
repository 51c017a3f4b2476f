import { existsSync, statSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { IsoluxError } from "../errors.ts";
import { parameterFileSchema } from "../parameters/json-schema.ts";
import { shellWord } from "../parameters/shell-word.ts";
import { schemaFileName, yamlTemplate } from "../parameters/yaml-template.ts";
import { isAddress } from "../zarr/address.ts";
import type { Door } from "./door.ts";

interface InitOptions {
  readonly output: string;
  readonly overwrite?: boolean;
}

const examples = `
Editors that know YAML (VS Code with the YAML extension, say) check and complete
the file by the JSON Schema that is written beside it.

Examples:
  isolux init
  isolux init sample.zarr/raw_image --output sample.yaml`;

/** Sets up `isolux init`. */
export function configure(command: Command, door: Door): void {
  command
    .usage("[IMAGE] [options]")
    .argument("[image]", "The image to fill in.")
    .option("--output <file>", "Where to write it.", "flatfield.yaml")
    .option("--overwrite", "Replace files that are there already.")
    .option("--verbose", "With an error, show where in the program it arose.")
    .helpOption("-h, --help", "Show this help.")
    .addHelpText("after", examples)
    .action(async (image: string | undefined, options: InitOptions) => {
      if (options.output === "")
        throw new IsoluxError({ kind: "usage", what: "Wrong value for --output", found: '""' });
      const files = templateFiles(options.output, image);
      for (const file of files) await refuseExisting(file, options.overwrite === true);
      await mkdir(dirname(options.output), { recursive: true });
      for (const { path, text } of files) await writeFile(path, text);
      const next = image === undefined ? "fill in image, then" : "look through it, then";
      door.stdout.write(
        `Wrote ${files.map(({ path }) => path).join(" and ")}: ${next} isolux run ${shellWord(options.output)}\n`,
      );
    });
}

interface TextFile {
  readonly path: string;
  readonly text: string;
}

function templateFiles(path: string, image: string | undefined): TextFile[] {
  return [
    { path, text: yamlTemplate(image && fromFolder(dirname(path), image)) },
    { path: join(dirname(path), schemaFileName), text: `${JSON.stringify(parameterFileSchema(), null, 2)}\n` },
  ];
}

/** The image as the file in `folder` names it. */
function fromFolder(folder: string, image: string): string {
  return isAbsolute(image) || isAddress(image) ? image : relative(resolve(folder), resolve(image));
}

/** The schema is the same for all parameter files of a folder: one that is there and does not differ may stay. */
async function refuseExisting({ path, text }: TextFile, overwrite: boolean): Promise<void> {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    throw new IsoluxError({ kind: "output", what: "A folder is in the place of the file", where: path });
  }
  if (overwrite) return;
  if (path.endsWith(schemaFileName) && (await readFile(path, "utf8")) === text) return;
  throw new IsoluxError({
    kind: "output",
    what: "The file is there already",
    where: path,
    advice: "Give --overwrite to replace it, or another name with --output",
  });
}
