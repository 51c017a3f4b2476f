import { createReadStream } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { type ParameterFile, readParameterFile, withResolvedPaths } from "../../parameters/parameter-file.ts";
import { orderOf } from "../../parameters/profile-source.ts";
import { correctSchema } from "../../parameters/schema.ts";
import { withUsualMemory } from "../../parameters/usual-memory-node.ts";
import { type RawParameters, validate } from "../../parameters/validate.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { checkSize, isAddress } from "../../zarr/store.ts";
import { definePlainCommand } from "../define-command.ts";
import { reasonOf } from "../errors.ts";
import { correction, correctionPlan } from "./correct.ts";

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
export const configure = definePlainCommand({
  // Parameters that may be changed on the command line.
  fields: correctSchema.pick({ output: true, overwrite: true, workers: true, memory: true }),
  usage: "FILE [options]",
  examples,
  extras: (command) => command.argument("<file>", "The parameter file."),
  work: async (call) => correction(...(await orderOfFile(call))),
  plan: async (call) => correctionPlan(...(await orderOfFile(call))),
});

/** What a file and the options ask for, with the warnings of reading it. */
async function orderOfFile({ raw: overrides, operands }: { raw: RawParameters; operands: readonly string[] }) {
  const file = operands[0]!;
  const { parameters: ofTheFile, warnings } = await loadParameterFile(file);
  const raw = withWorkers({ ...ofTheFile, ...overrides });
  const parameters = validate(correctSchema, withUsualMemory(correctSchema, raw), { spelling: "file", file });
  return [orderOf(parameters, raw, "file"), warnings] as const;
}

/**
 * The parameters in a file, their paths made relative to its folder.
 * @throws IsoluxError `not-found`, or `usage` where the file has unknown parameters
 */
export async function loadParameterFile(file: string): Promise<ParameterFile> {
  const { parameters, warnings } = readParameterFile(await parse(await readText(file), file), file);
  const resolve = (path: string) => (isAbsolute(path) || isAddress(path) ? path : join(dirname(file), path));
  return { parameters: withResolvedPaths(parameters, resolve), warnings };
}

async function readText(file: string): Promise<string> {
  try {
    // It may be a pipe, whose size is only known at its end.
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
      length += piece.length;
      checkSize(length, limits.parameters, file);
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString("utf8");
  } catch (cause) {
    if (cause instanceof IsoluxError) throw cause;
    const found = reasonOf(cause);
    throw new IsoluxError({ kind: "not-found", what: "The parameter file cannot be read", where: file, found, cause });
  }
}

/** Parses YAML, or JSON by its own parser: Python's JSON and standard JSON differ from YAML in details. */
async function parse(text: string, file: string): Promise<unknown> {
  const isJson = file.toLowerCase().endsWith(".json");
  try {
    if (isJson) return JSON.parse(text.replace(/^\uFEFF/, ""));
    return await parseYaml(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new IsoluxError({
      kind: "usage",
      what: `The parameter file is not valid ${isJson ? "JSON" : "YAML"}`,
      where: file,
      // The YAML parser's further lines show the position.
      found: (isJson ? message : message.split("\n")[0]!).replace(/[.:]+$/, ""),
      cause,
    });
  }
}

/** The library compares each key with all before it, which takes minutes for a hundred thousand: that check is switched off. */
async function parseYaml(text: string): Promise<unknown> {
  const { isScalar, LineCounter, parseDocument, visit } = await import("yaml");
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { logLevel: "error", uniqueKeys: false, lineCounter });
  if (document.errors.length > 0) throw document.errors[0];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const { line } = lineCounter.linePos(key.range?.[0] ?? 0);
        if (seen.has(key.value)) throw new Error(`Map keys must be unique at line ${line}`);
        seen.add(key.value);
      }
    },
  });
  return document.toJS();
}
