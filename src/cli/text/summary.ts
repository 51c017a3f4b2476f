/** Texts on the results of runs. */
import type { PrepareSummary } from "../../parameters/plan-summaries.ts";
import type {
  ChannelSource,
  ChannelSummary,
  CorrectSummary,
  EstimateSummary,
  FitSummary,
  ProfileSummary,
} from "../../parameters/summaries.ts";
import { shellWord } from "../../plain-text.ts";
import type { FieldRange } from "../../profile/profile.ts";
import { formatBytes, formatCount, formatNumber, formatSeconds, formatShare } from "../../quantities.ts";
import { describeCoverage, describeMissing } from "../../tiles/coverage.ts";
import { type Column, endlessScreen, formatTable } from "./table.ts";

/** How profiles were come by, in tables. */
export const sourceNames: Readonly<Record<ChannelSource, string>> = {
  even: "overlaps",
  given: "given",
  empty: "empty regions",
  basic: "BaSiC",
  none: "(copied)",
};

const profileColumns: readonly Column[] = [
  { heading: "channel", align: "left" },
  { heading: "profile", align: "left" },
  { heading: "flat-field", align: "left" },
  { heading: "baseline", align: "right" },
  { heading: "planes", align: "right" },
];

/** The result of a correction. */
export function correctText(summary: CorrectSummary, { columns: width } = endlessScreen): string {
  const columns: Column[] = [
    ...profileColumns,
    { heading: "subtracted", align: "right" },
    { heading: "clipped low", align: "right" },
    { heading: "high", align: "right" },
  ];
  const rows = summary.channels.map((channel) => [...profileCells(channel), ...correctionCells(channel)]);
  const { bytes, correctingSeconds } = summary;
  const rate = correctingSeconds > 0 ? ` (pixels at ${formatBytes(bytes / correctingSeconds)}/s)` : "";
  return `${formatTable(columns, rows, width)}
Corrected ${formatBytes(summary.bytes)} in ${formatSeconds(summary.seconds)}${rate}: ${summary.output}
${tilesText(summary)}${reportText(summary)}${adviceText(summary)}${verdictText(summary)}
To compare it with its source:
  isolux check ${shellWord(summary.source)} ${shellWord(summary.output)}
`;
}

/** A sentence on pixels that were not corrected, as they are in no tile. */
function tilesText({ tiles: { coverage, rest, missing } }: Pick<CorrectSummary, "tiles">): string {
  const texts = describeCoverage(coverage, rest).map(({ text }) => text);
  return [...texts, ...(missing === undefined ? [] : [describeMissing(missing)])].map((text) => `${text}\n`).join("");
}

function reportText({ report }: CorrectSummary): string {
  return report === undefined ? "" : `${report.reason}\nReport: ${report.html}\n`;
}

/** The result of a conversion. */
export function convertText({ bytes, correctingSeconds, seconds, output }: CorrectSummary): string {
  const rate = correctingSeconds > 0 ? ` (pixels at ${formatBytes(bytes / correctingSeconds)}/s)` : "";
  return `Converted ${formatBytes(bytes)} in ${formatSeconds(seconds)}${rate}: ${output}\n`;
}

/** A table of profiles and their origins. */
function estimateTable(profiles: readonly ProfileSummary[], width?: number): string {
  return formatTable(profileColumns, profiles.map(profileCells), width);
}

/** The result of an estimation. */
export function estimateText(summary: EstimateSummary, { columns } = endlessScreen): string {
  const { channels, kept, seconds, output } = summary;
  const what =
    kept === channels.length ? "All profiles existed already, made by an equal estimation" : "Profiles written";
  return `${estimateTable(channels, columns)}
${kept === channels.length ? what : `${what} in ${formatSeconds(seconds)}`}: ${output}
${adviceText(summary)}${verdictText(summary)}`;
}

function verdictText({ verdict }: Pick<CorrectSummary, "verdict">): string {
  return verdict === undefined ? "" : verdict.channels.map(({ text }) => `${text}\n`).join("");
}

/** The result of a choice among candidates, whose figures were reported before the pixels were made. */
function adviceText({ advice }: Pick<CorrectSummary, "advice">): string {
  if (advice === undefined) return "";
  const { name } = advice.candidates[advice.chosen]!;
  const again = advice.command === undefined ? "" : `The same by name: ${advice.command}\n`;
  return `Chosen of ${advice.candidates.length} candidates: ${name}\n${again}`;
}

/** The result of a fit. */
export function fitText({ profiles, shapeYx, seconds, output }: FitSummary): string {
  const each = profiles.map(({ channel, planeCount, flatfield, darkfield, baseline }) => {
    const title = channel === undefined ? "" : `  channel     ${channel}\n`;
    return `${title}  planes      ${planeCount} of ${shapeYx.join(" x ")} px
  flat-field  ${formatRange(flatfield)}
  dark-field  ${formatRange(darkfield)}
  baseline    ${formatNumber(baseline)}
`;
  });
  const written = `Profile${profiles.length === 1 ? "" : "s"} written`;
  return `${each.join("\n")}\n${written} in ${formatSeconds(seconds)}: ${output}\n`;
}

function profileCells({ label: channel, side, source, flatfield, baseline, planes }: ProfileSummary): string[] {
  const label = side === undefined ? channel : `${channel}, ${side}`;
  if (source === "none") return [label, sourceNames.none, "", "", ""];
  const planeCount = planes.length === 0 ? "" : String(planes.length);
  return [label, sourceNames[source], formatRange(flatfield), formatNumber(baseline), planeCount];
}

function correctionCells({ source, subtracted, pixels, clippedLow, clippedHigh }: ChannelSummary): string[] {
  if (source === "none" || pixels === 0) return ["", "", ""];
  return [formatNumber(subtracted), formatShare(clippedLow / pixels), formatShare(clippedHigh / pixels)];
}

function formatRange({ min, max }: FieldRange): string {
  return `${formatNumber(min)} - ${formatNumber(max)}`;
}

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
