/** The two files by which Fractal speaks with a task. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { reasonOf } from "../cli/errors.ts";
import { IsoluxError } from "../errors.ts";
import type { RawParameters } from "../parameters/validate.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import { isJsonObject } from "../zarr/json.ts";

/** Where a task finds its arguments and puts its output. */
export interface TaskFiles {
  readonly argsJson: string;
  readonly outJson: string;
}

const options = ["--args-json", "--out-json"] as const;

/** Reads `--args-json PATH --out-json PATH`. @throws IsoluxError `usage` for anything else */
export function parseTaskFiles(args: readonly string[]): TaskFiles {
  const words = args.flatMap((arg) => {
    const option = options.find((name) => arg.startsWith(`${name}=`));
    return option === undefined ? [arg] : [option, arg.slice(option.length + 1)];
  });
  const paths = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) {
    const [option, path] = [words[at]!, words[at + 1]];
    if (!options.some((name) => name === option) || path === undefined || path === "" || paths.has(option)) {
      throw wrongCall(args);
    }
    paths.set(option, path);
  }
  const [argsJson, outJson] = options.map((option) => paths.get(option));
  if (argsJson === undefined || outJson === undefined) throw wrongCall(args);
  return { argsJson, outJson };
}

function wrongCall(args: readonly string[]): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "A task is started by Fractal",
    found: args.join(" ") || "no arguments",
    expected: "--args-json PATH --out-json PATH",
    advice: "To correct an image by hand use the command isolux correct",
  });
}

/** Refuses to run beside the output of another run, which might be taken for this one's. @throws IsoluxError `output` */
export function checkNoOutput(path: string): void {
  if (!existsSync(path)) return;
  throw new IsoluxError({ kind: "output", what: "The output file of the task is there already", where: path });
}

/** Reads the arguments. @throws IsoluxError `not-found` or `usage` */
export async function readArgumentsFile(path: string): Promise<RawParameters> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const what = "The file of arguments cannot be read";
    throw new IsoluxError({ kind: "not-found", what, where: path, found: reasonOf(cause), cause });
  });
  const what = "The file of arguments cannot be used";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new IsoluxError({ kind: "usage", what, where: path, expected: "JSON", cause });
  }
  if (isJsonObject(value)) return value;
  throw new IsoluxError({ kind: "usage", what, where: path, expected: "a JSON object" });
}

/** Writes the output at once or not at all: a killed task leaves no part of it. @throws IsoluxError `output`, `storage` */
export async function writeOutputFile(path: string, output: object): Promise<void> {
  checkNoOutput(path);
  const text = `${JSON.stringify(output, undefined, 2)}\n`;
  await new DirectoryStore(dirname(path)).set(basename(path), new TextEncoder().encode(text));
}
