/** Tables of a channel's figures, before and after. */
import { formatCount, formatNumber, formatPercent, formatRanges, formatShare } from "../../quantities.ts";
import type { ChannelQuality } from "../quality/quality-report.ts";
import type { DrawnChannel, RecordedFigures } from "./drawn-channel.ts";
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

// Describes the tiles and planes of a channel's profile and figures.

const sources: Readonly<Record<string, string>> = {
  given: "a given profile",
  empty: "empty regions",
  basic: "BaSiC",
  none: "no profile: copied as it was",
};

/** The planes of the correction, by the corrected image's record, and those of this check. */
export function planesTable({ recorded, quality }: DrawnChannel): Markup {
  const rows = recorded.map((figures) => {
    const { side, source, sha256, subtracted, clippedLow, clippedHigh, pixels, planesByTile, gains } = figures;
    const count = planesByTile.reduce((sum, { planes }) => sum + planes.length, 0);
    const list = planesInWords(planesByTile);
    return html`<dl>
<dt>Profile from</dt><dd>${sources[source] ?? source}${side === undefined ? "" : ` (light from the ${side.toLowerCase()})`}</dd>
${count === 0 ? html`` : html`<dt>Estimated from</dt><dd>${count === 1 ? "1 plane of a tile" : `${count} planes of tiles`}, counted from 0: ${list}</dd>`}
<dt>Background subtracted</dt><dd>${formatNumber(subtracted)} counts after the division</dd>
<dt>Clipped</dt><dd>${formatShare(clippedLow / pixels)} of all pixels at 0, ${formatShare(clippedHigh / pixels)} at the largest value (counted over the whole image)</dd>
${gains === undefined ? html`` : html`<dt>Gains</dt><dd>${gainsInWords(gains)}</dd>`}
${sha256 === undefined ? html`` : html`<dt>SHA-256</dt><dd class="hash">${sha256}</dd>`}
</dl>`;
  });
  const tiles = [...new Set(quality.planes.map(({ tile }) => tile))];
  const planes = [...new Set(quality.planes.map(({ plane }) => plane))].sort((a, b) => a - b);
  return html`<h3>Tiles and planes</h3>${rows}<dl><dt>Looked at here</dt><dd>${formatCount(planes.length, "plane")} (${formatRanges(planes)}, counted from 0) of ${formatCount(tiles.length, "tile")} (${formatRanges(tiles)}), drawn from equal strata with the seed: the same in both images and in all tiles, so that neighbours can be compared.</dd></dl>`;
}

/** A sentence on the gain of every tile. */
function gainsInWords({ used, tiles }: NonNullable<RecordedFigures["gains"]>): string {
  if (!used) return "none: held-out overlaps do not agree clearly better with them";
  return tiles.map(({ tile, gain }) => `${gain.toFixed(3)} of tile ${tile}`).join(", ");
}

/** A sentence on the planes of tiles, with tiles of the same planes together. */
function planesInWords(byTile: RecordedFigures["planesByTile"]): string {
  const tilesOf = new Map<string, number[]>();
  for (const { tile, planes } of byTile) {
    const words = formatRanges(planes);
    tilesOf.set(words, [...(tilesOf.get(words) ?? []), tile]);
  }
  return [...tilesOf]
    .map(
      ([planes, tiles]) =>
        `${/[,-]/.test(planes) ? "planes" : "plane"} ${planes} of ${tiles.length === 1 ? "tile" : "tiles"} ${formatRanges(tiles)}`,
    )
    .join("; ");
}
