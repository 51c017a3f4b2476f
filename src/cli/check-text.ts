import { formatNumber, formatPercent, formatShare } from "../quantities.ts";
import type { ChannelQuality, QualityReport } from "../report/quality/quality-report.ts";
import { remarksOf, verdictWord } from "../report/quality/verdict-words.ts";
import { type Column, formatTable } from "./text-table.ts";

const columns: readonly Column[] = [
  { heading: "channel", align: "left" },
  { heading: "figure", align: "left" },
  { heading: "before", align: "right" },
  { heading: "after", align: "right" },
  { heading: "", align: "left" },
];

/** A verdict with its figures, for people. */
export function checkText(report: QualityReport, page?: string): string {
  const { verdict, channels } = report;
  const rows = channels.flatMap((channel) =>
    figuresOf(channel).map((cells, index) => [index === 0 ? channel.label : "", ...cells]),
  );
  const remarks = remarksOf(report);
  const list = remarks.length === 0 ? "" : `\n${remarks.map((text) => `  - ${text}\n`).join("")}`;
  return `${formatTable(columns, rows)}${list}
${verdictWord(verdict.kind)} (${verdict.confidence} confidence). ${verdict.reason}
${page === undefined ? "" : `Report: ${page}\n`}`;
}

/** The figures of a channel in rows: what, before, after, remark. */
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
  const count = `${planes.length} planes`;
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
    const from = origin === "known" ? "" : "told by the pixels";
    rows.push([`flat-field${side === undefined ? "" : `, ${side}`}`, "", range, from]);
  }
  return rows;
}

function ratio(value: number | undefined): string {
  return value === undefined ? "" : formatNumber(value);
}
