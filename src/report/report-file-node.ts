import { basename, dirname, resolve } from "node:path";
import { IsoluxError } from "../errors.ts";
import type { ReportSummary } from "../parameters/summaries.ts";
import { checkWritable } from "../pipeline/check-places-node.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import { drawReport } from "./draw-report.ts";
import type { Check } from "./quality/check-images.ts";

/** Where a report comes to lie: the page, and beside it its figures as JSON. */
export class ReportFile {
  private readonly store: DirectoryStore;
  private readonly page: string;
  private readonly figures: string;

  private constructor(path: string) {
    const full = resolve(path);
    this.store = new DirectoryStore(dirname(full));
    this.page = basename(full);
    this.figures = this.page.replace(/\.html?$/i, ".json");
  }

  /** Finds out before the work whether a report can be written there. @throws IsoluxError `output`, `storage` */
  static async claim(path: string, overwrite: boolean): Promise<ReportFile> {
    const file = new ReportFile(path);
    const { store, page, figures } = file;
    checkWritable(store.location);
    for (const key of overwrite ? [] : [page, figures]) {
      if ((await store.facts(key)) === undefined) continue;
      throw new IsoluxError({
        kind: "output",
        what: "The report is there already",
        where: `${store.location}/${key}`,
        advice: "Give --overwrite to replace it, or another --report",
      });
    }
    return file;
  }

  /** Draws the report of a check and writes it. @param command the command that makes the same again */
  async write(check: Check, command: string): Promise<ReportSummary> {
    const { html, json } = await drawReport(check, command);
    await this.store.set(this.page, new TextEncoder().encode(html));
    await this.store.set(this.figures, new TextEncoder().encode(json));
    const { kind, reason } = check.report.verdict;
    const place = (key: string) => `${this.store.location}/${key}`;
    return { html: place(this.page), json: place(this.figures), verdict: kind, reason };
  }
}
