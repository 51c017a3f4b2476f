import { formatNumber, formatShare } from "../quantities.ts";
import type { ChannelQuality, QualityReport, VerdictKind } from "../report/quality/quality-report.ts";
import { sureness } from "../report/quality/sureness.ts";
import { type Column, formatTable } from "./text-table.ts";

const verdicts: Readonly<Record<VerdictKind, string>> = {
  improved: "Improved",
  "no-gain": "No gain",
  worse: "Worse",
};

const columns: readonly Column[] = [
  { heading: "channel", align: "left" },
  { heading: "figure", align: "left" },
  { heading: "before", align: "right" },
  { heading: "after", align: "right" },
  { heading: "", align: "left" },
];

/** A verdict with its figures, for people. */
export function checkText({ verdict, channels, flags, notes }: QualityReport, page?: string): string {
  const rows = channels.flatMap((channel) =>
    figuresOf(channel).map((cells, index) => [index === 0 ? channel.label : "", ...cells]),
  );
  const remarks = [
    ...flags.map(({ channels: labels, text }) => `${labels.length === 0 ? "" : `${labels.join(", ")}: `}${text}`),
    ...notes,
  ];
  const list = remarks.length === 0 ? "" : `\n${remarks.map((text) => `  - ${text}\n`).join("")}`;
  return `${formatTable(columns, rows)}${list}
${verdicts[verdict.kind]} (${sureness(verdict.certainty)}). ${verdict.reason}
${page === undefined ? "" : `Report: ${page}\n`}`;
}

/** The figures of a channel in rows: what, before, after, remark. */
function figuresOf({
  seams,
  before,
  after,
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
    rows.push(["seam difference", percent(placed.before.difference), percent(placed.after?.difference), pairs]);
    rows.push(["brightness step", percent(placed.before.logRatio), percent(placed.after?.logRatio), ""]);
  }
  if (gridStrength !== undefined) {
    rows.push(["grid strength", formatNumber(gridStrength.before), formatNumber(gridStrength.after), "1: no grid"]);
  }
  const count = `${planes.length} planes`;
  rows.push(["uneven mean plane", percent(before.meanPlaneVariation), percent(after.meanPlaneVariation), count]);
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

function percent(share: number | undefined): string {
  return share === undefined || !Number.isFinite(share) ? "" : `${(100 * share).toFixed(2)} %`;
}

function ratio(value: number | undefined): string {
  return value === undefined ? "" : formatNumber(value);
}
