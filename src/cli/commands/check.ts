/** `isolux check`: compares a corrected image with its source. */

import { checkSchema } from "../../parameters/schema.ts";
import { formatCount, formatNumber, formatPercent, formatShare } from "../../quantities.ts";
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
  work: ({ parameters, door }) => ({
    run: async (hooks) => (await loadEngine()).checkImages(parameters, hooks),
    show: (report, { columns }) => checkText(report, columns, parameters.report),
    onDone: ({ verdict }) => door.endWith?.(codes[verdict.kind]),
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
    figuresOf(channel).map((cells, index) => [index === 0 ? channel.label : "", ...cells]),
  );
  const remarks = remarksOf(report);
  const list = remarks.length === 0 ? "" : `\n${remarks.map((text) => `  - ${text}\n`).join("")}`;
  return `${formatTable(columns, rows, width)}${list}
${verdictWord(verdict.kind)} (${verdict.confidence} confidence). ${verdict.reason}
${page === undefined ? "" : `Report: ${page}\n`}`;
}

/** The figures of a channel in rows: name, before, after, remark. */
function figuresOf({
  seams,
  before,
  after,
  errors,
  gridStrength,
  profiles,
  zeroedShare,
  clippedHighShare,
  planes,
}: ChannelQuality) {
  const rows: string[][] = [];
  if (seams.kind === "measured") {
    const { placed } = seams;
    const left = placed.before.leftOutCount;
    const pairs = `${placed.before.pairCount} pairs${left === 0 ? "" : `, ${left} left out`}`;
    rows.push([
      "seam difference",
      formatPercent(placed.before.difference),
      formatPercent(placed.after?.difference),
      pairs,
    ]);
    rows.push(["brightness step", formatPercent(placed.before.logRatio), formatPercent(placed.after?.logRatio), ""]);
  }
  if (errors !== undefined) {
    const { profile, profileBefore } = errors;
    const range = `${formatPercent(profile.low)} to ${formatPercent(profile.high)}`;
    rows.push(["profile error", formatPercent(profileBefore.value), formatPercent(profile.value), range]);
  }
  if (gridStrength !== undefined) {
    rows.push(["grid strength", formatNumber(gridStrength.before), formatNumber(gridStrength.after), "1: no grid"]);
  }
  const count = formatCount(planes.length, "plane");
  rows.push([
    "uneven mean plane",
    formatPercent(before.meanPlaneVariation),
    formatPercent(after.meanPlaneVariation),
    count,
  ]);
  rows.push(["joint variation", ratio(before.jointVariation), ratio(after.jointVariation), ""]);
  rows.push(["saturated", formatShare(before.saturatedShare), formatShare(after.saturatedShare), ""]);
  rows.push(["set to 0", "", formatShare(zeroedShare), ""]);
  rows.push(["cut off above", "", formatShare(clippedHighShare), ""]);
  for (const { side, origin, measures } of profiles) {
    const range = `${formatNumber(measures.min)} - ${formatNumber(measures.max)}`;
    const from = origin === "known" ? "" : "recovered from pixels";
    rows.push([`flat-field${side === undefined ? "" : `, ${side}`}`, "", range, from]);
  }
  return rows;
}

function ratio(value: number | undefined): string {
  return value === undefined ? "" : formatNumber(value);
}
