/** Writes the job script of a correction on a SLURM cluster: readable, to be edited. */

import { chmod } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type * as z from "zod";
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { type Field, fieldsOf } from "../../parameters/field.ts";
import type { PreparationPlan } from "../../parameters/plan-summaries.ts";
import { correctSchema } from "../../parameters/schema.ts";
import type { slurmSchema } from "../../parameters/shared-schemas.ts";
import { spell } from "../../parameters/spelling.ts";
import type { RawParameters } from "../../parameters/validate.ts";
import { countedBytesPerSecond } from "../../pipeline/blocks/units.ts";
import { inOneLine, shellWord } from "../../plain-text.ts";
import { formatBytes } from "../../quantities.ts";
import { version } from "../../version.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { reasonOf } from "../errors.ts";

/** The content of a job script. */
export interface JobScript {
  readonly plan: PreparationPlan;
  /** The command that starts the program on this machine. */
  readonly program: readonly string[];
  /** The image and the options of the correction, as the user gave them. */
  readonly words: readonly string[];
  /** The working directory of the user's command. */
  readonly folder: string;
  /** Path of the script. */
  readonly path: string;
  readonly erases: boolean;
  /** Whether pixels stay unchanged. */
  readonly converts?: boolean;
  readonly reports: boolean;
  readonly partition?: string | undefined;
  readonly account?: string | undefined;
  readonly qos?: string | undefined;
  /** The time limit of every job. */
  readonly time?: string | undefined;
}

/** The parameters of a job script, checked and complete. */
type SlurmParameters = z.output<typeof slurmSchema>;

/** The default path of the script of an output. */
export function defaultScript(output: string): string {
  return `${output.replace(/\/+$/, "")}.slurm.sh`;
}

const signature = "# Written by Isolux";

/** Whether a text is that of a job script, be it changed. */
export function isJobScript(text: string): boolean {
  return text.startsWith("#!/bin/bash\n") && text.includes(`\n${signature} `);
}

/** The text of a job script. @see https://slurm.schedmd.com/sbatch.html */
export function jobScript(job: JobScript): string {
  const { plan, program, words, folder, path, partition, account, qos } = job;
  const { units, sharedRounds, workers, output } = plan;
  const isolux = program.map(shellWord).join(" ");
  const asked = Object.entries({ partition, account, qos }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${shellWord(value)}`],
  );
  const common = [
    "--parsable",
    "--requeue",
    "--open-mode=append",
    `--chdir=${shellWord(folder)}`,
    `--cpus-per-task=${workers}`,
    `--mem=${megabytes(Math.max(plan.unitBytes, plan.estimationBytes, job.reports ? reportBytes : 0))}M`,
    ...asked,
  ];
  const { prepare, unit, finish } = timeLimits(job);
  const logs = `${output}.slurm-logs`;
  return `#!/bin/bash
# ${job.converts === true ? "Converts" : "Corrects"} ${oneLine(plan.source)} (${formatBytes(plan.bytes)}) on a SLURM cluster.
${signature} ${version}; change it as you like.
#
#   bash ${oneLine(shellWord(path))}        submits all jobs; once more, it goes on with what is done
#   bash ${oneLine(shellWord(path))} 3,7    submits some units again, and the end
#   ${oneLine(isolux)} status ${oneLine(shellWord(output))}
#
# Jobs may be pre-empted, requeued and killed: what is done is kept, what is lost is made again.
set -euo pipefail

units=\${1:-0-${units - 1}}
logs=${shellWord(logs.replaceAll("%", "%%"))}
job=(${common.join(" ")})
mkdir -p ${logs.includes("%") ? `${shellWord(logs)}  # SLURM takes %% for %` : '"$logs"'}
after=()

if [ $# -eq 0 ]; then
  # Checks everything, finds the profiles, plans.
  prepare=$(sbatch "\${job[@]}" --job-name=isolux-prepare --time=${prepare} --output="$logs/prepare-%j.log" <<'JOB'
#!/bin/bash
exec ${isolux} prepare ${words.map(shellWord).join(" ")} --workers ${workers} --units ${units}
JOB
  )
  echo "prepare: job $prepare"
  after=(--dependency="afterok:$prepare" --kill-on-invalid-dep=yes)
fi
${Array.from({ length: sharedRounds }, (_, round) => arrayJob(isolux, output, unit, round)).join("")}
# ${finishing(job)}
finish=$(sbatch "\${job[@]}" "\${after[@]}" --job-name=isolux-finish --time=${finish} --output="$logs/finish-%j.log" <<'JOB'
#!/bin/bash
exec ${isolux} finish ${shellWord(output)}
JOB
)
echo "finish: job $finish"
`;
}

function finishing({ erases, reports }: JobScript): string {
  const place = `${erases ? "is compared with the source and " : ""}appears in its place`;
  const after = [...(reports ? ["the report is written"] : []), ...(erases ? ["the source is erased"] : [])];
  return `Tables, attributes, what was done; the output ${[place, ...after].join("; ")}.`;
}

/** Each job array makes all units of a round; a second one is only needed where chunks of levels do not nest. */
function arrayJob(isolux: string, output: string, time: string, round: number): string {
  const array = round === 0 ? "$units" : `\${units}`;
  return `
# Corrects the pixels: each task makes its unit${round === 0 ? "" : ", now of the levels that are made from those before"}.
array=$(sbatch "\${job[@]}" "\${after[@]}" --job-name=isolux-units --time=${time} --array="${array}" --signal=B:TERM@60 --output="$logs/unit-%a-%A.log" <<'JOB'
#!/bin/bash
exec ${isolux} work ${shellWord(output)} --unit "$SLURM_ARRAY_TASK_ID"
JOB
)
echo "units $units: job $array"
after=(--dependency="afterok:$array" --kill-on-invalid-dep=yes)
`;
}

/** Memory of a report at the end: planes of both images and the runtime. */
const reportBytes = 600e6;

/** The plan's bound of the memory with a margin, in SLURM's unit. */
function megabytes(bytes: number): number {
  return 100 * Math.ceil((1.15 * bytes) / 2 ** 20 / 100 + 1);
}

/** Four times the planned time, as file servers may be slow. */
function timeLimits({ plan, time, erases }: JobScript): Record<"prepare" | "unit" | "finish", string> {
  if (time !== undefined) return { prepare: time, unit: time, finish: time };
  const { bytes, units, workers } = plan;
  const unit = (4 * bytes) / (units * workers * countedBytesPerSecond);
  const rest = (4 * bytes) / (10 * workers * countedBytesPerSecond);
  // Each pixel is made once more for verification.
  const verification = erases ? (4 * bytes) / (workers * countedBytesPerSecond) : 0;
  return {
    prepare: limit(2 * 3600),
    unit: limit(Math.max(unit, 1800)),
    finish: limit(Math.max(rest, 3600) + verification),
  };
}

/** Days, hours and minutes in SLURM's format. */
function limit(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${Math.floor(minutes / 1440)}-${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

/** A text without line breaks, for comments. */
function oneLine(text: string): string {
  return inOneLine(text);
}

/** Writes the script of a job into the file that was asked for. @throws IsoluxError `output` where another file is there */
export async function writeScript(
  path: string,
  parameters: SlurmParameters,
  raw: RawParameters,
  plan: PreparationPlan,
) {
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
