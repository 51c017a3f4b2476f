/** `isolux slurm`: writes, and if asked submits, the job script of a correction. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { IsoluxError } from "../../errors.ts";
import type { PreparationPlan } from "../../parameters/plan-summaries.ts";
import { slurmSchema } from "../../parameters/shared-schemas.ts";
import { shellWord } from "../../plain-text.ts";
import { formatCount } from "../../quantities.ts";
import { defineCommand } from "../define-command.ts";
import { reasonOf } from "../errors.ts";
import { loadEngine } from "../perform.ts";
import { defaultScript, writeScript } from "./slurm-script.ts";

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
