/** `isolux status`: reports how much is done of an output that several processes make. */
import { existsSync } from "node:fs";
import { unreachable } from "../../errors.ts";
import { statusSchema } from "../../parameters/shared-schemas.ts";
import type { StatusSummary, UnitProcess } from "../../parameters/summaries.ts";
import { shellWord } from "../../plain-text.ts";
import { formatBytes, formatCount, formatRanges, formatSeconds } from "../../quantities.ts";
import { defineCommand } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { loadEngine } from "../perform.ts";
import { defaultScript } from "./slurm-script.ts";

const examples = `
Shows how far an output is that isolux prepare has begun: blocks, rate, time
left, processes that died, and the command that goes on.

Exit codes: 0 complete, 5 being worked on, 6 waiting for the command shown,
1 nothing there.`;

/** Sets up `isolux status`. */
export const configure = defineCommand({
  schema: statusSchema,
  usage: "OUTPUT",
  examples,
  work: ({ parameters, context }) => ({
    run: async (): Promise<StatusSummary> => {
      const status = await (await loadEngine()).correctionStatus(parameters);
      context.endWith?.(exitCodeFor(status));
      return status;
    },
    show: (status) => statusText(status, existsSync(defaultScript(status.output))),
    whenInterrupted: "Nothing was changed",
  }),
});

function exitCodeFor({ state }: StatusSummary): number {
  switch (state) {
    case "complete":
      return exitCodes.done;
    case "working":
      return exitCodes.atWork;
    case "waiting":
    case "finishable":
      return exitCodes.waiting;
    case "absent":
      return exitCodes.failed;
    default:
      return unreachable(state);
  }
}

// Texts on corrections by several processes.

/** The progress of an output. @param hasScript whether the job script is at its default path */
export function statusText(status: StatusSummary, hasScript: boolean): string {
  const { state, output } = status;
  if (state === "absent") return `Nothing is prepared there, and no output of Isolux: ${output}\n`;
  if (state === "complete") return `Complete: ${output}\n`;
  const lines = [progressLine(status)];
  for (const { unit, process } of status.working) lines.push(`  working: ${process} on ${nameOf(unit)}`);
  for (const failure of status.failed) lines.push(`  failed:  ${describeFailure(failure)}`);
  return `${[...lines, ...nextStep(status, hasScript)].join("\n")}\n`;
}

function progressLine({ output, blocks, blocksDone, bytes, bytesDone, bytesPerSecond, secondsLeft }: StatusSummary) {
  const rate = bytesPerSecond === undefined ? "" : `, ${formatBytes(bytesPerSecond)}/s`;
  const left = secondsLeft === undefined ? "" : `, about ${formatSeconds(secondsLeft)} left`;
  return `${blocksDone} of ${formatCount(blocks, "block")}, ${formatBytes(bytesDone)} of ${formatBytes(bytes)}${rate}${left}: ${output}`;
}

function nameOf(unit: string): string {
  return unit === "finish" ? "all of it" : `unit ${unit}`;
}

function describeFailure({ unit, process, state, ended }: UnitProcess): string {
  return `${nameOf(unit)} on ${process}: ${state === "died" ? "died without giving a reason" : ended}`;
}

/** The command for the next step. */
function nextStep({ state, output, units, unitsToMake }: StatusSummary, hasScript: boolean): string[] {
  if (state === "finishable") return ["All units are made. Go on with:", `  isolux finish ${shellWord(output)}`];
  if (unitsToMake.length === 0) return [];
  const which = unitsToMake.length === units ? "all units" : `units ${unitList(unitsToMake)}`;
  const busy = state === "working" ? " (some may be waiting for their turn)" : "";
  if (hasScript) {
    return [
      `To be made: ${which}${busy}. Go on with:`,
      `  bash ${shellWord(defaultScript(output))} ${unitList(unitsToMake)}`,
    ];
  }
  const one = `  isolux work ${shellWord(output)} --unit ${unitsToMake[0]}/${units}`;
  const more = unitsToMake.length > 1 ? "   (and so on)" : "";
  return [
    `To be made: ${which}${busy}. Go on with:`,
    `${one}${more}`,
    `or let one process do the rest: isolux finish ${shellWord(output)}`,
  ];
}

/** Units in SLURM's format: `0-3,7`. */
const unitList = (units: readonly number[]) => formatRanges(units, ",");
