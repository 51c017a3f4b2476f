/** `isolux work`: makes one unit of a prepared correction. */
import { workSchema } from "../../parameters/shared-schemas.ts";
import type { UnitSummary } from "../../parameters/summaries.ts";
import type { RawParameters } from "../../parameters/validate.ts";
import { formatBytes, formatCount, formatSeconds } from "../../quantities.ts";
import { defineCommand } from "../define-command.ts";
import { loadEngine } from "../perform.ts";

const examples = `
Makes those blocks of its unit that no process has made. Any number of
processes may work at a time. When it is to stop (SIGTERM, Ctrl-C) it ends the
blocks that it has begun if that takes no more than 20 seconds.

Examples:
  isolux work sample.zarr/raw_image_flatfield_corr --unit 3/20
  isolux work sample.zarr/raw_image_flatfield_corr       in a SLURM array: the
                                       task's unit; elsewhere all that is left`;

/** Sets up `isolux work`. */
export const configure = defineCommand({
  schema: workSchema,
  usage: "OUTPUT [options]",
  examples,
  given: (raw) => withArrayTask(raw, process.env.SLURM_ARRAY_TASK_ID),
  work: ({ parameters }) => ({
    run: async (hooks) => (await loadEngine()).workOnCorrection(parameters, hooks),
    show: unitText,
    whenInterrupted: "Repeat the same command to resume",
  }),
});

/** The result of a process on its unit. */
export function unitText({ output, unit, units, made, skipped, bytes, left, seconds }: UnitSummary): string {
  const rate = bytes > 0 && seconds > 0 ? ` (${formatBytes(bytes / seconds)}/s)` : "";
  const before = skipped > 0 ? `, ${skipped} made before` : "";
  const rest =
    left > 0 ? `${formatCount(left, "block")} of other units ${left === 1 ? "is" : "are"} left` : "All units are made";
  return `Unit ${unit}/${units}: ${formatCount(made, "block")} made in ${formatSeconds(seconds)}${rate}${before}. ${rest}: ${output}\n`;
}

/** In a job array each task makes the unit with its own number. */
export function withArrayTask(raw: RawParameters, task: string | undefined): RawParameters {
  return raw.unit !== undefined || task === undefined || task === "" ? raw : { ...raw, unit: task };
}
