import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { Command } from "commander";
import { IsoluxError } from "../errors.ts";
import { type ParameterFile, readParameterFile, withResolvedPaths } from "../parameters/parameter-file.ts";
import { correctSchema } from "../parameters/schema.ts";
import { isAddress } from "../zarr/address.ts";
import { correction } from "./correct-command.ts";
import type { Door } from "./door.ts";
import { reasonOf } from "./errors.ts";
import { addFields, rawParameters } from "./field-options.ts";
import { addTellingOptions, perform } from "./perform.ts";

/** What may differ from one run of a file to the next. */
const overrides = correctSchema.pick({ output: true, overwrite: true, workers: true, memory: true });

const examples = `
FILE is what isolux init writes (YAML, or JSON with the same names), or a JSON
with the parameters of the reference task (zarr_url, FOV_list, z_levels,
models_folder, n_zplanes, resolution_level, save_models, erase_source_image,
basicpy_model_params). Relative paths in it start at its folder. Options given
here win over the file.

Examples:
  isolux run flatfield.yaml
  isolux run flatfield.yaml --overwrite --workers 16 --memory 32GB`;

/** Sets up `isolux run`. */
export function configure(command: Command, door: Door): void {
  command.argument("<file>", "The parameter file.");
  addTellingOptions(addFields(command, overrides))
    .usage("FILE [options]")
    .addHelpText("after", examples)
    .action(async (file: string) => {
      const { parameters, warnings } = await loadParameterFile(file);
      const raw = { ...parameters, ...rawParameters(command, overrides) };
      await perform(command, door, correction(raw, { spelling: "file", file }, warnings));
    });
}

/**
 * The parameters in a file, their paths made relative to its folder.
 * @throws IsoluxError `not-found`, or `usage` where the file does not hold known parameters
 */
async function loadParameterFile(file: string): Promise<ParameterFile> {
  const { parameters, warnings } = readParameterFile(await parse(await readText(file), file), file);
  const resolve = (path: string) => (isAbsolute(path) || isAddress(path) ? path : join(dirname(file), path));
  return { parameters: withResolvedPaths(parameters, resolve), warnings };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const found = reasonOf(cause);
    throw new IsoluxError({ kind: "not-found", what: "The parameter file cannot be read", where: file, found, cause });
  }
}

/** JSON is read as such: Python's and its own rules for it differ from YAML's in small things. */
async function parse(text: string, file: string): Promise<unknown> {
  const isJson = file.toLowerCase().endsWith(".json");
  try {
    if (isJson) return JSON.parse(text.replace(/^\uFEFF/, ""));
    const { parse: parseYaml } = await import("yaml");
    return parseYaml(text, { logLevel: "error" });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new IsoluxError({
      kind: "usage",
      what: `The parameter file is not valid ${isJson ? "JSON" : "YAML"}`,
      where: file,
      // Below the first line the reader of YAML shows the place.
      found: (isJson ? message : message.split("\n")[0]!).replace(/[.:]+$/, ""),
      cause,
    });
  }
}
