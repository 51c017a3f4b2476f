/** `isolux slurm`: writes, and if asked submits, the job script of a correction. */

import { execFile } from "node:child_process";
import { chmod } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import type * as z from "zod";
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { type Field, fieldsOf } from "../../parameters/field.ts";
import type { PreparationPlan } from "../../parameters/plan-summaries.ts";
import { correctSchema } from "../../parameters/schema.ts";
import { slurmSchema } from "../../parameters/shared-schemas.ts";
import { spell } from "../../parameters/spelling.ts";
import type { RawParameters } from "../../parameters/validate.ts";
import { shellWord } from "../../plain-text.ts";
import { formatCount } from "../../quantities.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { defineCommand } from "../define-command.ts";
import { reasonOf } from "../errors.ts";
import { loadEngine } from "../perform.ts";
import { defaultScript, isJobScript, jobScript } from "./slurm-script.ts";

const examples = `
Writes a script that submits three jobs, each after the one before: one that
finds the profiles, an array that corrects the pixels, one that finishes. Cores,
memory and time limits follow from the plan; it is yours to edit. Without
--workers each job has 8 cores, without --memory 16 GB.

Examples:
  isolux slurm sample.zarr/raw_image --models-folder measured --partition normal
  isolux slurm sample.zarr/raw_image --array 40 --account lab7 --submit
  isolux status sample.zarr/raw_image_flatfield_corr`;

/** The default resources of a job. */
const usualWorkers = 8;

const usualMemory = 16e9;

/** The result: the script that was written. */
export interface SlurmSummary extends PreparationPlan {
  readonly script: string;
  /** The script's output, where the jobs were submitted. */
  readonly submitted?: string;
}

/** Sets up `isolux slurm`. */
export const configure = defineCommand({
  schema: slurmSchema,
  usage: "IMAGE [options]",
  examples,
  given: (raw) => ({ memory: usualMemory, ...raw }),
  work: ({ parameters, raw }) => ({
    run: async (hooks): Promise<SlurmSummary> => {
      const { array: units, partition, account, qos, time, script, submit, ...rest } = parameters;
      const asked = { ...rest, workers: rest.workers ?? usualWorkers, units };
      const plan = await (await loadEngine()).planPreparation(asked, hooks);
      const path = script ?? defaultScript(plan.output);
      await writeScript(path, parameters, raw, plan);
      return { ...plan, script: path, ...(submit ? { submitted: await submitJobs(path) } : {}) };
    },
    show: slurmText,
    whenInterrupted: "No job was submitted",
  }),
});

async function writeScript(path: string, parameters: SlurmParameters, raw: RawParameters, plan: PreparationPlan) {
  const { partition, account, qos, time, eraseSourceImage, report } = parameters;
  const text = jobScript({
    plan,
    // A single executable is both
    program: [...new Set([process.execPath, process.argv[1] ?? "isolux"])],
    words: [...correctionWords(raw), ...(parameters.convert ? ["--convert"] : [])],
    converts: parameters.convert,
    folder: process.cwd(),
    path,
    erases: eraseSourceImage,
    reports: report !== undefined,
    ...{ partition, account, qos, time },
  });
  const store = new DirectoryStore(dirname(path));
  await refuseOther(store, path);
  await store.keep(basename(path), new TextEncoder().encode(text));
  try {
    await chmod(path, 0o755);
  } catch (cause) {
    const found = reasonOf(cause);
    throw new IsoluxError({ kind: "storage", what: "The script cannot be written", where: path, found, cause });
  }
}

/** Job scripts are replaced, other files are not. @throws IsoluxError `output` */
async function refuseOther(store: DirectoryStore, path: string): Promise<void> {
  const before = await store.look(basename(path));
  if (before === undefined) return;
  const text = before.kind === "folder" ? undefined : await store.get(basename(path), { mostBytes: limits.parameters });
  if (text !== undefined && isJobScript(new TextDecoder().decode(text))) return;
  throw new IsoluxError({
    kind: "output",
    what: "The path of the job script is taken by another file, which is not replaced",
    where: path,
    advice: "Move it away, or give another --script",
  });
}

/** The image and the options of a correction as the user gave them; the number of workers is in the plan. */
export function correctionWords(raw: RawParameters): string[] {
  const words = fieldsOf(correctSchema).flatMap((field) => {
    const [key = "", nested] = field.path;
    const parent = raw[key];
    const value = nested === undefined ? parent : (parent as RawParameters | undefined)?.[nested];
    return value === undefined || value === false || key === "workers"
      ? switchedOff(field, value)
      : wordsOf(field, value);
  });
  return words;
}

function switchedOff(field: Field, value: unknown): string[] {
  return value === false && field.info.form === "switch" ? [spell(field, "option").replace("--", "--no-")] : [];
}

function wordsOf(field: Field, value: unknown): string[] {
  const name = spell(field, "option");
  if (field.info.form === "operand") return [String(value)];
  if (value === true) return [name];
  return [`${name}=${Array.isArray(value) ? value.join(",") : String(value)}`];
}

async function submitJobs(path: string): Promise<string> {
  try {
    return (await promisify(execFile)("bash", [path])).stdout.trim();
  } catch (cause) {
    const { stderr = "" } = cause as { stderr?: string };
    const found = (stderr.trim() || reasonOf(cause)).split("\n").at(-1)!;
    throw new IsoluxError({ kind: "storage", what: "The jobs could not be submitted", where: path, found, cause });
  }
}

function slurmText({ script, units, workers, output, submitted }: SlurmSummary): string {
  const what = `${formatCount(units, "unit")} with ${formatCount(workers, "core")} each`;
  const next =
    submitted === undefined ? `Look at it, then submit the jobs with:\n  bash ${shellWord(script)}` : submitted;
  return `Script for ${what}: ${script}\n${next}\nHow far they are:\n  isolux status ${shellWord(output)}\n`;
}

/** The parameters of a job script, checked and complete. */
type SlurmParameters = z.output<typeof slurmSchema>;
