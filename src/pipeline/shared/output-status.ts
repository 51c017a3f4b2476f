/** Reports how much is done of an output that several processes make. */
import type { StatusSummary, UnitProcess } from "../../parameters/summaries.ts";
import { arrayBytes } from "../../shapes.ts";
import { joinKey } from "../../zarr/store.ts";
import { blocksOfRound } from "../blocks/passes.ts";
import { blocksOfUnit } from "../blocks/units.ts";
import type { OutputPlace } from "../places/location.ts";
import type { UnitReport } from "../record/claims.ts";
import { wholeWork } from "../record/claims.ts";
import type { ImageRecord } from "../record/journal.ts";
import { Workspace } from "../record/workspace.ts";
import { count, doneBefore, missingBlocks } from "../run/make-blocks.ts";
import type { Platform } from "../threads/platform.ts";
import { isComplete, readSharedRun, type SharedRun } from "./shared-run.ts";

/** The progress of an output; changes nothing. */
export async function outputStatus(output: OutputPlace, platform: Platform): Promise<StatusSummary> {
  const workspace = new Workspace(output, platform);
  const where = joinKey(output.store.location, output.key);
  const shared = await readSharedRun(workspace);
  if (shared === undefined) return { ...nothing(where), state: (await isComplete(output)) ? "complete" : "absent" };
  const records = await workspace.documents.readRecords(shared.images);
  const reports = await workspace.units.reports();
  const finisher = await workspace.holder();
  const working = reports.filter(({ state }) => state === "working");
  const missing = missingByUnit(shared, records);
  const atWork = new Set(working.map(({ unit }) => unitNumber(unit, shared)));
  const unitsToMake = [...missing].filter((unit) => !atWork.has(unit)).sort((a, b) => a - b);
  const isBusy = working.length > 0 || finisher !== undefined;
  return {
    output: where,
    state: isBusy ? "working" : missing.size === 0 ? "finishable" : "waiting",
    ...progressOf(shared, records, working),
    units: shared.units,
    unitsToMake,
    working: [...working.map(processOf), ...(finisher === undefined ? [] : [finishing(finisher)])],
    failed: latest(reports, shared)
      .filter(({ unit, state, ended }) => {
        return state !== "working" && ended !== "done" && missing.has(unitNumber(unit, shared)!);
      })
      .map(processOf),
  };
}

function nothing(output: string): Omit<StatusSummary, "state"> {
  const none = { blocks: 0, blocksDone: 0, bytes: 0, bytesDone: 0, units: 0 };
  return { output, ...none, unitsToMake: [], working: [], failed: [] };
}

/** The number of blocks that each unit has left in the first incomplete round. */
function missingByUnit({ rounds, sharedRounds, units }: SharedRun, records: readonly ImageRecord[]): Set<number> {
  const missing = new Set<number>();
  for (const round of rounds.slice(0, sharedRounds)) {
    for (let index = 0; index < units; index++) {
      const isMissing = missingBlocks(blocksOfUnit(round, { index, count: units }), records).next().done !== true;
      if (isMissing) missing.add(index);
    }
    if (missing.size > 0) break;
  }
  return missing;
}

function progressOf(
  { rounds, images, type }: SharedRun,
  records: readonly ImageRecord[],
  working: readonly UnitReport[],
): Pick<StatusSummary, "blocks" | "blocksDone" | "bytes" | "bytesDone" | "bytesPerSecond" | "secondsLeft"> {
  const blocks = rounds.reduce((sum, round) => sum + blocksOfRound(round), 0);
  const left = rounds.reduce((sum, round) => sum + count(missingBlocks(blocksOfUnit(round, wholeWork), records)), 0);
  const bytes = images.reduce((sum, [full]) => sum + arrayBytes(type, full!.shapeCzyx), 0);
  // Chunks at the edge count as whole ones.
  const bytesDone = Math.min(bytes, doneBefore(images, type, records).bytes);
  const [first] = working
    .filter(({ bytesBefore }) => bytesBefore !== undefined)
    .sort((a, b) => a.startedMs - b.startedMs);
  const counts = { blocks, blocksDone: blocks - left, bytes, bytesDone };
  if (first === undefined) return counts;
  // As clocks of machines differ, a process may seem to have begun just now, or in the future.
  const elapsedMs = Date.now() - first.startedMs;
  const bytesPerSecond = (1000 * (bytesDone - first.bytesBefore!)) / elapsedMs;
  if (elapsedMs < 1000 || bytesPerSecond <= 0) return counts;
  return { ...counts, bytesPerSecond, secondsLeft: (bytes - bytesDone) / bytesPerSecond };
}

function unitNumber(unit: string, { units }: SharedRun): number | undefined {
  const [index, all] = unit.split("/").map(Number);
  return all === units ? index : undefined;
}

/** The last report of each unit. */
function latest(reports: readonly UnitReport[], shared: SharedRun): UnitReport[] {
  const last = new Map<number | undefined, UnitReport>();
  for (const report of reports) {
    const unit = unitNumber(report.unit, shared);
    const before = last.get(unit);
    if (before === undefined || before.startedMs < report.startedMs) last.set(unit, report);
  }
  last.delete(undefined);
  return [...last.values()];
}

function processOf({ unit, process, state, ended }: UnitReport): UnitProcess {
  return { unit, process, state, ended };
}

function finishing(process: string): UnitProcess {
  return { unit: "finish", process, state: "working" };
}
