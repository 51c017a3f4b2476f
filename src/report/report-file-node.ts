/** Writes reports as files, and provides reports and verdicts for the platform of Node. */

import { basename, dirname, resolve } from "node:path";
import { IsoluxError } from "../errors.ts";
import { usualMemory } from "../parameters/environment-node.ts";
import { correctSchema } from "../parameters/schema.ts";
import type { ReportSummary } from "../parameters/summaries.ts";
import { commandLine } from "../parameters/validate.ts";
import { checkReportPlace } from "../pipeline/places/check-places-node.ts";
import { FilePlace } from "../pipeline/places/file-place.ts";
import type { FoundEstimates } from "../pipeline/profiles/found-estimates.ts";
import type { Platform, ReportWriter, VerdictMaker } from "../pipeline/threads/platform.ts";
import { availableCores, nodePlatform } from "../pipeline/threads/platform-node.ts";
import { DirectoryStore } from "../zarr/disk/directory-store-node.ts";
import { joinKey } from "../zarr/store.ts";
import type { Check } from "./quality/check-images.ts";

/** The files of a report: the page, and beside it its figures as JSON. */
export class ReportFile {
  private readonly store: DirectoryStore;
  private readonly page: string;
  private readonly figures: string;
  /** Of the page and of the figures, once they were looked at. */
  private places: readonly FilePlace[] = [];

  constructor(path: string) {
    const full = resolve(path);
    this.store = new DirectoryStore(dirname(full));
    this.page = basename(full);
    this.figures = this.page.replace(/\.html?$/i, ".json");
  }

  /** Refuses to replace existing files, unless asked to. @throws IsoluxError `output` */
  async checkFree(overwrite: boolean): Promise<void> {
    this.places = await this.find(overwrite);
  }

  private async find(overwrite: boolean): Promise<FilePlace[]> {
    const { store, page, figures } = this;
    const places: FilePlace[] = [];
    for (const key of [page, figures]) {
      const refusal = () =>
        new IsoluxError({
          kind: "output",
          what: "The report already exists",
          where: joinKey(store.location, key),
          advice: "Give --overwrite to replace it, or another --report",
        });
      places.push(await FilePlace.find({ store, key }, overwrite, refusal));
    }
    return places;
  }

  /** Draws the report of a check and writes it. @param command the command that makes the same again */
  async write(check: Check, command: string): Promise<ReportSummary> {
    const { drawReport } = await import("./draw-report.ts");
    const { html, json } = await drawReport(check, command);
    // A run that goes on finds the report of an earlier try, which is replaced.
    const [pagePlace, figuresPlace] = this.places.length > 0 ? this.places : await this.find(true);
    await pagePlace!.put(new TextEncoder().encode(html));
    await figuresPlace!.put(new TextEncoder().encode(json));
    const { kind, reason } = check.report.verdict;
    const place = (key: string) => joinKey(this.store.location, key);
    return { html: place(this.page), json: place(this.figures), verdict: kind, reason };
  }
}

/** Writes reports on corrections, into the files that the parameters name. */
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
    return new ReportFile(parameters.report!).write(
      check,
      commandLine("correct", correctSchema, parameters, usualMemory()),
    );
  },
};

/** Assesses profiles at the end of runs; tests of other things replace it by what takes no time. */
export const verdicts: VerdictMaker = {
  async assess(subject, hooks) {
    const { verdictOfProfiles } = await import("./quality/verdict-of-profiles.ts");
    return verdictOfProfiles(subject, hooks);
  },
  async projectedBytes({ acquisition, seed }) {
    const { quickCheckBytes } = await import("./quality/plan-check.ts");
    return quickCheckBytes(acquisition, seed);
  },
};

/** The platform of Node, with reports and verdicts. @param found estimates that a run need not repeat */
export function reportingPlatform(found?: FoundEstimates): Platform {
  return { ...nodePlatform(availableCores()), reports, verdicts, found };
}
