/** `--dry-run`: the option, and the work that only plans. */
import { type Command, Option } from "commander";
import type { CorrectPlanSummary, EstimatePlanSummary } from "../parameters/plan-summaries.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { Work } from "./perform.ts";
import { planText } from "./text/plan.ts";

type Plan = CorrectPlanSummary | EstimatePlanSummary;

/** Finds out what a run would do. */
export interface Planning {
  readonly run: (hooks: RunHooks) => Promise<Plan>;
  /** Warnings that were raised before. */
  readonly warnings?: readonly string[];
}

/** Adds the option. */
export function addDryRun(command: Command): Command {
  const meaning = "Check and plan everything, show what would be done, and write nothing.";
  return command.addOption(new Option("--dry-run", meaning).helpGroup("Output:"));
}

/** Whether only a plan is wanted. */
export function isDryRun({ dryRun }: Readonly<Record<string, unknown>>): boolean {
  return dryRun === true;
}

/** The work of planning a run. */
export function planningWork(planning: Planning): Work<Plan> {
  return { ...planning, show: planText, whenInterrupted: "Nothing has been written", format: "plan" };
}
