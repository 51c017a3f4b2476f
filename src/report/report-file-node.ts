import { basename, dirname, resolve } from "node:path";
import { IsoluxError } from "../errors.ts";
import { commandLine } from "../parameters/command-line.ts";
import { correctSchema } from "../parameters/schema.ts";
import type { ReportSummary } from "../parameters/summaries.ts";
import { checkReportPlace } from "../pipeline/check-places-node.ts";
import type { FoundEstimates } from "../pipeline/found-estimates.ts";
import type { Platform } from "../pipeline/platform.ts";
import { nodePlatform } from "../pipeline/platform-node.ts";
import type { ReportWriter, VerdictMaker } from "../pipeline/report-writer.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import { joinKey } from "../zarr/store.ts";
import type { Check } from "./quality/check-images.ts";

/** Where a report comes to lie: the page, and beside it its figures as JSON. */
export class ReportFile {
  private readonly store: DirectoryStore;
  private readonly page: string;
  private readonly figures: string;

  constructor(path: string) {
    const full = resolve(path);
    this.store = new DirectoryStore(dirname(full));
    this.page = basename(full);
    this.figures = this.page.replace(/\.html?$/i, ".json");
  }

  /** Refuses to replace what lies there, unless asked to. @throws IsoluxError `output` */
  async checkFree(overwrite: boolean): Promise<void> {
    const { store, page, figures } = this;
    for (const key of overwrite ? [] : [page, figures]) {
      if ((await store.facts(key)) === undefined) continue;
      throw new IsoluxError({
        kind: "output",
        what: "The report is there already",
        where: joinKey(store.location, key),
        advice: "Give --overwrite to replace it, or another --report",
      });
    }
  }

  /** Draws the report of a check and writes it. @param command the command that makes the same again */
  async write(check: Check, command: string): Promise<ReportSummary> {
    const { drawReport } = await import("./draw-report.ts");
    const { html, json } = await drawReport(check, command);
    await this.store.set(this.page, new TextEncoder().encode(html));
    await this.store.set(this.figures, new TextEncoder().encode(json));
    const { kind, reason } = check.report.verdict;
    const place = (key: string) => joinKey(this.store.location, key);
    return { html: place(this.page), json: place(this.figures), verdict: kind, reason };
  }
}

/** Reports on corrections, as files that the parameters name. */
const reports: ReportWriter = {
  async check({ parameters, places: { output }, replacesReport = false }) {
    const { report, image, overwrite } = parameters;
    if (report === undefined) return;
    const folder = output.kind === "folder" ? { "the output": joinKey(output.store.location, output.key) } : {};
    checkReportPlace(report, { "the source image": image, ...folder });
    await new ReportFile(report).checkFree(overwrite || replacesReport);
  },
  async write({ request, profiles }, hooks) {
    const { places, parameters } = request;
    const { source, output } = places;
    const known = profiles === undefined ? {} : { profiles };
    const { checkLocated } = await import("./quality/check-images.ts");
    const check = await checkLocated({ source, corrected: output, parameters, ...known }, hooks);
    return new ReportFile(parameters.report!).write(check, commandLine("correct", correctSchema, parameters));
  },
};

/** Judges profiles at the end of runs. */
const verdicts: VerdictMaker = {
  async judge(subject, hooks) {
    const { verdictOfProfiles } = await import("./quality/verdict-of-profiles.ts");
    return verdictOfProfiles(subject, hooks);
  },
};

/** The platform of Node, with reports and verdicts. @param found estimates that a run need not make again */
export function reportingPlatform(availableWorkers: number, found?: FoundEstimates): Platform {
  return { ...nodePlatform(availableWorkers), reports, verdicts, ...(found && { found }) };
}
