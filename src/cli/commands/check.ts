/** `isolux check`: compares a corrected image with its source. */

import { checkSchema } from "../../parameters/schema.ts";
import { formatNumber, formatPercent, formatShare } from "../../quantities.ts";
import { type FigureName, figuresOf } from "../../report/channel-figures.ts";
import {
  type ChannelQuality,
  type QualityReport,
  remarksOf,
  type VerdictKind,
  verdictWord,
} from "../../report/quality/quality-report.ts";
import { defineCommand } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { loadEngine } from "../perform.ts";
import { type Column, formatTable } from "../text/table.ts";

const examples = `
Looks at the same planes of both images: where neighbouring tiles overlap on
the stage they show the same tissue, and should look the same. Where none do,
steps at the edges of tiles and the mean over all planes are measured, which is
less sure. Says how sure the verdict is.

Exit codes: 0 improved, 3 no gain, 4 worse; 1, 2 and 130 as for all commands.

Examples:
  isolux check raw_image raw_image_flatfield_corr
  isolux check raw_image corrected_elsewhere --report report.html
  isolux check raw_image corrected --json > figures.json && echo improved`;

const codes: Readonly<Record<VerdictKind, number>> = {
  improved: exitCodes.done,
  "no-gain": exitCodes.noGain,
  worse: exitCodes.worse,
};

/** Sets up `isolux check`. */
export const configure = defineCommand({
  schema: checkSchema,
  usage: "IMAGE CORRECTED [options]",
  examples,
  work: ({ parameters, context }) => ({
    run: async (hooks) => (await loadEngine()).checkImages(parameters, hooks),
    show: (report, { columns }) => checkText(report, columns, parameters.report),
    onDone: ({ verdict }) => context.endWith?.(codes[verdict.kind]),
    whenInterrupted: "Nothing has been written",
  }),
});

const columns: readonly Column[] = [
  { heading: "channel", align: "left" },
  { heading: "figure", align: "left" },
  { heading: "before", align: "right" },
  { heading: "after", align: "right" },
  { heading: "", align: "left" },
];

/** The text of a verdict with its figures. */
function checkText(report: QualityReport, width: number, page?: string): string {
  const { verdict, channels } = report;
  const rows = channels.flatMap((channel) =>
    rowsOf(channel).map((cells, index) => [index === 0 ? channel.label : "", ...cells]),
  );
  const remarks = remarksOf(report);
  const list = remarks.length === 0 ? "" : `\n${remarks.map((text) => `  - ${text}\n`).join("")}`;
  return `${formatTable(columns, rows, width)}${list}
${verdictWord(verdict.kind)} (${verdict.confidence} confidence). ${verdict.reason}
${page === undefined ? "" : `Report: ${page}\n`}`;
}

/** What the figures are called, those that are shown, and a remark where there is no detail. */
const shown: Readonly<Partial<Record<FigureName, readonly [name: string, remark?: string]>>> = {
  "seam-difference": ["seam difference"],
  "brightness-step": ["brightness step"],
  "profile-error": ["profile error"],
  "grid-strength": ["grid strength", "1: no grid"],
  "mean-plane": ["uneven mean plane"],
  "joint-variation": ["joint variation"],
  saturated: ["saturated"],
  zeroed: ["set to 0"],
  "cut-off": ["cut off above"],
};

/** The figures of a channel in rows: name, before, after, remark. */
function rowsOf(quality: ChannelQuality): string[][] {
  const rows = figuresOf(quality).flatMap(({ name, form, before, after, detail }): string[][] => {
    const [title, remark = detail] = shown[name] ?? [];
    if (title === undefined) return [];
    const written = (value: number | undefined) => {
      if (value === undefined) return "";
      if (form === "percent") return formatPercent(value);
      return form === "share" ? formatShare(value) : formatNumber(value);
    };
    return [[title, written(before), written(after), remark]];
  });
  for (const { side, origin, measures } of quality.profiles) {
    const range = `${formatNumber(measures.min)} - ${formatNumber(measures.max)}`;
    const from = origin === "known" ? "" : "recovered from pixels";
    rows.push([`flat-field${side === undefined ? "" : `, ${side}`}`, "", range, from]);
  }
  return rows;
}
