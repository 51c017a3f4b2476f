/** Texts on corrections by several processes. */
import type { PrepareSummary } from "../../parameters/plan-summaries.ts";
import type { StatusSummary, UnitProcess, UnitSummary } from "../../parameters/summaries.ts";
import { shellWord } from "../../plain-text.ts";
import { formatBytes, formatCount, formatRanges, formatSeconds } from "../../quantities.ts";
import { defaultScript } from "../commands/slurm-script.ts";
import { endlessScreen } from "./fit-width.ts";
import { estimateTable } from "./summary.ts";

/** The result of preparing a correction. */
export function prepareText(summary: PrepareSummary, { columns } = endlessScreen): string {
  const { profiles, bytes, blocks, units, output, seconds } = summary;
  const last = units - 1;
  return `${profiles.length === 0 ? "" : `${estimateTable(profiles, columns)}\n`}Prepared in ${formatSeconds(seconds)}: ${formatBytes(bytes)} in ${formatCount(blocks, "block")}, ${formatCount(units, "unit")}.
Next, each unit anywhere and at any time, then the last line:
  isolux work ${shellWord(output)} --unit 0/${units}${last > 0 ? `   (to ${last}/${units})` : ""}
  isolux finish ${shellWord(output)}
`;
}

/** The result of a process on its unit. */
export function unitText({ output, unit, units, made, skipped, bytes, left, seconds }: UnitSummary): string {
  const rate = bytes > 0 && seconds > 0 ? ` (${formatBytes(bytes / seconds)}/s)` : "";
  const before = skipped > 0 ? `, ${skipped} made before` : "";
  const rest =
    left > 0 ? `${formatCount(left, "block")} of other units ${left === 1 ? "is" : "are"} left` : "All units are made";
  return `Unit ${unit}/${units}: ${formatCount(made, "block")} made in ${formatSeconds(seconds)}${rate}${before}. ${rest}: ${output}\n`;
}

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
