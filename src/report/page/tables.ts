/** Tables of a channel's figures, before and after. */
import { formatCount, formatNumber, formatPercent, formatShare } from "../../quantities.ts";
import type { ChannelQuality } from "../quality/quality-report.ts";
import { html, type Markup } from "./markup.ts";

const percent = (share: number | undefined) => formatPercent(share, "–");

/** The table of a channel's figures. */
export function figuresTable({
  seams,
  before,
  after,
  gridStrength,
  errors,
  zeroedShare,
  clippedHighShare,
  planes,
}: ChannelQuality): Markup {
  const rows: (readonly [string, string, string, string])[] = [];
  if (seams.kind === "measured") {
    const { placed, registered } = seams;
    const counts = ({ before: { pairCount, leftOutCount } }: typeof placed) =>
      `${formatCount(pairCount, "pair")}${leftOutCount === 0 ? "" : `, ${leftOutCount} left out`}`;
    rows.push([
      "Seam difference",
      percent(placed.before.difference),
      percent(placed.after?.difference),
      `tiles as placed, ${counts(placed)}`,
    ]);
    rows.push([
      "Seam difference, registered",
      percent(registered.before.difference),
      percent(registered.after?.difference),
      `tiles where structures meet, ${counts(registered)}`,
    ]);
    rows.push([
      "Brightness step",
      percent(placed.before.logRatio),
      percent(placed.after?.logRatio),
      "mean |ln(A / B)|",
    ]);
  }
  if (errors !== undefined) {
    const { profile, profileBefore } = errors;
    rows.push([
      "Profile error, estimated from overlaps",
      percent(profileBefore.value),
      percent(profile.value),
      `${percent(profile.low)} to ${percent(profile.high)}`,
    ]);
  }
  if (gridStrength !== undefined) {
    rows.push([
      "Grid strength",
      formatNumber(gridStrength.before),
      formatNumber(gridStrength.after),
      "1: no grid at the edges of tiles",
    ]);
  }
  const joint = (value: number | undefined) => (value === undefined ? "–" : value.toFixed(3));
  rows.push([
    "Unevenness of the mean plane",
    percent(before.meanPlaneVariation),
    percent(after.meanPlaneVariation),
    `standard deviation over mean, ${formatCount(planes.length, "plane")} of tiles`,
  ]);
  rows.push([
    "Joint variation",
    joint(before.jointVariation),
    joint(after.jointVariation),
    "of sample and background; less is better",
  ]);
  rows.push(["Saturated pixels", formatShare(before.saturatedShare), formatShare(after.saturatedShare), ""]);
  rows.push(["Pixels set to 0", "–", formatShare(zeroedShare), "by the correction"]);
  rows.push(["Pixels cut off above", "–", formatShare(clippedHighShare), "by the correction"]);
  return html`<div class="scroll"><table><thead><tr><th scope="col">Figure</th><th scope="col" class="n">before</th><th scope="col" class="n">after</th><th scope="col" class="note">what it is</th></tr></thead>
<tbody>${rows.map(([name, b, a, note]) => html`<tr><th scope="row">${name}</th><td class="n">${b}</td><td class="n">${a}</td><td class="note">${note}</td></tr>`)}</tbody></table></div>`;
}
