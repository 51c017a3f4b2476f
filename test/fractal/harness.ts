/** Starts tasks as fractal-server does: without a shell, by a command that it would let pass, and checks what they return. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { runProgram } from "../../src/fractal/programs.ts";

/** The entry of all tasks, where there is a build. */
export const entry = fileURLToPath(new URL("../../dist/fractal/main.js", import.meta.url));
export const hasBuild = existsSync(entry);

/** Characters that fractal-server refuses anywhere in a command. */
const forbidden = /[`#$&*()\\|[\]{};<>?!]/;

export interface Ended {
  readonly code: number | null;
  readonly log: string;
  /** What was written to the output file; `undefined` where there is none. */
  readonly output: unknown;
}

/** Runs a program of a task; `react` may stop it when it has said something. */
export async function runTask(
  folder: string,
  program: string,
  args: object,
  react?: (log: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const job = await mkdtemp(join(folder, "job-"));
  const [argsJson, outJson] = [join(job, "args.json"), join(job, "metadiff.json")];
  await writeFile(argsJson, JSON.stringify(args));
  const command = `${process.execPath} ${entry} ${program} --args-json ${argsJson} --out-json ${outJson}`;
  if (forbidden.test(command)) throw new Error(`fractal-server would refuse ${command}`);
  const [first, ...words] = command.split(" ");
  const { code, log } = await ended(first!, words, job, react);
  const output = existsSync(outJson) ? JSON.parse(await readFile(outJson, "utf8")) : undefined;
  return { code, log, output };
}

/** The same without a process of its own, for what is not about processes: that spares Node its start. */
export async function runTaskHere(folder: string, program: string, args: object): Promise<Ended> {
  const job = await mkdtemp(join(folder, "job-"));
  const [argsJson, outJson] = [join(job, "args.json"), join(job, "metadiff.json")];
  await writeFile(argsJson, JSON.stringify(args));
  const { code, log } = await endedHere([program, "--args-json", argsJson, "--out-json", outJson]);
  const output = existsSync(outJson) ? JSON.parse(await readFile(outJson, "utf8")) : undefined;
  return { code, log, output };
}

/** What a program says and how it ends, in this process. */
export async function endedHere(words: readonly string[]): Promise<{ readonly code: number; readonly log: string }> {
  let log = "";
  const code = await runProgram(words, new AbortController().signal, (line) => {
    log += line;
  });
  return { code, log };
}

/** The standard output and error of a process go into one log, as on the server. */
export function ended(
  command: string,
  words: readonly string[],
  cwd: string,
  react?: (log: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<{ readonly code: number | null; readonly log: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd, env: { ...process.env, FRACTAL_TEST_SECRET: "not for logs" } });
    let log = "";
    let isKilled = false;
    const kill = (signal: NodeJS.Signals) => {
      // A second signal may meet a process that listens no more.
      if (!isKilled) isKilled = child.kill(signal);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        log += text;
        react?.(log, kill);
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, log }));
  });
}

/** An item of a parallelisation list. */
export interface Item {
  readonly zarr_url: string;
  readonly init_args: Readonly<Record<string, unknown>>;
}

/** The list that an initialisation returned, if it is one that fractal-server takes. */
export function parallelizationList(output: unknown): Item[] {
  const { parallelization_list: list, ...others } = output as { parallelization_list: Item[] };
  if (Object.keys(others).length > 0 || !Array.isArray(list)) throw new Error(`not a list: ${JSON.stringify(output)}`);
  for (const item of list) {
    const names = Object.keys(item).filter((name) => name !== "zarr_url" && name !== "init_args");
    if (names.length > 0) throw new Error(`unknown keys ${names}`);
    checkUrl(item.zarr_url);
  }
  return list;
}

/** An entry of the list of images as a task returns it. */
export interface ImageUpdate {
  readonly zarr_url: string;
  readonly origin?: string | null;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly types?: Readonly<Record<string, boolean>>;
}

/** What the units of a task returned together, if fractal-server would merge it. */
export function mergedOutput(outputs: readonly unknown[]): { updates: ImageUpdate[]; removals: string[] } {
  const updates = new Map<string, ImageUpdate>();
  const removals = new Set<string>();
  for (const output of outputs) {
    const { image_list_updates = [], image_list_removals = [], ...others } = output as Record<string, never[]>;
    if (Object.keys(others).length > 0) throw new Error(`unknown keys ${Object.keys(others)}`);
    for (const update of image_list_updates) updates.set(JSON.stringify(update), checkedUpdate(update));
    for (const url of image_list_removals) removals.add(checkUrl(url));
  }
  const urls = [...[...updates.values()].map(({ zarr_url }) => zarr_url), ...removals];
  if (new Set(urls).size !== urls.length) throw new Error(`not unique: ${urls}`);
  return { updates: [...updates.values()], removals: [...removals] };
}

function checkedUpdate(update: ImageUpdate): ImageUpdate {
  const { zarr_url, origin, attributes = {}, types = {}, ...others } = update;
  if (Object.keys(others).length > 0) throw new Error(`unknown keys ${Object.keys(others)}`);
  checkUrl(zarr_url);
  if (typeof origin === "string") checkUrl(origin);
  const isScalar = (value: unknown) => value === null || ["number", "string", "boolean"].includes(typeof value);
  if (!Object.values(attributes).every(isScalar)) throw new Error("attributes");
  if (!Object.values(types).every((value) => typeof value === "boolean")) throw new Error("types");
  return update;
}

function checkUrl(url: string): string {
  if (typeof url === "string" && /^(\/|s3:\/\/)/.test(url) && !url.split("/").includes("..")) return url;
  throw new Error(`not a URL of an image: ${url}`);
}

/** Lines as Fractal's own tasks write them. */
const logLine = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}; [a-z-]+; (INFO|WARNING|ERROR); \S.*$/;

/** What is wrong with a log as fractal-server and people read it. */
export function logFaults(log: string): string[] {
  const lines = log.trimEnd().split("\n");
  return [
    ...lines.filter((line) => !logLine.test(line)).map((line) => `not a line of a log: ${line}`),
    ...lines.filter((line) => /warning/i.test(line) && !line.includes("; WARNING; ")).map((line) => `warns: ${line}`),
    ...(log.includes("not for logs") ? ["shows the environment"] : []),
    ...(/; (INFO; END|ERROR;) /.test(lines.at(-1)!) ? [] : [`does not tell how it ended: ${lines.at(-1)}`]),
  ];
}
